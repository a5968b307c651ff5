import Catalog
import Glibc
import LocalStorage
import MemoryStorage
import ObjectStorage
import Primitives
import Sync

/// A folder that goes away with this object.
final class Scratch: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/isobar-transfer-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit { _ = system("rm -rf '\(path)'") }

  func folder(_ name: String) throws -> LocalStore {
    mkdir("\(path)/\(name)", 0o755)
    return try LocalStore.open(path: Array("\(path)/\(name)".utf8))
  }

  /// Runs `body` on a pair whose state lies in this folder.
  func withPair<Result>(
    _ left: any ObjectStore, _ right: any ObjectStore, _ options: SyncOptions = SyncOptions(direction: .copy),
    _ body: (PairSync) async throws -> Result
  ) async throws -> Result {
    let catalog = try PairCatalog.open(
      StateDirectory.open(Array("\(path)/state".utf8)),
      pair: PairRecord(
        id: "0123456789abcdef", left: PairEnd(stableID: left.identity.stableID, displayName: "left"),
        right: PairEnd(stableID: right.identity.stableID, displayName: "right"), created: Timestamp(seconds: 1)),
      clock: .system)
    defer { catalog.close() }
    return try await body(PairSync(left: SyncEnd(store: left), right: SyncEnd(store: right), catalog: catalog, options: options))
  }
}

extension ObjectStore {
  func put(_ name: String, _ text: String = "") async throws {
    let options = WriteOptions(metadata: ObjectMetadata(modified: Timestamp(seconds: 1_700_000_000)))
    _ = try await write(.bytes(Array(text.utf8)), to: ObjectKey(name), options)
  }

  func text(_ name: String) async throws -> String? {
    do {
      return String(decoding: try await readBytes(ObjectKey(name), limit: 64 << 20), as: UTF8.self)
    } catch let error as StorageError where error.code == .notFound {
      return nil
    }
  }

  /// All keys, without Isobar's own.
  func names() async throws -> [String] {
    var names: [String] = []
    let listing = list(.all, ListOptions())
    while let page = try await listing.next() { names += page.entries.map(\.key.description) }
    return names.filter { !$0.hasPrefix(".isobar/") }
  }
}

func bucket(_ name: String, hash: ContentHash.Method? = .md5, pageSize: Int = 1000) -> MemoryStore {
  MemoryStore(MemoryStoreOptions(name: name, hash: hash, pageSize: pageSize))
}

func folder(_ name: String, hash: ContentHash.Method? = nil) -> MemoryStore {
  MemoryStore(MemoryStoreOptions(name: name, capabilities: MemoryStoreOptions.likeFolder, hash: hash))
}

func error<Value>(of body: () async throws -> Value) async -> (any Error)? {
  do {
    _ = try await body()
    return nil
  } catch { return error }
}
