import Age
import Observability
import Catalog
import Configuration
import Markup
import ObjectStorage
import Primitives
import Sync
import Transfer

/// An error as people and programs are told of it: one line what happened, one line what to do.
struct ErrorReport {
  /// The bounded code.
  let code: String
  /// What happened.
  let message: String
  /// What to do about it.
  let advice: String?
  /// The path concerned, if one is.
  let path: ObjectKey?
  private let status: ExitStatus
  private let isSilent: Bool

  init(_ error: any Error, status: ExitStatus) {
    self.status = status
    isSilent = error is OutputClosed
    var path: ObjectKey?
    switch error {
    case _ where status == .interrupted || error is CancellationError:
      (code, message) = ("interrupted", "interrupted")
      advice = "What was done is recorded; the next run goes on from there."
    case let error as CommandError: (code, message, advice) = (error.code, error.message, error.advice)
    case let error as GuardStop: (code, message, advice) = (error.label, error.description, nil)
    case let error as StorageError:
      (code, message, advice) = (error.code.description, error.description, Self.advice(for: error))
      path = error.key
    case let error as CatalogError: (code, message, advice) = (error.code.description, error.description, Self.advice(for: error))
    case let error as ConfigurationError: (code, message, advice) = ("configuration", error.description, nil)
    case let error as EndError: (code, message, advice) = ("usage", error.message, nil)
    case let error as TransferError: (code, message, advice) = (error.code.description, error.message, nil)
    case let error as InvalidKey: (code, message, advice) = ("invalidPath", "\(error)", nil)
    case let error as InvalidPattern: (code, message, advice) = ("invalidPattern", error.description, nil)
    case let error as any CustomStringConvertible: (code, message, advice) = ("error", error.description, nil)
    default: (code, message, advice) = ("error", "something went wrong that has no words of its own (\(type(of: error)))", nil)
    }
    self.path = path
  }

  /// The object's members.
  var json: JSONValue {
    var members: [JSONObject.Member] = [.init("code", .string(code)), .init("message", .string(message))]
    if let advice { members.append(.init("advice", .string(advice))) }
    if let path { members += PathJSON.members(path.bytes) }
    members.append(.init("exitCode", .integer(Int64(status.code))))
    return .object(JSONObject(members))
  }

  /// Tells whoever called: text on standard error, and with `--json` the object on standard output too.
  func show(to call: Call) {
    if isSilent { return }
    explain(to: call)
    if call.output.isJSON { call.console.note(String(decoding: JSONValue.object(["error": json]).bytes(.pretty), as: UTF8.self)) }
  }

  /// Tells whoever called on standard error.
  /// - Parameter subject: of several things that were tried, which one.
  func explain(to call: Call, about subject: String? = nil) {
    let console = call.console
    if call.output.showsEvents {
      console.writeError(JSONValue.object(["event": "error", "error": json]).bytes() + [0x0A])
      return
    }
    console.printError(console.errorStyle.paint("isobar:", .red) + " " + (subject.map { "\($0): " } ?? "") + message)
    if let advice { console.printError(advice) }
  }

  private static func advice(for error: StorageError) -> String? {
    switch error.code {
    // The search for credentials has said where it looked.
    case .unauthenticated where error.store == "credentials": nil
    case .unauthenticated where error.cause is AgeError:
      "Check identity or passphrase of the store's entry in the configuration; `isobar keys list` shows for whom it encrypts."
    case .unauthenticated:
      "Check the credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, --profile, or the store's entry in the configuration."
    case .permissionDenied where error.cause is AgeError:
      "It was encrypted for somebody else: `isobar keys list` shows for whom the store encrypts; its other objects are not concerned."
    case .permissionDenied: "The credentials are known but do not allow this; ask whoever owns the store for the right."
    case .unavailable, .timeout:
      "Check the network and the endpoint; what was done is recorded, and the next run goes on from there."
    case .throttled: "The service asks to slow down: try again later, or with fewer --workers."
    case .storeNotFound: "Check the name and the endpoint."
    case .noSpace: "Make room and run again; what was done is recorded."
    case .quotaExceeded: "Make room in the account or raise its quota, then run again."
    case .archived: "Restore the object from its archive tier first."
    default: nil
    }
  }

  private static func advice(for error: CatalogError) -> String? {
    switch error.code {
    case .corrupt: "Run `isobar state rebuild`: both sides are compared anew, and nothing is deleted."
    case .locked: "Wait for it to end, or stop it."
    case .newerSchema: "Use the newer version of isobar that wrote this state."
    default: nil
    }
  }
}

extension GuardStop {
  /// The bounded code.
  var label: String {
    switch reason {
    case .tooManyDeletes: "tooManyDeletes"
    case .emptySide: "emptySide"
    case .replacedRoot: "replacedRoot"
    case .scrambled: "scrambled"
    case .rolledBackState: "rolledBackState"
    }
  }
}
