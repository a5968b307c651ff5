import ObjectStorage
import Primitives

/// What can still be read of a damaged database and is true whatever happened to the rest: where things lie in the trash, which
/// conflicts wait, what was begun.
struct Salvage {
  private(set) var pair: PairRecord?
  private(set) var trash: [TrashRecord] = []
  private(set) var conflicts: [ConflictRecord] = []
  private(set) var intents: [Intent] = []
  private static let limit = 1_000_000

  init(_ directory: StateDirectory, id: String) {
    guard let catalog = try? PairCatalog.openReadOnly(directory, id: id, clock: .system) else { return }
    defer { catalog.close() }
    let known = catalog.pair
    // The markers belong to the base tree that is given up.
    pair = PairRecord(
      trusted: id, left: known.left, right: known.right, created: known.created, leftRoot: nil, rightRoot: nil)
    trash = Self.readable { try catalog.trash(after: $0?.id, limit: $1) }
    conflicts = Self.readable { try catalog.conflicts(open: true, after: $0?.id, limit: $1) }
    intents = (try? catalog.pending(limit: Self.limit)) ?? []
  }

  /// Everything up to the first thing that cannot be read, in pages; then one by one up to it.
  private static func readable<Record>(_ page: (Record?, Int) throws -> [Record]) -> [Record] {
    var records: [Record] = []
    var size = 1000
    while records.count < limit {
      guard let next = try? page(records.last, size) else {
        if size == 1 { break }
        size = 1
        continue
      }
      if next.isEmpty { break }
      records += next
    }
    return records
  }

  /// Puts what was saved into a new catalog, under a run of its own: the old numbers of runs mean nothing there.
  func store(in catalog: PairCatalog) throws {
    if trash.isEmpty && conflicts.isEmpty && intents.isEmpty { return }
    let run = try catalog.beginRun(.rebuild)
    try catalog.addTrash(
      trash.map { record in
        var record = record
        record.id = nil
        record.run = run
        return record
      })
    for var conflict in conflicts {
      conflict.id = nil
      try catalog.addConflict(conflict)
    }
    try catalog.recordIntent(intents)
    try catalog.endRun(run, RunSummary())
  }
}
