import Arguments
import Composition
import Configuration
import Observability
import Primitives

/// What flags say, laid over the configuration.
enum SettingsFlags {
  /// The configuration with the flags of a call laid over it.
  /// - Parameter memory: what is remembered of a pair: which configuration it was made with.
  /// - Throws: `ConfigurationError`.
  static func load(_ call: Call, memory: PairMemory? = nil) throws -> Settings {
    try SettingsLoader.load(
      explicit: call.arguments.string("config") ?? memory?.configuration, workingDirectory: WorkingDirectory.path,
      environment: call.console.environment, overrides: overrides(call.arguments))
  }

  /// How s3:// ends are reached, as flags say.
  static func connection(_ call: Call) -> S3Connection {
    let arguments = call.arguments
    guard has("endpoint", arguments) else { return S3Connection() }
    return S3Connection(
      endpoint: arguments.string("endpoint"), region: arguments.string("region"), profile: arguments.string("profile"),
      caFile: arguments.string("ca-file"))
  }

  /// The log that the configuration asks for.
  static func logger(_ settings: Settings) -> Logger {
    guard let path = settings.log.file else { return .disabled }
    let log = settings.log
    let level: LogLevel =
      switch log.level {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    let file = LogFile(
      path: Array(path.utf8), format: log.format == .json ? .json : .text,
      rotation: LogRotation(maximumBytes: log.maxSize, maximumAge: log.maxAge, kept: log.keep))
    return Logger(label: "isobar", level: level, sink: file)
  }

  /// Whether the command has an option.
  static func has(_ name: String, _ arguments: ParsedCommand) -> Bool { arguments.command.options.contains { $0.long == name } }

  private static func overrides(_ arguments: ParsedCommand) -> ConfigurationOverrides {
    var overrides = ConfigurationOverrides()
    if let file = arguments.string("log-file") { overrides.set(["log", "file"], absolute(file), flag: "--log-file") }
    if let level = arguments.string("log-level") { overrides.set(["log", "level"], level, flag: "--log-level") }
    for (flag, path) in [("workers", ["limits", "max_workers"]), ("bandwidth", ["limits", "bandwidth"])] where has(flag, arguments)
    {
      if let text = arguments.argument(flag)?.text { overrides.set(path, text, flag: "--\(flag)") }
    }
    for (flag, option) in pairFlags where has(flag, arguments) {
      if let text = arguments.argument(flag)?.text { overrides.setPairOption(option, text, flag: "--\(flag)") }
    }
    for (flag, option) in [("exclude", "filters.exclude"), ("include", "filters.include")] where has(flag, arguments) {
      let patterns = arguments.strings(flag)
      if !patterns.isEmpty { overrides.setPairOption(option, patterns, flag: "--\(flag)") }
    }
    if has("symlinks", arguments), let how = arguments.string("symlinks") {
      overrides.setPairOption("symlinks", how == "link" ? "links" : how, flag: "--symlinks")
    }
    if has("rehash", arguments), arguments.flag("rehash") { overrides.setPairOption("rehash", "always", flag: "--rehash") }
    if has("no-trash", arguments), arguments.flag("no-trash") {
      overrides.setPairOption("trash.enabled", "false", flag: "--no-trash")
    }
    return overrides
  }

  private static let pairFlags = [
    ("conflict", "conflict"), ("verify", "verify"), ("min-size", "filters.min_size"), ("max-size", "filters.max_size"),
    ("newer-than", "filters.newer_than"), ("older-than", "filters.older_than"),
  ]

  /// A path of the command line starts here, one of the configuration where that lies.
  private static func absolute(_ path: String) -> String {
    path.hasPrefix("/") || path.hasPrefix("~/") ? path : "\(WorkingDirectory.path)/\(path)"
  }
}
