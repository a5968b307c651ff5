import Catalog
import ObjectStorage
import Primitives
import Sync

/// Something that must never be.
public struct Violation: Error, Sendable, CustomStringConvertible {
  /// What.
  public enum Kind: String, Sendable {
    /// A text that was there when a run began can be reached nowhere.
    case lost
    /// A file vanished from sight on both sides, and nobody had deleted or replaced it.
    case hidden
    /// A file holds what nobody wrote.
    case partialContent
    /// A file lost its time.
    case lostTime
    /// The engine does not come to rest.
    case noRest
    /// Both sides are not equal although the engine says they are.
    case notEqual
    /// The catalog says something else than the sides.
    case wrongBase
    /// A run with nothing to do does more than list.
    case notQuiet
    /// A file that is left out was changed.
    case touchedExcluded
    /// An error that no trouble explains.
    case unexpectedError
    /// All tasks wait, and nothing will ever come.
    case stuck
    /// A connection to the catalog was left open.
    case openConnection
  }

  public let kind: Kind
  public let detail: String

  init(_ kind: Kind, _ detail: String) { (self.kind, self.detail) = (kind, detail) }

  public var description: String { "\(kind.rawValue): \(detail)" }
}

/// Runs worlds, one after the other, on the thread that calls it.
public final class Simulator {
  /// What became of a world.
  public struct Outcome: Sendable {
    /// What must never be, and was.
    public var violation: Violation?
    /// What happened, if it was to be traced.
    public var trace: [String]
    public var coverage: Coverage
    /// How many steps of tasks it took.
    public var jobs: Int
  }

  private let disk = SimulatedDisk()
  /// A disk with catalogs that were just made: making them takes longer than most worlds.
  private let fresh = SimulatedDisk()

  /// A simulator with disks of its own.
  public init() throws {
    for direction in [SyncDirection.twoWay, .mirror] {
      try PairCatalog.open(
        StateDirectory.open(Array("\(fresh.folder)/state".utf8)), pair: World.pair(direction),
        clock: WallClock(now: { Timestamp(seconds: 1_700_000_000) })
      ).close()
    }
  }

  /// Lets a scenario happen.
  public func run(_ scenario: Scenario, isTraced: Bool = false) -> Outcome {
    disk.start(powerLost: false, seed: 0)
    disk.clear(backup: true)
    disk.copy(of: fresh)
    let world = World(scenario, disk: disk, isTraced: isTraced)
    let ended = world.executor.run(limit: 2_000_000) { await world.violation() }
    let violation: Violation? =
      switch ended {
      case nil: Violation(.stuck, "no task can go on, or none comes to an end")
      case let result?: result ?? (disk.openFiles > 0 ? Violation(.openConnection, "\(disk.openFiles)") : nil)
      }
    return Outcome(violation: violation, trace: world.trace, coverage: world.coverage, jobs: world.executor.jobCount)
  }
}
