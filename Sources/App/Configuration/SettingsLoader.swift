import Markup
import Primitives

/// Finds and reads a configuration.
public enum SettingsLoader {
  /// The largest file, in bytes.
  public static let limit = 4 << 20

  /// The configuration's path: the one given (by flag, else by `ISOBAR_CONFIG`), else `isobar.yaml` in the working directory, else
  /// `$XDG_CONFIG_HOME/isobar/config.yaml` (or `~/.config/…`); nil if there is none. A path that is given is not looked for.
  public static func locate(explicit: String?, workingDirectory: String, environment: [String: String]) -> String? {
    let home = environment["HOME"]
    if let given = explicit ?? environment["ISOBAR_CONFIG"], !given.isEmpty {
      return ConfigurationFile.resolve(given, folder: workingDirectory, home: home)
    }
    let here = ConfigurationFile.resolve("isobar.yaml", folder: workingDirectory, home: nil)
    if ConfigurationFile.exists(here) { return here }
    return userPath(environment: environment).flatMap { ConfigurationFile.exists($0) ? $0 : nil }
  }

  /// Where a user's own configuration lies; nil where the environment names no home.
  public static func userPath(environment: [String: String]) -> String? {
    if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") { return "\(folder)/isobar/config.yaml" }
    return environment["HOME"].flatMap { $0.hasPrefix("/") ? "\($0)/.config/isobar/config.yaml" : nil }
  }

  /// Reads the configuration and the `.env` beside it, lays the environment and the flags over it, and checks all of it. Without a file,
  /// what environment and flags say is the configuration. Blocks on the disk; runs no command and reads no secret's file.
  /// - Throws: `ConfigurationError` with everything that is wrong.
  public static func load(
    explicit: String?, workingDirectory: String, environment: [String: String],
    overrides: ConfigurationOverrides = ConfigurationOverrides()
  ) throws -> Settings {
    guard let path = locate(explicit: explicit, workingDirectory: workingDirectory, environment: environment) else {
      return try parse([], file: nil, folder: workingDirectory, environment: environment, overrides: overrides)
    }
    let bytes: [UInt8]
    switch ConfigurationFile.read(path, limit: limit) {
    case .success(let content): bytes = content
    case .failure(let failure):
      throw ConfigurationError(.file(path, line: 1, column: 1), "", "the configuration cannot be read: \(failure.reason)")
    }
    let folder = ConfigurationFile.folder(of: path)
    let all = try environment.merging(dotEnv(in: folder).variables) { real, _ in real }
    return try parse(bytes, file: path, folder: folder, environment: all, overrides: overrides)
  }

  private static func dotEnv(in folder: String) throws -> DotEnv {
    let path = ConfigurationFile.resolve(".env", folder: folder, home: nil)
    switch ConfigurationFile.read(path, limit: limit) {
    case .success(let bytes): return try DotEnv(bytes, file: path)
    case .failure(let failure) where failure.isMissing: return try DotEnv([], file: path)
    case .failure(let failure):
      throw ConfigurationError(.file(path, line: 1, column: 1), "", "it cannot be read: \(failure.reason)")
    }
  }

  /// Reads a configuration that is in memory. Touches no file.
  /// - Parameters:
  ///   - file: its name, for messages; nil if there is none.
  ///   - folder: where relative paths in it start, absolute.
  public static func parse(
    _ bytes: [UInt8], file: String?, folder: String, environment: [String: String],
    overrides: ConfigurationOverrides = ConfigurationOverrides()
  ) throws -> Settings {
    let problems = ProblemList()
    let name = file ?? "isobar.yaml"
    var root = SettingNode(.nothing, origin: file == nil ? .builtIn : .file(name, line: 1, column: 1), keyPath: "")
    do {
      let node = try YAMLNode.parse(bytes)
      root = SettingNode(node, file: name, problems: problems) { environment[$0] }
    } catch {
      let place = error.place ?? TextPlace(line: 1, column: 1)
      throw ConfigurationError(
        .file(name, line: place.line, column: place.column), "", error.message + quoteHint(bytes, line: place.line))
    }
    EnvironmentOverrides.apply(environment, to: &root, problems: problems)
    overrides.apply(to: &root)
    let reader = SettingsReader(problems: problems, paths: PathBase(folder: folder, home: environment["HOME"]))
    var settings = reader.read(root, flags: overrides)
    try problems.check()
    settings.file = file
    settings.environment = environment
    return settings
  }

  /// Between `{` and `}` a variable's braces would end the mapping: what to write instead, if that may be the mistake in a line.
  private static func quoteHint(_ bytes: [UInt8], line: Int) -> String {
    let lines = bytes.split(separator: 0x0A, maxSplits: line, omittingEmptySubsequences: false)
    guard lines.indices.contains(line - 1) else { return "" }
    let text = DisplayText.escape(lines[line - 1])
    guard let start = text.firstRange(of: "${")?.lowerBound, text[..<start].contains("{"), !text[..<start].hasSuffix("\""),
      let end = text[start...].firstIndex(of: "}")
    else { return "" }
    return "; within { } a variable must be in quotes: write \"\(text[start...end])\""
  }
}
