import Concurrency
import Emulators
import Markup
import Primitives
import Testing

@Suite struct EmulatorTableTests {
  @Test func `rows are made, replaced, counted and removed`() throws {
    let table = try EmulatorTable(path: nil)
    if let found = try table.get("a", [1]) { Issue.record("\(found)") }
    try table.put("a", [1], ["x": 1, "text": "é\u{0}\"", "list": [true, nil, 1.5]])
    try table.put("b", [1], "other")
    #expect(try table.get("a", [1]) == ["x": 1, "text": "é\u{0}\"", "list": [true, nil, 1.5]])
    try table.put("a", [1], 7)
    #expect(try table.get("a", [1]) == 7)
    #expect(try table.count("a") == 1)
    #expect(try table.remove("a", [1]))
    #expect(try !table.remove("a", [1]))
    #expect(try table.get("b", [1]) == "other")
  }

  /// Against a sorted array, with bytes that are special to prefixes.
  @Test func `a scan gives what a sorted list would`() throws {
    let seed: UInt64 = .random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    func key() -> [UInt8] {
      (0..<Int.random(in: 0...3, using: &random)).map { _ in [0, 1, 0x7F, 0xFE, 0xFF].randomElement(using: &random)! }
    }
    let table = try EmulatorTable(path: nil)
    var keys: Set<[UInt8]> = []
    for _ in 0..<80 {
      let key = key()
      keys.insert(key)
      try table.put("c", key, .integer(Int64(key.count)))
      try table.put("other", key, 0)
    }
    let sorted = keys.sorted { $0.lexicographicallyPrecedes($1) }
    for _ in 0..<300 {
      let prefix = Bool.random(using: &random) ? key() : []
      let after = Bool.random(using: &random) ? key() : nil
      let from = Bool.random(using: &random) ? key() : nil
      let before = Bool.random(using: &random) ? key() : nil
      let limit = Int.random(in: 0...20, using: &random)
      let matching = sorted.filter { key in
        key.starts(with: prefix) && after.map { $0.lexicographicallyPrecedes(key) } ?? true
          && !(from.map { key.lexicographicallyPrecedes($0) } ?? false) && before.map { key.lexicographicallyPrecedes($0) } ?? true
      }
      let found = try table.scan("c", prefix: prefix, after: after, from: from, before: before, limit: limit)
      #expect(found.map(\.key) == Array(matching.prefix(limit)), "seed \(seed)")
      #expect(found.allSatisfy { $0.value == .integer(Int64($0.key.count)) })
      #expect(try table.count("c", prefix: prefix) == sorted.count { $0.starts(with: prefix) }, "seed \(seed)")
    }
  }

  @Test func `the key behind a prefix is the least that is greater than all with it`() {
    #expect(EmulatorTable.successor(ofPrefix: Array("a/".utf8)) == Array("a0".utf8))
    #expect(EmulatorTable.successor(ofPrefix: [1, 0xFF, 0xFF]) == [2])
    #expect(EmulatorTable.successor(ofPrefix: [0xFF]) == nil)
    #expect(EmulatorTable.successor(ofPrefix: []) == nil)
  }

  @Test func `a transaction that throws has changed nothing`() throws {
    let table = try EmulatorTable(path: nil)
    try table.put("a", [1], 1)
    #expect(throws: Broken.self) {
      try table.transaction { rows in
        try rows.put("a", [1], 2)
        try rows.put("a", [2], 2)
        #expect(try rows.get("a", [1]) == 2)
        throw Broken()
      }
    }
    #expect(try table.scan("a", limit: 10).map(\.value) == [1])
  }

  @Test func `looking and then writing is one step for everybody else`() async throws {
    let table = try EmulatorTable(path: nil)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<50 {
            try? table.transaction { rows in
              try rows.put("a", [], .integer((try rows.get("a", [])?.integerValue ?? 0) + 1))
            }
          }
        }
      }
    }
    #expect(try table.get("a", []) == 400)
  }

  @Test func `a table in a file is there again after it was closed`() throws {
    let folder = ScratchFolder()
    let path = folder.path + Array("/table".utf8)
    let first = try EmulatorTable(path: path)
    try first.put("a", [1], 1)
    first.close()
    #expect(throws: (any Error).self) { try first.get("a", [1]) }
    #expect(try EmulatorTable(path: path).get("a", [1]) == 1)
  }
}
