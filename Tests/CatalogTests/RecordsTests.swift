import Catalog
import ObjectStorage
import Primitives
import Testing

struct RecordsTests {
  let scratch = Scratch()

  @Test func `a conflict is kept once while it is open, and again after it was resolved`() throws {
    let catalog = try Sample.open(scratch)
    var conflict = ConflictRecord(
      key: Sample.key(1), kind: .bothModified, detected: Sample.start,
      left: ConflictSide(size: 10, modified: Timestamp(seconds: -5, nanoseconds: 1), version: ObjectVersion("l")), right: nil,
      keptAs: try ObjectKey("a (conflict).txt"), policy: "keep-both")
    let id = try catalog.addConflict(conflict)
    conflict.right = ConflictSide(size: 11)
    conflict.detected = Sample.start + .seconds(100)
    #expect(try catalog.addConflict(conflict) == id)
    conflict.id = id
    conflict.detected = Sample.start
    #expect(try catalog.conflicts(open: true) == [conflict])
    #expect(try catalog.openConflictCount() == 1)
    try catalog.resolveConflict(id, how: "left", when: Sample.start)
    conflict.state = .resolved(how: "left", when: Sample.start)
    #expect(try catalog.conflict(id) == conflict)
    #expect(try catalog.conflicts(open: true) == [])
    let error = #expect(throws: CatalogError.self) { try catalog.resolveConflict(id, how: "right", when: Sample.start) }
    #expect(error?.code == .notFound)
    conflict.state = .open
    let second = try catalog.addConflict(conflict)
    #expect(second > id)
    #expect(try catalog.conflicts(open: false).map(\.id) == [id])
    #expect(try catalog.conflicts().map(\.id) == [id, second])
    #expect(try catalog.conflicts(after: id, limit: 5).map(\.id) == [second])
  }

  @Test func `trash is found by run, prefix and age, in pages`() throws {
    let catalog = try Sample.open(scratch)
    let runs = [RunID(1), RunID(2)]
    var records: [TrashRecord] = []
    for index in 0..<10 {
      records.append(
        TrashRecord(
          run: runs[index % 2], side: index < 5 ? .left : .right, key: try ObjectKey(index < 3 ? "a%_/\(index)" : "b/\(index)"),
          trashKey: try ObjectKey(".isobar/trash/\(index)"), size: Int64(index),
          modified: index == 0 ? Timestamp(seconds: .min, nanoseconds: 3) : nil, deletedAt: Sample.start + .seconds(index),
          reason: .overwritten))
    }
    let ids = try catalog.addTrash(records)
    for index in records.indices { records[index].id = ids[index] }
    #expect(try catalog.trash() == records)
    #expect(try catalog.trash(run: runs[1]) == records.filter { $0.run == runs[1] })
    #expect(try catalog.trash(prefix: KeyPrefix(trusted: Array("a%".utf8))) == Array(records[..<3]))
    #expect(try catalog.trash(deletedBefore: Sample.start + .seconds(4)) == Array(records[..<4]))
    #expect(try catalog.trash(after: ids[3], limit: 2) == Array(records[4..<6]))
    #expect(try catalog.trash(run: runs[0], prefix: KeyPrefix(trusted: Array("b/".utf8)), limit: 2) == [records[4], records[6]])
    #expect(try catalog.trashTotal() == (10, 45))
    try catalog.removeTrash(Array(ids[..<9]))
    #expect(try catalog.trash() == [records[9]])
  }

  @Test func `ancestors are kept by key, replaced, and pruned by base and by size`() throws {
    let catalog = try Sample.open(scratch)
    let hash = ContentHash(.sha256OfParts(partSize: 1 << 20), [1, 2, 3])
    for index in 0..<4 {
      try catalog.setAncestor(Sample.key(index), [UInt8](repeating: UInt8(index), count: 1000), hash: hash)
      if index > 0 { try catalog.apply([.set(Sample.entry(Sample.key(index)))]) }
    }
    try catalog.setAncestor(Sample.key(1), [], hash: ContentHash(.md5, [9]))
    #expect(try catalog.ancestor(Sample.key(1)) == Ancestor(bytes: [], hash: ContentHash(.md5, [9])))
    #expect(try catalog.ancestor(Sample.key(2)) == Ancestor(bytes: [UInt8](repeating: 2, count: 1000), hash: hash))
    #expect(try catalog.ancestor(Sample.key(77)) == nil)
    let tooLong = [UInt8](repeating: 0, count: PairCatalog.maximumAncestor + 1)
    #expect(throws: CatalogError.self) { try catalog.setAncestor(Sample.key(1), tooLong, hash: hash) }
    #expect(try catalog.pruneAncestors(keepingBytes: 1 << 20) == 1)
    #expect(try catalog.ancestor(Sample.key(0)) == nil)
    #expect(try catalog.pruneAncestors(keepingBytes: 1500) == 2)
    #expect(try catalog.ancestor(Sample.key(2)) == nil)
    #expect(try catalog.ancestor(Sample.key(3)) != nil)
  }

  @Test func `what was begun and not ended is there for the next run`() throws {
    let first = try Sample.open(scratch)
    let run = try first.beginRun(.sync)
    let ids = try first.recordIntent([
      Intent(.trashMove, side: .left, key: Sample.key(1), other: try ObjectKey(".isobar/trash/1")),
      Intent(.multipart, side: .right, key: Sample.key(2), token: "upload-é"),
      Intent(.temporaryFile, side: .left, key: Sample.key(3), other: try ObjectKey(".tmp")),
      Intent(.write, side: .left, key: Sample.key(4)),
    ])
    try first.apply([], completing: [OperationResult(key: Sample.key(1), action: .delete, side: .left, intents: [ids[0]])])
    try first.endIntents([ids[3]])
    first.close()
    let second = try Sample.open(scratch)
    let pending = try second.pending()
    #expect(pending.map(\.id) == [ids[1], ids[2]])
    #expect(pending.map(\.kind) == [.multipart, .temporaryFile])
    #expect(pending[0].token == "upload-é" && pending[0].other == nil && pending[0].side == .right && pending[0].run == run)
    #expect(try pending[1].other == ObjectKey(".tmp") && pending[1].at == Sample.start)
    // Numbers are not used again, so that a late end never strikes out another's intent.
    try second.endIntents(ids)
    _ = try second.beginRun(.sync)
    #expect(try second.recordIntent([Intent(.move, side: .left, key: Sample.key(1), other: Sample.key(2))])[0] > ids[3])
  }

  @Test func `small values are set, replaced, removed; the catalog's own are not to be touched`() throws {
    let catalog = try Sample.open(scratch)
    #expect(try catalog.meta("filters") == nil)
    try catalog.setMeta("filters", [1, 2, 3])
    try catalog.setMeta("filters", [])
    #expect(try catalog.meta("filters") == [])
    try catalog.setMeta("filters", nil)
    #expect(try catalog.meta("filters") == nil)
    #expect(throws: CatalogError.self) { try catalog.setMeta("isobar.epoch", [1]) }
    try catalog.setRoots(left: [1], right: nil)
    catalog.close()
    let again = try Sample.open(scratch)
    #expect(again.pair.leftRoot == [1] && again.pair.rightRoot == nil)
    #expect(again.pair.created == Sample.start)
  }
}
