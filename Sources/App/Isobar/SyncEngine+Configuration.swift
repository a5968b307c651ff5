import Composition
import Concurrency
public import Configuration
import Glibc
import Sync

extension SyncEngine {
  /// The engine of a pair of a configuration file, as `isobar sync --pair NAME` runs it.
  /// - Parameters:
  ///   - pair: the pair's name in the file.
  ///   - configuration: the file's path; nil to look for it where the command does.
  ///   - settings: what the file says of state and limits is taken over that of `settings`; log, metrics and clock are its own.
  /// - Throws: `ConfigurationError` with everything that is wrong in the file; `EndError` for a pair or a store that is not in it; else as
  ///   `init`. Reads the files and runs the commands that secrets are kept in.
  public static func configured(
    pair: String, configuration: String? = nil, settings: EngineSettings = EngineSettings()
  ) async throws -> SyncEngine {
    // Blocks on files and commands.
    try await BlockingPool.shared.run {
      var settings = settings
      let environment = settings.environment ?? Runtime.processEnvironment
      let loaded = try SettingsLoader.load(
        explicit: configuration, workingDirectory: workingDirectory, environment: environment)
      settings.environment = loaded.environment
      return try SyncEngine(pair: pair, of: loaded, settings: settings)
    }
  }

  /// The engine of a pair of a configuration that is loaded. Resolves secrets, so it may block. Ages in the pair's filters are counted
  /// from now.
  /// - Throws: as `configured(pair:configuration:settings:)`.
  public convenience init(pair name: String, of configuration: Settings, settings: EngineSettings = EngineSettings()) throws {
    guard let pair = configuration.pair(named: name) else {
      let known = configuration.pairs.map(\.name).joined(separator: ", ")
      throw EndError(message: "there is no pair “\(name)” in the configuration; it has \(known.isEmpty ? "none" : known)")
    }
    var settings = settings
    settings.limits = Limits(configuration.limits)
    settings.upkeep = PairUpkeep(pair.options)
    if let state = configuration.state { settings.state = Array(state.utf8) }
    let resolver = PlaceResolver(settings: configuration)
    func place(_ end: End) throws -> Place { try resolver.place(end, symlinks: pair.options.symlinks) }
    try self.init(
      left: place(pair.left), rights: pair.right.map(place),
      options: SyncOptions(pair.options, workers: configuration.limits.maxWorkers, now: settings.clock.now()), settings: settings)
  }

  private static var workingDirectory: String {
    guard let text = getcwd(nil, 0) else { return "/" }
    defer { free(text) }
    return String(cString: text)
  }
}
