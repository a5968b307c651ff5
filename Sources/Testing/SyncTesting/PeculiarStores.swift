package import MemoryStorage
package import ObjectStorage
import Primitives
package import StoreLayers

/// A store for which `A` and `a` are one name, which is listed as it was written first: as most file systems of Windows and macOS do.
package final class FoldingStore: KeyMappingStore {
  private let memory: MemoryStore

  package init(_ memory: MemoryStore) { self.memory = memory }

  package var base: any ObjectStore { memory }
  package var identity: StoreIdentity { memory.identity }

  package func capabilities() async throws -> StoreCapabilities {
    var capabilities = await memory.capabilities()
    capabilities.names.foldsCase = true
    return capabilities
  }

  package func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { memory.list(prefix, options) }

  package func outward(_ key: ObjectKey) throws -> ObjectKey {
    func folded(_ key: ObjectKey) -> [UInt8] { key.bytes.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 } }
    let all = memory.snapshot().keys
    return all.contains(key) ? key : all.first { folded($0) == folded(key) } ?? key
  }

  package func inward(_ key: ObjectKey) -> ObjectKey? { key }

  package func stat(_ key: ObjectKey) async throws -> ObjectInfo {
    var info = try await memory.stat(outward(key))
    info.entry.key = key
    return info
  }
}

/// A store that writes an object under another name than the one asked for, and says nothing.
package final class RenamingStore: StoreLayer {
  package let base: any ObjectStore
  private let name: @Sendable ([UInt8]) -> [UInt8]

  package init(_ base: any ObjectStore, name: @escaping @Sendable ([UInt8]) -> [UInt8]) { (self.base, self.name) = (base, name) }

  package func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  package func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    try await base.write(payload, to: try ObjectKey(name(key.bytes)), options)
  }
}

/// A store that has several objects of one name, as Google Drive may.
package final class DoublingStore: StoreLayer {
  package let base: any ObjectStore
  private let key: ObjectKey

  /// - Parameter key: the object that is listed twice, the second time in another version.
  package init(_ base: any ObjectStore, doubling key: ObjectKey) { (self.base, self.key) = (base, key) }

  package func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  private final class DoublingListing: Listing {
    let base: any Listing
    let key: ObjectKey
    init(_ base: any Listing, _ key: ObjectKey) { (self.base, self.key) = (base, key) }
    func next() async throws -> ListPage? {
      guard var page = try await base.next() else { return nil }
      if let index = page.entries.firstIndex(where: { $0.key == key }) {
        var second = page.entries[index]
        second.version = ObjectVersion("the other one")
        page.entries.insert(second, at: index + 1)
      }
      return page
    }
  }

  package func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { DoublingListing(base.list(prefix, options), key) }
}
