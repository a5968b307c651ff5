import Catalog

/// Everything that happens in one world, as data: it can be replayed, shortened, and kept.
public struct Scenario: Codable, Sendable, Hashable {
  /// What the world is made of.
  public var setup: Setup
  /// What happens, one after the other.
  public var steps: [Step]

  /// A scenario.
  public init(setup: Setup, steps: [Step]) {
    self.setup = setup
    self.steps = steps
  }

  /// A store as the engine finds it.
  public enum StoreKind: String, Codable, CaseIterable, Sendable {
    /// A folder on a disk.
    case folder
    /// An object store with every capability.
    case strict
    /// The same, but its versions name the content: the same bytes written again have the same version.
    case bucket
    /// An object store that compares and then writes.
    case checked
    /// An object store that takes conditions and ignores them.
    case modest
    /// Azure Blob Storage: every condition is compared in one step, and new metadata makes a new version.
    case azure
    /// Google Cloud Storage: every condition is compared in one step, and new metadata leaves the version as it is.
    case gcs
    /// Dropbox: folders are real, times are whole seconds and cannot be changed alone, a rename is one step. That it takes `A` and `a`
    /// for one name is tested elsewhere (edge 27): no world with it has both.
    case dropbox
  }

  /// What the world is made of.
  public struct Setup: Codable, Sendable, Hashable {
    public var left: StoreKind
    public var right: StoreKind
    /// A `ConflictPolicy`.
    public var policy: String
    public var concurrency: Int
    public var pageSize: Int
    /// Whether the retry layer is on.
    public var retries: Bool
  }

  /// A side, for `Codable`.
  public enum Side: String, Codable, Sendable, CaseIterable {
    case left, right
    var side: PairSide { self == .left ? .left : .right }
  }

  /// What somebody does to one side. What cannot be done is left undone.
  public enum Edit: Codable, Sendable, Hashable {
    /// Writes a text of its own to a name.
    case write(String)
    /// Writes one of a few texts that others write too.
    case writeCommon(String, Int)
    case delete(String)
    case rename(String, to: String)
    case touch(String)
    /// Writes a text to a name that was written there before.
    case rewrite(String)
    case makeFolder(String)
    case renameFolder(String, to: String)
    case swap(String, String)
  }

  /// One thing that happens between runs, or a run.
  public enum Step: Codable, Sendable, Hashable {
    case edit(Side, Edit)
    case run(Run)
    /// The catalog is gone.
    case loseState
    /// A backup of the catalog is made.
    case saveState
    /// The backup is put back.
    case restoreState
    /// What an earlier run took away is brought back.
    case undo(UInt64)
    /// The machine's clock is set.
    case setClock(Int64)
    /// From here on these names are left out.
    case exclude([String])
  }

  /// One run of the engine and what goes wrong in it.
  public struct Run: Codable, Sendable, Hashable {
    /// Chooses the order of everything in it.
    public var seed: UInt64
    public var direction: Direction
    public var rehash: Bool
    public var troubles: [Trouble]

    /// A run.
    public init(seed: UInt64, direction: Direction = .twoWay, rehash: Bool = false, troubles: [Trouble] = []) {
      self.seed = seed
      self.direction = direction
      self.rehash = rehash
      self.troubles = troubles
    }
  }

  public enum Direction: String, Codable, Sendable { case twoWay, copy, mirror }

  /// Which name a race is about.
  public enum RacePlace: String, Codable, Sendable, CaseIterable {
    /// The one that is changed, or that something is taken from.
    case source
    /// The one that something comes to.
    case destination
    /// The same name on the other side.
    case opposite
  }

  /// What somebody does to a name that the engine is about to change.
  public enum RaceEdit: Codable, Sendable, Hashable {
    case write, delete, touch, rewrite
    case rename(to: String)
    case replace(by: String)

    /// The same for a name.
    func edit(_ name: String) -> Edit {
      switch self {
      case .write: .write(name)
      case .delete: .delete(name)
      case .touch: .touch(name)
      case .rewrite: .rewrite(name)
      case .rename(let new): .rename(name, to: new)
      case .replace(let old): .rename(old, to: name)
      }
    }
  }

  /// Something that goes wrong. Calls are counted over both stores; rates are per thousand calls.
  public enum Trouble: Codable, Sendable, Hashable {
    /// The process ends at a call to a store: before it, or with its effect but without its answer.
    case crash(call: Int, after: Bool, powerLost: Bool)
    /// The process ends at a change of the catalog's disk.
    case crashAtDisk(change: Int, powerLost: Bool)
    /// The process ends when what the run wrote on a side is to be made durable.
    case crashAtFlush(Side, powerLost: Bool)
    case cancel(call: Int)
    /// Somebody else edits while the run goes on.
    case meddle(call: Int, Side, Edit)
    /// Somebody else edits the very name that a change on a side concerns, just before it has its effect. Changes of that side are counted.
    case race(Side, change: Int, RacePlace, RaceEdit)
    case setClock(call: Int, seconds: Int64)
    /// Requests that never arrive.
    case unreachable(Side, rate: Int)
    /// Answers that never arrive.
    case lostAnswers(Side, rate: Int)
    /// Requests that are given up and arrive later all the same.
    case late(Side, rate: Int)
    case throttled(Side, rate: Int)
    /// Bodies that break off.
    case brokenBodies(Side, rate: Int)
    /// Sources that end early as if that were all.
    case shortBodies(Side, rate: Int)
    /// Calls that take long.
    case slow(Side, rate: Int)
    /// Listings that lack entries.
    case incompleteListings(Side, rate: Int)
    /// Listings that show what was there when the run began.
    case oldListings(Side, rate: Int)
    /// Nothing below this folder, or this file, may be looked at or changed.
    case denied(Side, String)
    /// The store has no room from this call on.
    case full(Side, call: Int)
    /// The catalog's disk has no room from this call on.
    case diskFull(call: Int)
    /// Everything on a side is gone, and the world does not know who did it: no engine can save that. For tests of the oracle alone.
    case vandal(call: Int, Side)
  }
}
