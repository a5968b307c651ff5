import MemoryStorage
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// What the memory store does beyond the contract.
@Suite struct MemoryTests {
  private let key = try! ObjectKey("folder/file")

  @Test func `random writes, deletes, moves and listings agree with a sorted dictionary`() async throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let store = MemoryStore()
    var model: [ObjectKey: [UInt8]] = [:]
    // Few and short names, so that keys meet, and enough of them to split the arrays they are kept in.
    func randomKey() throws -> ObjectKey {
      try ObjectKey((0..<2).map { _ in String(Int.random(in: 0..<60, using: &random)) }.joined(separator: "/"))
    }
    for step in 0..<6000 {
      let key = try randomKey()
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<6:
        let bytes = Array("\(step)".utf8)
        _ = try await store.write(.bytes(bytes), to: key, WriteOptions())
        model[key] = bytes
      case 6..<8:
        _ = try await store.delete([DeleteTarget(key)])
        model[key] = nil
      case 8:
        let target = try randomKey()
        if model[key] == nil {
          await #expect(throws: StorageError.self) { _ = try await store.move(key, to: target, CopyOptions()) }
        } else {
          _ = try await store.move(key, to: target, CopyOptions())
          model[target] = model[key]
          if target != key { model[key] = nil }
        }
      default:
        let listing = store.list(.all, ListOptions(after: key, pageSize: 7))
        let page = try await listing.next()?.entries.map(\.key) ?? []
        #expect(page == Array(model.keys.filter { $0 > key }.sorted().prefix(7)))
      }
    }
    #expect(store.snapshot() == model)
    #expect(store.totalBytes == model.values.reduce(0) { $0 + Int64($1.count) })
    var listed: [ObjectKey] = []
    let listing = store.list(.all, ListOptions(pageSize: 99))
    while let page = try await listing.next() { listed += page.entries.map(\.key) }
    #expect(listed == model.keys.sorted())
  }

  @Test func `a quota is kept, and what does not fit leaves the old`() async throws {
    let store = MemoryStore(MemoryStoreOptions(quota: 100))
    _ = try await store.write(Pattern(seed: 1).payload(60), to: key, WriteOptions())
    _ = try await store.write(Pattern(seed: 2).payload(100), to: key, WriteOptions())
    for target in [key, try ObjectKey("other")] {
      await #expect {
        _ = try await store.write(Pattern(seed: 3).payload(target == key ? 101 : 1), to: target, WriteOptions())
      } throws: {
        ($0 as? StorageError)?.code == .quotaExceeded
      }
    }
    #expect(store.snapshot() == [key: Pattern(seed: 2).bytes(100)])
    _ = try await store.move(key, to: try ObjectKey("moved"), CopyOptions())
    #expect(store.totalBytes == 100)
  }

  @Test func `an archived object is listed and described, but not read`() async throws {
    let glacier = try #require(StorageClass("GLACIER"))
    let store = MemoryStore(MemoryStoreOptions(archiveClasses: [glacier]))
    _ = try await store.write(.bytes([1]), to: key, WriteOptions(storageClass: glacier))
    let info = try await store.stat(key)
    #expect(info.isArchived && info.entry.storageClass == glacier)
    await #expect { _ = try await store.readBytes(key, limit: 1) } throws: { ($0 as? StorageError)?.code == .archived }
  }

  @Test func `a renamed object keeps its identity, an overwritten one gets another`() async throws {
    let store = MemoryStore()
    let first = try await store.write(.bytes([1]), to: key, WriteOptions())
    let moved = try await store.move(key, to: try ObjectKey("moved"), CopyOptions())
    #expect(moved.identity == first.identity)
    #expect(moved.version != first.version)
    let again = try await store.write(.bytes([1]), to: try ObjectKey("moved"), WriteOptions())
    #expect(again.identity != first.identity)
  }

  @Test func `a real folder moves with all that is in it`() async throws {
    let store = MemoryStore(MemoryStoreOptions(capabilities: MemoryStoreOptions.likeFolder))
    for name in ["a/x", "a/b/y", "c"] {
      _ = try await store.write(.bytes(Array(name.utf8)), to: try ObjectKey(name), WriteOptions())
    }
    _ = try await store.move(try ObjectKey("a/"), to: try ObjectKey("d/e/"), CopyOptions())
    #expect(store.snapshot().keys.sorted().map(\.description) == ["c", "d/", "d/e/", "d/e/b/", "d/e/b/y", "d/e/x"])
    await #expect { _ = try await store.move(try ObjectKey("d/"), to: try ObjectKey("d/f/"), CopyOptions()) } throws: {
      ($0 as? StorageError)?.code == .invalidArgument
    }
  }

  @Test func `times come from the clock, and open uploads are counted`() async throws {
    let store = MemoryStore(MemoryStoreOptions(clock: WallClock { Timestamp(seconds: 42) }))
    _ = try await store.write(.empty, to: key, WriteOptions())
    #expect(try await store.stat(key).entry.stored == Timestamp(seconds: 42))
    let upload = try await store.startMultipart(key, WriteOptions())
    #expect(store.openUploads == 1)
    await upload.abort()
    #expect(store.openUploads == 0)
  }
}
