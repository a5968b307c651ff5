import Catalog
import Glibc
import LocalStorage
import MemoryStorage
import ObjectStorage
import Primitives
import SyncTesting
import Testing

@testable import Sync

/// A real folder on the left, memory on the right: what only a file system does.
@Suite struct LocalFolderTests {
  /// A folder below `/tmp`, its store, a store in memory, and the state of the pair.
  private final class World {
    let path: String
    let right = MemoryStore(MemoryStoreOptions(name: "right"))
    var options = SyncOptions(concurrency: 4)

    init() {
      var template = Array("/tmp/isobar-local-XXXXXX".utf8CString)
      path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
      mkdir("\(path)/tree", 0o755)
    }

    deinit { _ = systemCommand("chmod -R u+rwx '\(path)'; rm -rf '\(path)'") }

    @discardableResult
    func sync() async throws -> SyncSummary {
      let store = try LocalStore.open(path: Array("\(path)/tree".utf8))
      let catalog = try PairCatalog.open(
        StateDirectory.open(Array("\(path)/state".utf8)),
        pair: PairRecord(
          id: "0123456789abcdef0123456789abcdef", left: PairEnd(stableID: store.identity.stableID, displayName: "left"),
          right: PairEnd(stableID: "memory:right", displayName: "right"), created: Timestamp(seconds: 1_700_000_000)),
        clock: .system)
      defer { catalog.close() }
      let root = RootMarker(
        read: { try store.getMarker() },
        write: {
          let mark = Array("mark-\(UInt64.random(in: .min ... .max))".utf8)
          return try store.setMarker(mark) ? mark : nil
        })
      let pair = PairSync(
        left: SyncEnd(store: store, root: root), right: SyncEnd(store: right), catalog: catalog, options: options)
      return try await pair.run()
    }

    func shell(_ command: String) { #expect(systemCommand("cd '\(path)/tree' && \(command)")) }

    var files: [String: String] {
      var files: [String: String] = [:]
      for (key, bytes) in right.snapshot() where !key.bytes.starts(with: Filter.reserved) && !key.isFolder {
        files[key.description] = String(decoding: bytes, as: UTF8.self)
      }
      return files
    }
  }

  @Test func `a second run right after the first sends nothing, however fresh the files are`() async throws {
    let world = World()
    world.shell("for i in $(seq 50); do echo $i > f$i; done; mkdir -p a/b; echo x > a/b/c")
    let first = try await world.sync()
    #expect(first.transferred == 51)
    let second = try await world.sync()
    #expect(second.transferred == 0)
    #expect(second.failed == 0)
  }

  @Test func `a change in the store reaches the folder with its time, the old version is in the folder's trash`() async throws {
    let world = World()
    world.shell("echo old > a")
    try await world.sync()
    _ = try await world.right.write(
      .bytes(Array("new".utf8)), to: ObjectKey("a"),
      WriteOptions(metadata: ObjectMetadata(modified: Timestamp(seconds: 1_234_567_890))))
    let summary = try await world.sync()
    #expect(summary.transferred == 1)
    world.shell("test \"$(cat a)\" = new && test $(stat -c %Y a) = 1234567890 && grep -rq old .isobar/trash")
    let again = try await world.sync()
    #expect(again.transferred == 0)
  }
}
