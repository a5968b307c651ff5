import Files
import Glibc
public import Primitives

/// A secret of the configuration: the text itself, or where to get it when it is needed.
public struct SecretReference: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  private enum Source: Hashable {
    case value(String)
    case file(String)
    case command(String)
    case prompt(String)
  }

  private let source: Source
  /// Where it was set, for messages.
  public let origin: SettingOrigin
  /// The keys that lead to it.
  public let keyPath: String
  /// The longest secret, in bytes.
  public static let limit = 64 * 1024

  /// The reference that a setting's text makes: `file:/path` (the file's content), `command:line` (what a shell command prints),
  /// `prompt:question` (what is typed on the terminal, unseen), or the secret itself. `resolvePath` makes a path of the configuration absolute.
  init(_ text: String, origin: SettingOrigin, keyPath: String, resolvePath: (String) -> String) {
    if text.hasPrefix("file:") {
      source = .file(resolvePath(String(text.dropFirst(5))))
    } else if text.hasPrefix("command:") {
      source = .command(String(text.dropFirst(8)))
    } else if text.hasPrefix("prompt:") {
      source = .prompt(String(text.dropFirst(7)))
    } else {
      source = .value(text)
    }
    self.origin = origin
    self.keyPath = keyPath
  }

  /// The reference that an argument of the command line makes, as seen from the working directory; nil for a text that is the secret
  /// itself, which has no place there.
  public init?(commandLine text: String, name: String) {
    guard ["file:", "command:", "prompt:"].contains(where: text.hasPrefix) else { return nil }
    self.init(text, origin: .flag(name), keyPath: name, resolvePath: { $0 })
  }

  /// Whether it is typed in, which can go wrong.
  public var isTyped: Bool { if case .prompt = source { true } else { false } }

  /// The secret. Reads the file, runs the command or asks, each time: keep what it gives. Blocks; not for the cooperative pool.
  ///
  /// Newlines at the end are cut off. A command gets the environment of this process and `timeout`.
  /// - Parameter again: says in the question that it is to be typed once more.
  /// - Throws: `ConfigurationError` that names the setting.
  public func resolve(again: Bool = false, timeout: Duration = .seconds(60)) throws -> Secret {
    var bytes: [UInt8]
    switch source {
    case .value(let text): return Secret(text)
    case .file(let path): bytes = try read(path)
    case .command(let line): bytes = try run(line, timeout)
    case .prompt(let question):
      let text = (question.isEmpty ? "\(keyPath):" : question) + (again ? " (once more) " : " ")
      do { bytes = try TerminalPrompt.ask(text) } catch { throw problem("\(error)") }
    }
    defer { bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } } }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw problem("what \(place) gives is not UTF-8 text") }
    let secret = text.drop(whileLast: { $0 == "\n" || $0 == "\r\n" || $0 == "\r" })
    guard !secret.isEmpty else { throw problem("\(place) gives nothing") }
    return Secret(String(secret))
  }

  private func read(_ path: String) throws -> [UInt8] {
    switch ConfigurationFile.read(path, limit: Self.limit) {
    case .success(let bytes): return bytes
    case .failure(let failure): throw problem("\(place) cannot be read: \(failure.reason)")
    }
  }

  private func run(_ line: String, _ timeout: Duration) throws -> [UInt8] {
    let result: Subprocess.Result
    do { result = try Subprocess.run(.shell(line), timeout: timeout, outputLimit: Self.limit) } catch {
      throw problem("\(place) failed: \(error)")
    }
    guard result.status == 0 else {
      let said = DisplayText.escape(result.errorText.prefix(200).prefix { $0 != 0x0A })
      throw problem("\(place) ended with status \(result.status)" + (said.isEmpty ? "" : ": \(said)"))
    }
    return result.output
  }

  private func problem(_ message: String) -> ConfigurationError { ConfigurationError(origin, keyPath, message) }

  private var place: String {
    switch source {
    case .value: "the secret"
    case .file(let path): "the file \(DisplayText.escape(path))"
    case .command(let line): "the command “\(Self.program(of: line))”"
    case .prompt: "the terminal"
    }
  }

  /// The first word: the rest of a command may hold a secret.
  private static func program(of line: String) -> String {
    DisplayText.escape(String(line.drop { $0 == " " }.prefix { $0 != " " }.prefix(60)))
  }

  /// What may be shown: `<redacted>`, `file:/path`, `command:pass …`.
  public var description: String {
    switch source {
    case .value: "<redacted>"
    case .file(let path): "file:\(DisplayText.escape(path))"
    case .command(let line): "command:\(Self.program(of: line)) …"
    case .prompt(let question): "prompt:\(DisplayText.escape(question))"
    }
  }

  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension String {
  fileprivate func drop(whileLast predicate: (Character) -> Bool) -> Substring {
    var rest = self[...]
    while let last = rest.last, predicate(last) { rest.removeLast() }
    return rest
  }
}
