import Crypto
public import ObjectStorage
import Primitives
import StoreLayers

/// Brings an object straight from a connection into a store that takes pushed bytes.
///
/// What an interrupted download of the same version had brought is not fetched again: the rest is, and then the whole is read once and
/// compared with the object's own hash, where the store knows one.
public struct Download: Sendable {
  private let source: any ObjectStore
  private let destination: any ObjectStore

  /// Downloads from `source` into `destination`.
  public init(from source: any ObjectStore, to destination: any ObjectStore) {
    (self.source, self.destination) = (source, destination)
  }

  /// What came.
  public struct Result: Sendable {
    /// The object, as the read found it.
    public let info: ObjectInfo
    /// What the destination has now.
    public let receipt: WriteReceipt
    /// SHA-256 of the content, if it was computed on the way.
    public let sha256: [UInt8]?
  }

  /// Carries it out.
  /// - Parameters:
  ///   - entry: what to fetch; it must still be in that state.
  ///   - key: where to.
  ///   - hashing: compute the SHA-256 on the way, which costs nothing but time.
  ///   - metadata: what to keep beside the bytes, once the object is known.
  ///   - moved: told of bytes as they move; negative when an attempt starts over.
  /// - Throws: `StorageError`, from either store: `.preconditionFailed` if the object was changed meanwhile; `CancellationError`. What
  ///   has come by then is kept, if the same may be asked for again.
  public func run(
    _ entry: ObjectEntry, to key: ObjectKey, _ options: WriteOptions, hashing: Bool,
    metadata: @Sendable (ObjectInfo) -> ObjectMetadata, moved: @escaping @Sendable (Int64) -> Void
  ) async throws -> Result {
    var options = options
    if options.contentID == nil, !entry.version.bytes.isEmpty {
      options.contentID = Array(source.identity.stableID.utf8) + [0] + entry.key.bytes + [0] + entry.version.bytes
    }
    let write = try await destination.openWrite(key, length: entry.size, options)
    do {
      if write.taken > 0 { return try await goOn(with: write, entry, metadata, moved) }
      let sink = TapSink(write.sink, hashing: hashing ? .sha256 : nil, count: moved)
      let read = ReadOptions(ifMatches: entry.version, expectedSize: entry.size)
      let info = try await source.read(entry.key, read, into: sink).info
      let sha256 = sink.digest(.sha256)
      return Result(info: info, receipt: try await write.commit(metadata: metadata(info)), sha256: sha256)
    } catch {
      if Self.isPassing(error) { await write.suspend() } else { await write.abort() }
      throw error
    }
  }

  private func goOn(
    with write: any DirectWrite, _ entry: ObjectEntry, _ metadata: (ObjectInfo) -> ObjectMetadata,
    _ moved: @escaping @Sendable (Int64) -> Void
  ) async throws -> Result {
    let info = try await source.stat(entry.key)
    guard info.entry.version == entry.version else {
      throw StorageError(
        .preconditionFailed, store: source.identity.displayName, key: entry.key, message: "it was changed meanwhile")
    }
    moved(write.taken)
    if let rest = ByteRange(start: write.taken, end: entry.size) {
      let options = ReadOptions(range: rest, ifMatches: entry.version, expectedSize: entry.size)
      _ = try await source.read(entry.key, options, into: TapSink(write.sink, hashing: nil, count: moved))
    }
    // Nobody has seen the whole go by.
    let known = info.hashes.compactMap { hash in hash.method.algorithm.map { ($0, hash) } }.first
    let check = HashSink(known.map { [$0.0, .sha256] } ?? [.sha256])
    try await write.replay(into: check)
    let digests = check.finish()
    if let (algorithm, hash) = known, digests[algorithm] != hash.bytes {
      moved(-entry.size)
      throw StorageError(
        .corrupted, store: source.identity.displayName, key: entry.key,
        message: "what an interrupted transfer had left here does not belong to it: run again, and it is fetched whole")
    }
    return Result(info: info, receipt: try await write.commit(metadata: metadata(info)), sha256: digests[.sha256])
  }

  /// Whether trying again may end otherwise, so that what has come is worth keeping.
  private static func isPassing(_ error: any Error) -> Bool {
    if error is CancellationError { return true }
    guard let error = error as? StorageError else { return false }
    let spoiled: [StorageError.Code] = [.corrupted, .sourceChanged, .quotaExceeded]
    return error.code == .cancelled || (error.retry != .never && !spoiled.contains(error.code))
  }
}
