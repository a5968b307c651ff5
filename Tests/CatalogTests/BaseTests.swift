import Catalog
import ObjectStorage
import Primitives
import Testing

struct BaseTests {
  let scratch = Scratch()

  @Test func `what was set comes back, whole and in order of bytes`() throws {
    let seed = freshSeed("base round trip")
    var random = SeededRandom(seed: seed)
    let catalog = try Sample.open(scratch)
    var model: [ObjectKey: BaseEntry] = [:]
    for _ in 0..<20 {
      var changes: [BaseChange] = []
      for _ in 0..<Int.random(in: 0...60, using: &random) {
        let name: [UInt8] = [0xFF, 0x61, UInt8.random(in: 1...255, using: &random), 0x0A].shuffled(using: &random)
        guard let key = try? ObjectKey(Bool.random(using: &random) ? name : name + [0x2F]) else { continue }
        if Int.random(in: 0..<4, using: &random) == 0 {
          changes.append(.remove(key))
          model[key] = nil
        } else {
          let entry = Sample.randomEntry(key, &random)
          changes.append(.set(entry))
          model[key] = entry
        }
      }
      try catalog.apply(changes)
      #expect(try catalog.baseCount() == model.count, "seed \(seed)")
    }
    let expected = model.values.sorted { $0.key < $1.key }
    #expect(try catalog.baseScan().rest() == expected, "seed \(seed)")
    for entry in expected { #expect(try catalog.base(for: entry.key) == entry, "seed \(seed)") }
    #expect(try catalog.base(for: ObjectKey("never there")) == nil)
    if expected.count > 3 {
      #expect(try catalog.baseScan(after: expected[2].key).rest() == Array(expected[3...]), "seed \(seed)")
    }
    catalog.close()
    let again = try Sample.open(scratch)
    #expect(try again.baseScan().rest() == expected, "seed \(seed)")
    #expect(try again.baseCount() == expected.count)
  }

  @Test func `a key's last change counts, wherever it stands in the batch`() throws {
    let catalog = try Sample.open(scratch)
    let (a, b) = (Sample.key(1), Sample.key(2))
    try catalog.apply([.set(Sample.entry(b)), .set(Sample.entry(a, version: 1)), .remove(b), .set(Sample.entry(a, version: 2))])
    #expect(try catalog.baseScan().rest() == [Sample.entry(a, version: 2)])
    #expect(try catalog.baseCount() == 1)
  }

  @Test func `a scan shows the tree as it was when the scan began`() throws {
    let catalog = try Sample.open(scratch)
    try catalog.apply((0..<3000).map { .set(Sample.entry(Sample.key($0))) })
    let scan = try catalog.baseScan()
    let later = try catalog.baseScan(after: Sample.key(9))
    #expect(try scan.next()?.key == Sample.key(0))
    try catalog.apply((0..<2000).map { .remove(Sample.key($0)) } + [.set(Sample.entry(Sample.key(5000)))])
    try catalog.checkpoint()
    #expect(try scan.rest().count == 2999)
    #expect(try later.rest().count == 2990)
    #expect(try catalog.baseScan().rest().count == 1001)
  }

  @Test func `hints are files' keys, evenly spread, in order`() throws {
    let catalog = try Sample.open(scratch)
    #expect(try catalog.splitHints(4) == [])
    var changes = (0..<10_000).map { BaseChange.set(Sample.entry(Sample.key($0))) }
    changes += (0..<5000).map { .set(BaseEntry(key: ObjectKey(trusted: Array("folders/\($0)/".utf8)), size: 0)) }
    try catalog.apply(changes)
    let hints = try catalog.splitHints(4)
    #expect(hints.count == 4)
    for (index, hint) in hints.enumerated() {
      let number = try #require(Int(String(decoding: hint.name.dropFirst(4).prefix(8), as: UTF8.self)))
      #expect(abs(number - (index + 1) * 2000) < 100, "\(hint)")
    }
    #expect(try catalog.splitHints(100_000).count > 500)
    // A few changes leave the sample as it is, many renew it.
    try catalog.apply((0..<10).map { .remove(Sample.key($0)) })
    #expect(try catalog.splitHints(4) == hints)
    try catalog.apply((0..<9000).map { .remove(Sample.key($0)) })
    let renewed = try catalog.splitHints(1)
    let number = try #require(renewed.first.flatMap { Int(String(decoding: $0.name.dropFirst(4).prefix(8), as: UTF8.self)) })
    #expect(abs(number - 9500) < 50)
  }

  @Test func `a tree of folders only gives no hints`() throws {
    let catalog = try Sample.open(scratch)
    try catalog.apply([.set(BaseEntry(key: try ObjectKey("a/"), size: 0))])
    #expect(try catalog.splitHints(3) == [])
  }

  @Test func `clearing the base leaves the history`() throws {
    let catalog = try Sample.open(scratch)
    let run = try catalog.beginRun(.sync)
    try catalog.apply([.set(Sample.entry(Sample.key(1)))])
    try catalog.endRun(run, RunSummary(transferred: 1))
    try catalog.clearBase()
    #expect(try catalog.baseCount() == 0)
    #expect(try catalog.baseScan().rest() == [])
    #expect(try catalog.runs().count == 1)
  }

  @Test func `a tree of a million paths is scanned in little memory`() async {
    // In a process of its own: what other tests hold is not counted.
    await #expect(processExitsWith: .success) {
      let scratch = Scratch()
      let count = optimised ? 1_000_000 : 100_000
      let catalog = try Sample.open(scratch)
      let before = residentKiB()
      let clock = ContinuousClock()
      let written = try clock.measure {
        for first in stride(from: 0, to: count, by: 1000) {
          try catalog.apply((first..<first + 1000).map { .set(Sample.entry(Sample.key($0), version: 3)) })
        }
      }
      var passed = 0
      let read = try clock.measure {
        let scan = try catalog.baseScan()
        while let entry = try scan.next() {
          passed += 1
          // Changes go on while the scan runs, as in a run.
          if passed % 10_000 == 0 { try catalog.apply([.remove(entry.key)]) }
        }
      }
      let grown = residentKiB() - before
      print("base: \(count) written in \(written), read in \(read), memory +\(grown) KiB")
      #expect(passed == count)
      #expect(try catalog.baseCount() == count - count / 10_000)
      #expect(grown < 32 * 1024)
    }
  }
}
