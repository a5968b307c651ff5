public import ObjectStorage
import Sync
import Primitives

/// Brings one object from one store to another, whole or not at all. A file is an object of the folder it lies in.
public struct ObjectCopy: Sendable {
  private let source: (store: any ObjectStore, key: ObjectKey)
  private let destination: (store: any ObjectStore, key: ObjectKey)
  private let condition: WriteCondition
  private let storageClass: StorageClass?

  /// A copy.
  /// - Parameters:
  ///   - source: the store to read.
  ///   - sourceKey: the object in it.
  ///   - destination: the store to write; may be the same one.
  ///   - destinationKey: the object's name there.
  ///   - condition: when what is at the destination may be replaced.
  ///   - storageClass: nil for the destination's default.
  public init(
    from source: any ObjectStore, _ sourceKey: ObjectKey, to destination: any ObjectStore, _ destinationKey: ObjectKey,
    condition: WriteCondition = .always, storageClass: StorageClass? = nil
  ) {
    self.source = (source, sourceKey)
    self.destination = (destination, destinationKey)
    self.condition = condition
    self.storageClass = storageClass
  }

  /// Copies bytes and metadata.
  /// - Parameter moved: told of bytes as they move; negative when an attempt starts over.
  /// - Throws: `StorageError`, from either store: `.notFound`, `.sourceChanged`, `.preconditionFailed` if the source was changed while
  ///   it was read; `TransferError` `.notAFile` for a folder; `CancellationError`.
  public func run(moved: @escaping @Sendable (Int64) -> Void = { _ in }) async throws -> WriteReceipt {
    for end in [source.key, destination.key] where end.isFolder {
      throw TransferError(.notAFile, "\(end) is a folder: name a file, or use copy for whole folders")
    }
    var options = WriteOptions(condition: condition, storageClass: storageClass)
    let receipt: WriteReceipt
    let takesPushedBytes = try await destination.store.capabilities().directWrite
    if takesPushedBytes, !source.store.identity.isLocal {
      receipt = try await push(options, moved)
    } else {
      let object = try await source.store.payload(for: source.key, ifMatches: nil)
      options.metadata = Self.metadata(of: object.info)
      receipt = try await destination.store.write(
        object.payload.mapSource { CountingSource($0) { moved(Int64($0)) } }, to: destination.key, options)
    }
    try await destination.store.flush()
    return receipt
  }

  /// The bytes go straight from the connection into the file.
  private func push(_ options: WriteOptions, _ moved: @escaping @Sendable (Int64) -> Void) async throws -> WriteReceipt {
    let entry = try await source.store.stat(source.key).entry
    return try await Download(from: source.store, to: destination.store).run(
      entry, to: destination.key, options, hashing: false, metadata: Self.metadata, moved: moved
    ).receipt
  }

  /// What is said of an object, as its copy is to have it.
  public static func metadata(of info: ObjectInfo) -> ObjectMetadata {
    ObjectMetadata(
      modified: info.entry.modified ?? info.entry.stored, mode: info.entry.mode, contentType: info.contentType,
      user: info.userMetadata, headers: info.headers)
  }
}
