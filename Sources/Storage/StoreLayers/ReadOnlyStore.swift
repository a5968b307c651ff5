public import ObjectStorage
public import Primitives

/// A store that nothing can be changed in through this door.
///
/// The outermost layer: what it refuses costs nothing below. Refusals are `.permissionDenied`, as a store's own would be.
public final class ReadOnlyStore: ObjectStore {
  private let base: any ObjectStore

  /// `base`, for reading.
  public init(_ base: any ObjectStore) { self.base = base }

  public var identity: StoreIdentity { base.identity }

  public func capabilities() async throws -> StoreCapabilities {
    var capabilities = try await base.capabilities()
    capabilities.ifAbsent = .ignored
    capabilities.ifMatches = .ignored
    capabilities.conditionalDelete = .ignored
    capabilities.serverSideCopy = false
    capabilities.partCopy = false
    capabilities.atomicMove = false
    capabilities.multipart = false
    capabilities.directWrite = false
    capabilities.keepsReplaced = false
    capabilities.updateMetadata = false
    return capabilities
  }

  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { base.list(prefix, options) }

  public func stat(_ key: ObjectKey) async throws -> ObjectInfo { try await base.stat(key) }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    try await base.read(key, options, into: sink)
  }

  public func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload {
    try await base.payload(for: key, ifMatches: ifMatches)
  }

  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    throw refusal(key)
  }

  public func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    throw refusal(key)
  }

  public func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    targets.map { DeleteOutcome(key: $0.key, error: refusal($0.key)) }
  }

  public func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    throw refusal(destination)
  }

  public func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    throw refusal(source)
  }

  public func updateMetadata(
    _ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?
  ) async throws -> WriteReceipt {
    throw refusal(key)
  }

  public func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite { throw refusal(key) }

  public func flush() async throws { try await base.flush() }

  public func close() async { await base.close() }

  private func refusal(_ key: ObjectKey) -> StorageError {
    StorageError(
      .permissionDenied, store: identity.displayName, key: key, message: "the store was opened for reading only: nothing is changed"
    )
  }
}
