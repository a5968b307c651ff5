import Arguments
import Composition
import Configuration
import Sync

/// Which ends a run is about, and how.
struct RunRequest: Sendable {
  /// The left end; the source of a one-way run.
  let left: EndChoice
  /// The right ends, one at least.
  let rights: [EndChoice]
  /// How.
  let options: SyncOptions
  /// What links in folders are.
  let symlinks: SymlinkChoice?
  /// What is done beside syncing, when it is due.
  let upkeep: PairUpkeep
  /// How much text is kept for merging, in bytes.
  let mergeKeep: Int64
  /// The pair's name in the configuration, if it has one.
  let name: String?
  /// Whether folders of this machine that are to be written to are made where they are missing.
  var createsFolders = false

  /// A run between ends of the command line.
  init(_ session: Session, left: EndChoice, rights: [EndChoice], direction: SyncDirection?) throws {
    try self.init(session, left: left, rights: rights, session.settings.defaults, direction: direction, name: nil)
  }

  /// A run of a configured pair.
  init(_ session: Session, _ pair: PairSettings, direction: SyncDirection? = nil) throws {
    try self.init(
      session, left: EndChoice(pair.left), rights: pair.right.map(EndChoice.init), pair.options, direction: direction,
      name: pair.name)
  }

  /// A pair that was synced before.
  init(
    _ session: Session, left: EndChoice, right: EndChoice, _ pair: PairOptions, direction: SyncDirection, name: String?
  ) throws { try self.init(session, left: left, rights: [right], pair, direction: direction, name: name) }

  private init(
    _ session: Session, left: EndChoice, rights: [EndChoice], _ pair: PairOptions, direction: SyncDirection?, name: String?
  ) throws {
    self.left = left
    self.rights = rights
    self.name = name
    options = try SyncSettings(session.call, pair).syncOptions(direction: direction, workers: session.settings.limits.maxWorkers)
    symlinks = pair.symlinks
    upkeep = PairUpkeep(pair)
    mergeKeep = pair.mergeKeep ?? 256 << 20
  }

  /// What is to be remembered of the pair with the right end of this number.
  func memory(_ index: Int, _ session: Session) -> PairMemory {
    PairMemory(
      left: left.text, right: rights[index].text, direction: options.direction, name: name,
      configuration: session.settings.file, connection: session.connection)
  }
}
