import Arguments
import Composition
import Concurrency
import Configuration
import Glibc
import Markup
import Primitives

/// `isobar login dropbox`
enum LoginDropboxCommand: Command {
  static let description = CommandDescription(
    name: "dropbox", abstract: "Let Isobar use a Dropbox account",
    discussion: """
      Prints the address of a page of Dropbox on which you allow your app to use the account. The page then shows a code, which is asked \
      for here. What it is exchanged for is kept in a file that only you can read; it opens the account until you take the app's access \
      back in the account's settings, and is never shown. An older login is replaced.

      The app is your own: make one at https://www.dropbox.com/developers/apps with the permissions account_info.read, \
      files.metadata.read, files.content.read and files.content.write. Its key is no secret. Its secret is not needed.
      """,
    examples: [
      CommandExample("isobar login dropbox --app-key abc123", "Open the page, allow it, type in the code."),
      CommandExample("isobar login dropbox --app-key abc123 --name work", "A second account, for stores with login: work."),
      CommandExample(
        "isobar login dropbox --app-key abc123 --code -", "For a program that shows the page itself and writes the code."),
    ],
    options: [
      OptionDescription(
        long: "app-key", value: .value(name: "KEY", kind: .string), help: "The key of your app", defaultText: "asked for",
        environment: "DROPBOX_APP_KEY"),
      OptionDescription(
        long: "app-secret", value: .value(name: "SOURCE", kind: .string),
        help: "Where the app's secret comes from, if it shall be used: file:PATH, command:LINE or prompt:"),
      OptionDescription(
        long: "code", value: .value(name: "SOURCE", kind: .string),
        help: "Where the code comes from: - for standard input, file:PATH, command:LINE or prompt:",
        defaultText: "asked for on the terminal"),
      OptionDescription(
        long: "name", value: .value(name: "NAME", kind: .string),
        help: "Keep it under this name, for a store whose setting login says so", defaultText: "dropbox"),
      OptionDescription(
        long: "endpoint", value: .value(name: "URL", kind: .string), help: "Address of an emulator of the service",
        defaultText: "Dropbox's"),
      OptionDescription(
        long: "ca-file", value: .value(name: "FILE", kind: .path),
        help: "Trust the certificates in this file instead of the system's"), SharedOptions.json,
    ], exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    let runtime = Runtime(environment: call.console.environment)
    do {
      let status = try await runtime.run { try await login(call, runtime) }
      await runtime.shutdown()
      return status
    } catch {
      await runtime.shutdown()
      throw error
    }
  }

  private static func login(_ call: Call, _ runtime: Runtime) async throws -> ExitStatus {
    let files = LoginFiles(call.console.environment)
    guard files.folder != nil else {
      throw CommandError.usage("there is no place to keep a login", advice: "Set HOME or XDG_CONFIG_HOME.")
    }
    let name = call.arguments.string("name") ?? "dropbox"
    guard let path = files.path(name) else {
      throw CommandError.usage("“\(DisplayText.escape(name))” is no name for a login", advice: "Letters, digits, - and _ make one.")
    }
    let codeSource = call.arguments.string("code")
    let code = try source(codeSource == "-" ? nil : codeSource ?? "prompt:Code from the page:", "code")
    let secretSource = try source(call.arguments.string("app-secret"), "app-secret")
    let key: String
    if let given = call.arguments.string("app-key") {
      key = given
    } else {
      guard let question = SecretReference(commandLine: "prompt:Key of your app:", name: "app-key") else {
        throw CommandError.usage("an app key is needed")
      }
      key = try await blocking(runtime) { try question.resolve().reveal() }
    }
    let secret = try await blocking(runtime) { try secretSource?.resolve() }
    let signIn = try DropboxSignIn(
      appKey: key, appSecret: secret, endpoint: call.arguments.string("endpoint"),
      trust: Trust(caFile: call.arguments.string("ca-file")))
    // To standard error: what is printed is the outcome.
    call.console.printError("Open this page, allow the app, and copy the code that it shows:\n\n    \(signIn.page)\n")
    let input = call.console.input
    let given = try await blocking(runtime) { try code?.resolve() ?? line(from: input) }
    let login = try await signIn.finish(code: given, runtime: runtime)
    let failure = try await blocking(runtime) { DropboxSignIn.keep(login, at: path) }
    guard failure == 0 else {
      throw CommandError(
        "cannotWrite", "\(DisplayText.escape(path)) cannot be written: \(String(cString: strerror(failure)))", status: .pathsFailed)
    }
    try tell(login, path, call)
    return .done
  }

  private static func tell(_ login: DropboxSignIn.Login, _ path: [UInt8], _ call: Call) throws {
    if call.output.isJSON {
      var members = PathJSON.members(path, name: "file")
      if let account = login.account { members.append(.init("account", .string(account))) }
      members.append(.init("scopes", .array(login.scopes.map { .string($0) })))
      members.append(.init("missingScopes", .array(login.missing.map { .string($0) })))
      try call.console.printJSON(.object(JSONObject(members)))
    } else if !call.output.isQuiet {
      try call.console.print("Logged in. The login is kept in \(DisplayText.escape(path)), which only you can read.")
    }
    if !login.missing.isEmpty {
      call.console.printError(
        "The app lacks \(login.missing.joined(separator: ", ")): add what is missing on its page, under Permissions, and log in again."
      )
    }
  }

  private static func source(_ text: String?, _ name: String) throws -> SecretReference? {
    guard let text else { return nil }
    guard let reference = SecretReference(commandLine: text, name: name) else {
      throw CommandError.usage(
        "--\(name) takes no secret itself: a command line can be read by everyone on the machine",
        advice: "Say where it is: file:PATH, command:LINE or prompt:")
    }
    return reference
  }

  /// The first line of standard input.
  private static func line(from input: Int32) throws -> Secret {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while bytes.count < 4096 {
      let count = read(input, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 || byte == 0x0A { break }
      if byte > 0x20, byte < 0x7F { bytes.append(byte) }
    }
    guard !bytes.isEmpty else { throw CommandError.usage("standard input has no code") }
    return Secret(String(decoding: bytes, as: UTF8.self))
  }

  /// Runs what blocks on a thread of its own.
  private static func blocking<Value: Sendable>(
    _ runtime: Runtime, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value { try await runtime.pool.run(body) }
}
