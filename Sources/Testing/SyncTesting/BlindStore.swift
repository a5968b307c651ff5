package import ObjectStorage
package import Primitives
package import StoreLayers

/// A store that does not see that content has changed: every version is the same.
package final class BlindStore: StoreLayer {
  package let base: any ObjectStore
  private static let version = ObjectVersion("always the same")

  package init(_ base: any ObjectStore) { self.base = base }

  package func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  private final class BlindListing: Listing {
    let base: any Listing
    init(_ base: any Listing) { self.base = base }
    func next() async throws -> ListPage? {
      var page = try await base.next()
      for index in page?.entries.indices ?? 0..<0 { page?.entries[index].version = BlindStore.version }
      return page
    }
  }

  package func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { BlindListing(base.list(prefix, options)) }

  package func stat(_ key: ObjectKey) async throws -> ObjectInfo { blinded(try await base.stat(key)) }

  package func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    let result = try await base.read(key, ReadOptions(range: options.range), into: sink)
    return ReadResult(info: blinded(result.info), range: result.range)
  }

  package func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload {
    let object = try await base.payload(for: key, ifMatches: nil)
    return ObjectPayload(info: blinded(object.info), payload: object.payload)
  }

  package func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    var options = options
    if case .ifMatches = options.condition { options.condition = .always }
    return blinded(try await base.write(payload, to: key, options))
  }

  package func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    var options = options
    options.sourceMatches = nil
    return blinded(try await base.copy(source, to: destination, options))
  }

  private func blinded(_ receipt: WriteReceipt) -> WriteReceipt {
    WriteReceipt(
      version: Self.version, size: receipt.size, hash: receipt.hash, modified: receipt.modified, identity: receipt.identity)
  }

  private func blinded(_ info: ObjectInfo) -> ObjectInfo {
    var info = info
    info.entry.version = Self.version
    return info
  }
}
