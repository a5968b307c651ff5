import Primitives

/// Where a setting was made.
public enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
  /// In a file; line and column count from 1.
  case file(String, line: Int, column: Int)
  /// In an environment variable of this name.
  case environment(String)
  /// By a flag of the command line, as typed: `--workers`.
  case flag(String)
  /// Nowhere: the program's own choice.
  case builtIn

  /// "isobar.yaml:3:7", as compilers print it.
  public var description: String {
    switch self {
    case .file(let name, let line, let column): "\(DisplayText.escape(name)):\(line):\(column)"
    case .environment(let name): "environment variable \(DisplayText.escape(name))"
    case .flag(let name): name
    case .builtIn: "default"
    }
  }
}

/// One thing that is wrong with a configuration.
public struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
  /// Where it stands.
  public let origin: SettingOrigin
  /// The keys that lead to it: `stores.photos.region`; empty for the file as a whole.
  public let keyPath: String
  /// What is wrong and what is accepted, for people. Never a secret's value.
  public let message: String

  /// A problem.
  public init(origin: SettingOrigin, keyPath: String = "", message: String) {
    self.origin = origin
    self.keyPath = keyPath
    self.message = message
  }

  public var description: String {
    keyPath.isEmpty ? "\(origin): \(message)" : "\(origin): \(DisplayText.escape(keyPath)): \(message)"
  }
}

/// What is wrong with a configuration, all of it: one run shows everything there is to correct.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The problems, by line; at least one.
  public let problems: [ConfigurationProblem]

  /// An error of these problems.
  public init(_ problems: [ConfigurationProblem]) { self.problems = problems }

  /// An error of one problem.
  public init(_ origin: SettingOrigin, _ keyPath: String = "", _ message: String) {
    problems = [ConfigurationProblem(origin: origin, keyPath: keyPath, message: message)]
  }

  /// One problem a line.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Collects what is wrong on the way through a configuration.
final class ProblemList {
  private(set) var problems: [ConfigurationProblem] = []

  func add(_ origin: SettingOrigin, _ keyPath: String, _ message: String) {
    problems.append(ConfigurationProblem(origin: origin, keyPath: keyPath, message: message))
  }

  /// Whether something is wrong with a key's own value.
  func hasProblem(at keyPath: String) -> Bool { problems.contains { $0.keyPath == keyPath } }

  /// Throws if there were any, sorted by their place.
  func check() throws {
    guard !problems.isEmpty else { return }
    var seen: Set<ConfigurationProblem> = []
    let unique = problems.filter { seen.insert($0).inserted }
    throw ConfigurationError(
      unique.enumerated().sorted { ($0.element.origin.line, $0.offset) < ($1.element.origin.line, $1.offset) }.map(\.element))
  }
}

extension SettingOrigin {
  /// Files come first, by line; then the environment; then flags.
  fileprivate var line: Int {
    switch self {
    case .file(_, let line, let column): line * 1000 + min(column, 999)
    case .environment: Int.max - 2
    case .flag: Int.max - 1
    case .builtIn: Int.max
    }
  }
}
