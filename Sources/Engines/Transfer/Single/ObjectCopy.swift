public import ObjectStorage
import Sync
import Primitives

/// Brings one object from one store to another, whole or not at all. A file is an object of the folder it lies in.
public struct ObjectCopy: Sendable {
  /// What is copied: an object as it is, or a state of it that somebody else found.
  private enum Source: Sendable {
    case object(any ObjectStore, ObjectKey)
    case found(ObjectPayload)
  }

  private let source: Source
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
    self.source = .object(source, sourceKey)
    self.destination = (destination, destinationKey)
    self.condition = condition
    self.storageClass = storageClass
  }

  /// A copy of a state that its service kept.
  public init(
    of found: ObjectPayload, to destination: any ObjectStore, _ destinationKey: ObjectKey, condition: WriteCondition = .always,
    storageClass: StorageClass? = nil
  ) {
    source = .found(found)
    self.destination = (destination, destinationKey)
    self.condition = condition
    self.storageClass = storageClass
  }

  /// Copies bytes and metadata.
  /// - Parameter moved: told of bytes as they move; negative when an attempt starts over.
  /// - Throws: `StorageError`, from either store: `.notFound`, `.sourceChanged`, `.preconditionFailed` if the source was changed while
  ///   it was read; `TransferError` `.notAFile` for a folder; `CancellationError`.
  public func run(moved: @escaping @Sendable (Int64) -> Void = { _ in }) async throws -> WriteReceipt {
    var ends = [destination.key]
    if case .object(_, let key) = source { ends.insert(key, at: 0) }
    for end in ends where end.isFolder {
      throw TransferError(.notAFile, "\(end) is a folder: name a file, or use copy for whole folders")
    }
    let options = WriteOptions(condition: condition, storageClass: storageClass)
    let receipt: WriteReceipt
    switch source {
    case .found(let object): receipt = try await write(object, options, moved)
    case .object(let store, let key):
      if try await destination.store.capabilities().directWrite, !store.identity.isLocal {
        receipt = try await push(store, key, options, moved)
      } else {
        receipt = try await write(try await store.payload(for: key, ifMatches: nil), options, moved)
      }
    }
    try await destination.store.flush()
    return receipt
  }

  private func write(
    _ object: ObjectPayload, _ options: WriteOptions, _ moved: @escaping @Sendable (Int64) -> Void
  ) async throws -> WriteReceipt {
    var options = options
    options.metadata = Self.metadata(of: object.info)
    return try await destination.store.write(
      object.payload.mapSource { CountingSource($0) { moved(Int64($0)) } }, to: destination.key, options)
  }

  /// The bytes go straight from the connection into the file.
  private func push(
    _ store: any ObjectStore, _ key: ObjectKey, _ options: WriteOptions, _ moved: @escaping @Sendable (Int64) -> Void
  ) async throws -> WriteReceipt {
    let entry = try await store.stat(key).entry
    return try await Download(from: store, to: destination.store).run(
      entry, to: destination.key, options, hashing: false, metadata: Self.metadata, moved: moved
    ).receipt
  }

  private static func metadata(of info: ObjectInfo) -> ObjectMetadata {
    ObjectMetadata(
      modified: info.entry.modified ?? info.entry.stored, mode: info.entry.mode, contentType: info.contentType,
      user: info.userMetadata, headers: info.headers)
  }
}
