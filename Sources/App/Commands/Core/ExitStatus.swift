import Arguments
import Catalog
import Configuration
import ObjectStorage
import Sync
import Transfer

/// How the program ends. A script may rely on each of these.
public struct ExitStatus: Hashable, Sendable {
  /// What the shell sees.
  public let code: Int32

  private init(_ code: Int32) { self.code = code }

  /// Everything was done.
  public static let done = ExitStatus(0)
  /// Some paths failed; the others are done.
  public static let pathsFailed = ExitStatus(1)
  /// The command line or the configuration is wrong. Nothing was done.
  public static let usage = ExitStatus(2)
  /// Conflicts wait for someone to decide; the rest is done.
  public static let conflictsWait = ExitStatus(3)
  /// A guard stopped the run before it changed anything.
  public static let guardStopped = ExitStatus(4)
  /// A store cannot be reached or refuses the credentials.
  public static let storeUnreachable = ExitStatus(5)
  /// Interrupted: what was done is recorded.
  public static let interrupted = ExitStatus(130)

  /// All of them with their meaning, for help and manual.
  static let descriptions: [ExitCodeDescription] = [
    ExitCodeDescription(0, "done"),
    ExitCodeDescription(1, "some paths failed, the others are done"),
    ExitCodeDescription(2, "the command line or the configuration is wrong"),
    ExitCodeDescription(3, "done, but conflicts wait for a decision"),
    ExitCodeDescription(4, "a guard stopped the run before it changed anything"),
    ExitCodeDescription(5, "a store cannot be reached or refuses the credentials"),
    ExitCodeDescription(130, "interrupted; what was done is recorded"),
  ]

  /// The descriptions of some of them.
  static func descriptions(_ codes: Int32...) -> [ExitCodeDescription] { descriptions.filter { codes.contains($0.code) } }
}

extension ExitStatus {
  /// The one place where an error becomes an exit code.
  init(_ error: any Error) {
    switch error {
    case let error as CommandError: self = error.status
    case is UsageError, is ConfigurationError, is EndError, is InvalidKey, is InvalidPattern: self = .usage
    case is GuardStop: self = .guardStopped
    case is CancellationError: self = .interrupted
    case let error as StorageError: self = ExitStatus(error)
    case let error as CatalogError: self = ExitStatus(error)
    case let error as TransferError: self = ExitStatus(error)
    case is OutputClosed: self = .done
    default: self = .pathsFailed
    }
  }

  private init(_ error: StorageError) {
    switch error.code {
    case .unauthenticated, .unavailable, .timeout, .storeNotFound, .throttled: self = .storeUnreachable
    // Refused for one object is a failed path; refused for the store as a whole is a refusal of the credentials.
    case .permissionDenied: self = error.key == nil ? .storeUnreachable : .pathsFailed
    case .invalidArgument, .unsupported: self = .usage
    case .cancelled: self = .interrupted
    default: self = .pathsFailed
    }
  }

  private init(_ error: TransferError) {
    switch error.code {
    case .tooManyDeletes: self = .guardStopped
    case .notAFile: self = .usage
    default: self = .pathsFailed
    }
  }

  private init(_ error: CatalogError) {
    switch error.code {
    case .locked: self = .guardStopped
    case .insideTree, .invalidArgument, .notFound, .wrongPair: self = .usage
    default: self = .pathsFailed
    }
  }

  /// The worse of two, for commands that do several things: what stopped a whole pair outranks what stopped a path.
  func worse(_ other: ExitStatus) -> ExitStatus {
    let order: [ExitStatus] = [.done, .conflictsWait, .pathsFailed, .guardStopped, .storeUnreachable, .usage, .interrupted]
    return (order.firstIndex(of: self) ?? 0) >= (order.firstIndex(of: other) ?? 0) ? self : other
  }
}
