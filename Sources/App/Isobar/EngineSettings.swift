public import Composition
public import Observability
public import Primitives

/// What an engine works with, beside the places and the options of the sync.
public struct EngineSettings: Sendable {
  /// The folder where it is remembered what both sides last agreed on, outside of the synced folders; nil for
  /// `$XDG_STATE_HOME/isobar`, else `~/.local/state/isobar`. The command uses the same, so both may take turns.
  public var state: [UInt8]?
  /// What the engine may use. `SyncOptions.concurrency` says how many paths are worked on at once, within `Limits.workers`.
  public var limits: Limits
  /// What is done for the pair from time to time, beside syncing it.
  public var upkeep: PairUpkeep
  /// The log.
  public var logger: Logger
  /// Where requests, bytes and latencies are counted.
  public var metrics: MetricsRegistry
  /// The time of day.
  public var clock: WallClock
  /// The variables that credentials and the state's place are looked for in; nil for those of this process.
  public var environment: [String: String]?

  /// Settings; by default the state of the user who runs this, 30 days of trash, no log.
  public init(
    state: [UInt8]? = nil, limits: Limits = Limits(), upkeep: PairUpkeep = PairUpkeep(trashRetention: .seconds(30 * 86_400)),
    logger: Logger = .disabled, metrics: MetricsRegistry = MetricsRegistry(), clock: WallClock = .system,
    environment: [String: String]? = nil
  ) {
    self.state = state
    self.limits = limits
    self.upkeep = upkeep
    self.logger = logger
    self.metrics = metrics
    self.clock = clock
    self.environment = environment
  }

  /// The same settings with the state in the folder at `path`.
  public func withState(_ path: String) -> EngineSettings {
    var settings = self
    settings.state = Array(path.utf8)
    return settings
  }
}
