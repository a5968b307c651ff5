import Concurrency
import Glibc
import LocalStorage
import ObjectStorage
import Primitives
import Testing

/// Guarantee 4: equal versions mean equal bytes, and a receipt is what the next listing says.
@Suite struct VersionTests {
  let scratch = Scratch()

  @Test func `edits of the same length in quick succession never share a version`() async throws {
    let store = try scratch.store()
    var seen: [ObjectVersion: String] = [:]
    for round in 0..<400 {
      let content = "\(1000 + round % 1000)"
      scratch.put("f", content)
      // Look, edit in place within the same tick, look again.
      let listed = try #require(try await store.entry("f")).version
      let found = try await store.stat(key("f")).entry.version
      for version in [listed, found] {
        #expect(seen[version] == nil || seen[version] == content)
        seen[version] = content
      }
    }
  }

  @Test func `a file that was just edited equals no version seen before or after`() async throws {
    scratch.put("f", "1234")
    var status = Glibc.stat()
    lstat("\(scratch.path)/f", &status)
    let changed = Timestamp(seconds: Int64(status.st_ctim.tv_sec), nanoseconds: Int32(status.st_ctim.tv_nsec))
    let now = Lock(changed)
    let store = try scratch.store(LocalOptions(clock: WallClock { now.withLock { $0 } }))
    var versions: [ObjectVersion] = []
    for later in [Duration.zero, .milliseconds(1), .milliseconds(10), .milliseconds(19), .milliseconds(-5000)] {
      now.withLock { $0 = changed + later }
      versions.append(try await store.stat(key("f")).entry.version)
      #expect(try await store.entry("f")?.version == versions.last)
      // Yet it is good for a condition at once: the state is the one that was seen.
      #expect(try await store.payload(for: key("f"), ifMatches: versions.last).info.entry.size == 4)
    }
    for later in [Duration.milliseconds(21), .seconds(1), .seconds(86400)] {
      now.withLock { $0 = changed + later }
      let settled = try await store.stat(key("f")).entry.version
      #expect(try await store.entry("f")?.version == settled)
      if later == .milliseconds(21) { versions.append(settled) }
      #expect(settled == versions.last)
    }
    #expect(Set(versions).count == 6)
  }

  @Test func `receipts of all changes are what listings say, at once and later`() async throws {
    let store = try scratch.store()
    var receipts: [String: WriteReceipt] = [:]
    for index in 0..<50 { receipts["w\(index)"] = try await store.put("w\(index)", "x") }
    receipts["copy"] = try await store.copy(key("w0"), to: key("copy"), CopyOptions())
    receipts["moved"] = try await store.move(key("w1"), to: key("moved"), CopyOptions())
    receipts["w1"] = nil
    receipts["w2"] = try await store.put("w2", "y", WriteOptions(condition: .ifMatches(receipts["w2"]!.version)))
    receipts["w3"] = try await store.updateMetadata(
      ObjectMetadata(modified: Timestamp(seconds: 5)), of: key("w3"), ifMatches: nil)
    for delay: UInt32 in [0, 50] {
      pause(milliseconds: delay)
      for entry in try await store.all().entries {
        let receipt = try #require(receipts["\(entry.key)"])
        #expect(entry.version == receipt.version, "\(entry.key)")
        #expect(entry.identity == receipt.identity)
        #expect(entry.modified == receipt.modified)
      }
    }
  }

  @Test func `an edit at once after our own write changes the version`() async throws {
    let store = try scratch.store()
    for round in 0..<300 {
      let metadata = ObjectMetadata(modified: round % 2 == 0 ? nil : Timestamp(seconds: 1_700_000_000))
      let receipt = try await store.put("f", "mine", WriteOptions(metadata: metadata))
      let file = open("\(scratch.path)/f", O_WRONLY)
      _ = pwrite(file, "your", 4, 0)
      close(file)
      #expect(try await store.entry("f")?.version != receipt.version)
      #expect(
        await code { try await store.put("f", "next", WriteOptions(condition: .ifMatches(receipt.version))) }
          == .preconditionFailed)
      #expect(scratch.get("f") == "your")
    }
  }

  @Test func `size, both times and the file's number all count`() async throws {
    let store = try scratch.store()
    scratch.put("f", "1")
    scratch.age("f")
    func version() async throws -> ObjectVersion { try await store.stat(key("f")).entry.version }
    var all = [try await version()]
    pause(milliseconds: 12)
    scratch.put("f", "2")
    scratch.age("f")
    all.append(try await version())
    scratch.put("g", "2")
    scratch.age("g")
    rename("\(scratch.path)/g", "\(scratch.path)/f")
    all.append(try await version())
    pause(milliseconds: 12)
    chmod("\(scratch.path)/f", 0o600)
    all.append(try await version())
    #expect(Set(all).count == all.count)
  }

  @Test func `a rename keeps the identity`() async throws {
    let store = try scratch.store()
    try await store.put("a", "1")
    let identity = try await store.entry("a")?.identity
    #expect(identity != nil)
    rename("\(scratch.path)/a", "\(scratch.path)/b")
    #expect(try await store.entry("b")?.identity == identity)
    #expect(try await store.move(key("b"), to: key("d/c"), CopyOptions()).identity == identity)
    #expect(try await store.copy(key("d/c"), to: key("e"), CopyOptions()).identity != identity)
  }

  @Test func `a folder's version does not move with its content`() async throws {
    let store = try scratch.store()
    let receipt = try await store.write(.empty, to: key("d/"), WriteOptions())
    try await store.put("d/f", "1")
    #expect(try await store.entry("d/")?.version == receipt.version)
    chmod("\(scratch.path)/d", 0o700)
    #expect(try await store.entry("d/")?.version != receipt.version)
  }
}
