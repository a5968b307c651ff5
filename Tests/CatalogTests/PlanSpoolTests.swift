import Catalog
import ObjectStorage
import Primitives
import Testing

struct PlanSpoolTests {
  private func step(
    _ key: String, phase: UInt8 = 1, kind: UInt8 = 0, bytes: Int64 = 1, side: UInt8 = 0, role: PlanRecord.Role = .none,
    token: [UInt8]? = nil
  ) throws -> PlanRecord {
    PlanRecord(
      phase: phase, key: try ObjectKey(key), kind: kind, bytes: bytes, side: side, role: role, token: token, blob: [9, 0, 7])
  }

  @Test func `an empty spool has nothing and costs nothing`() throws {
    let spool = PlanSpool()
    #expect(try spool.scan(phase: 0).next() == nil)
    #expect(try spool.moves().next() == nil)
    #expect(try spool.totals() == [:])
  }

  @Test func `a phase is scanned in order of keys, both ways`() throws {
    let spool = PlanSpool()
    for key in ["b", "a", "c", "a"] { try spool.append(step(key)) }
    try spool.append(step("z", phase: 2))
    #expect(try spool.scan(phase: 1).all().map(\.key.description) == ["a", "a", "b", "c"])
    #expect(try spool.scan(phase: 1).all().map(\.sequence) == [2, 4, 1, 3])
    #expect(try spool.scan(phase: 1, descending: true).all().map(\.sequence) == [3, 1, 4, 2])
    #expect(try spool.scan(phase: 2).all().map(\.blob) == [[9, 0, 7]])
  }

  @Test func `random changes under running scans agree with a model`() throws {
    let seed = freshSeed("plan spool")
    var random = SeededRandom(seed: seed)
    let spool = PlanSpool()
    var model: [Int64: PlanRecord] = [:]
    func add(_ key: Int, _ random: inout SeededRandom) throws {
      let record = try step(
        "k\(key)", phase: UInt8.random(in: 0...1, using: &random), kind: UInt8.random(in: 0...2, using: &random),
        bytes: Int64.random(in: 0...9, using: &random))
      let stored = try spool.append(record)
      model[stored.sequence] = stored
    }
    for _ in 0..<700 { try add(Int.random(in: 0...5000, using: &random), &random) }
    for descending in [false, true] {
      let cursor = try spool.scan(phase: 1, descending: descending)
      var last: PlanRecord?
      while let record = try cursor.next() {
        func precedes(_ one: PlanRecord, _ two: PlanRecord) -> Bool {
          one.key == two.key ? one.sequence < two.sequence : one.key < two.key
        }
        let ahead = model.values.filter { other in
          other.phase == 1 && last.map { descending ? precedes(other, $0) : precedes($0, other) } ?? true
        }
        let expected = descending ? ahead.max(by: precedes) : ahead.min(by: precedes)
        #expect(record == expected, "seed \(seed)")
        last = record
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
          try spool.remove(record)
          model[record.sequence] = nil
        case 1:
          let other = model.values.sorted { $0.sequence < $1.sequence }.randomElement(using: &random)!
          try spool.remove(other)
          try spool.remove(other)
          model[other.sequence] = nil
        case 2 where Int.random(in: 0..<4, using: &random) == 0: try add(Int.random(in: 0...5000, using: &random), &random)
        case 3:
          var new = record
          new.kind = 7
          new.phase = 3
          let stored = try spool.replace(record, with: new)
          model[record.sequence] = nil
          model[stored.sequence] = stored
        default: break
        }
      }
    }
    var totals: [UInt8: PlanTotal] = [:]
    for record in model.values {
      totals[record.kind, default: PlanTotal()].count += 1
      totals[record.kind, default: PlanTotal()].bytes += record.bytes
    }
    #expect(try spool.totals() == totals, "seed \(seed)")
    #expect(spool.count == model.count, "seed \(seed)")
  }

  @Test func `a move is a token that one deleted and one created step of a side have`() throws {
    let spool = PlanSpool()
    // Side 0: x moved twice over, y moved, z only deleted; side 1: the tokens of side 0 mean nothing.
    try spool.append(step("old/y", phase: 2, role: .deleted, token: [2]))
    try spool.append(step("new/y", phase: 1, role: .created, token: [2]))
    try spool.append(step("new/w", phase: 1, role: .created, token: [4]))
    try spool.append(step("old/w", phase: 2, role: .deleted, token: [4]))
    try spool.append(step("old/x", phase: 2, role: .deleted, token: [1]))
    try spool.append(step("new/x1", phase: 1, role: .created, token: [1]))
    try spool.append(step("new/x2", phase: 1, role: .created, token: [1]))
    try spool.append(step("old/z", phase: 2, role: .deleted, token: [3]))
    try spool.append(step("new/z", phase: 1, side: 1, role: .created, token: [3]))
    try spool.append(step("p", role: .deleted))
    try spool.append(step("q", role: .created))
    let moves = try spool.moves()
    let first = try #require(try moves.next())
    #expect(first.deleted.key.description == "old/w" && first.created.key.description == "new/w")
    #expect(first.deleted.blob == [9, 0, 7])
    try spool.remove(first.deleted)
    let second = try #require(try moves.next())
    #expect(second.deleted.key.description == "old/y" && second.created.key.description == "new/y")
    #expect(try moves.next() == nil)
  }

  @Test func `a million steps take little memory and little time`() async {
    // In a process of its own: what other tests hold is not counted.
    await #expect(processExitsWith: .success) {
      let before = residentKiB()
      let spool = PlanSpool()
      let blob = [UInt8](repeating: 1, count: 60)
      var token = [UInt8](repeating: 0, count: 16)
      let clock = ContinuousClock()
      let count = optimised ? 1_000_000 : 100_000
      let written = try clock.measure {
        for index in 0..<count {
          withUnsafeBytes(of: (UInt64(index % (count / 2)) &* 0x9E37_79B9_7F4A_7C15)) { token.replaceSubrange(0..<8, with: $0) }
          try spool.append(
            PlanRecord(
              phase: index < count / 2 ? 0 : 1, key: Sample.key(index), kind: 1, bytes: 10,
              role: index < count / 2 ? .deleted : .created,
              token: token, blob: blob))
        }
      }
      var moved = 0
      let matched = try clock.measure {
        let moves = try spool.moves()
        while try moves.next() != nil { moved += 1 }
      }
      var scanned = 0
      let read = try clock.measure {
        let cursor = try spool.scan(phase: 1, descending: true)
        while let record = try cursor.next() {
          scanned += 1
          if scanned % 2 == 0 { try spool.remove(record) }
        }
      }
      let grown = residentKiB() - before
      print(
        "spool: \(count) appended in \(written), \(moved) moves in \(matched), \(scanned) scanned in \(read), memory +\(grown) KiB")
      #expect(moved == count / 2)
      #expect(scanned == count / 2)
      #expect(try spool.totals()[1]?.count == count - count / 4)
      #expect(grown < 40 * 1024)
    }
  }
}

extension PlanCursor {
  func all() throws -> [PlanRecord] {
    var records: [PlanRecord] = []
    while let record = try next() { records.append(record) }
    return records
  }
}
