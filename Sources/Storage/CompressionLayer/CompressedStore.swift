import Compression
import Concurrency
public import ObjectStorage
import Primitives

/// A store in which files are kept compressed. Seen through it they are as they were: sizes, hashes and ranges are those of the content.
///
/// A compressed object is a row of plain zstd frames, so that `zstd -d` makes the file of it. Its user metadata says that it is
/// compressed, and the length and SHA-256 of the content; objects without that are read as they are, so that a store may hold both.
/// What does not shrink is stored as it is. What the store inside must have is user metadata.
///
/// Listings know only how much is stored (`ObjectEntry.knowsContentSize`). Each read asks for the object's description first, unless
/// `stat` was asked a moment ago; a read of a range of a large object also reads the table of its frames. Whole reads are checked
/// against length and hash.
///
/// Writes compress on `BlockingPool.shared`. All writes together hold at most about 64 MiB; others wait. The exception are objects
/// above 78 GiB in stores that take parts, whose parts have to grow.
public final class CompressedStore: ObjectStore {
  /// The store inside.
  public let base: any ObjectStore
  let options: CompressionOptions
  let compressors: ContextPool<Compressor>
  let decompressors = ContextPool { Decompressor(DecompressionLimits(outputLength: 0)) }
  let marks = MarkMemory()
  /// Bytes that writes may hold.
  let memory = AsyncSemaphore(limit: 64 << 20)

  /// What is compressed beyond this is too slow for a thread that also moves other bodies.
  private static let highestPushedLevel = 6

  /// A store around `base`.
  public init(_ base: any ObjectStore, options: CompressionOptions = CompressionOptions()) {
    self.base = base
    self.options = options
    compressors = ContextPool { Compressor(options.level) }
  }

  public var identity: StoreIdentity {
    let inside = base.identity
    return StoreIdentity(
      kind: inside.kind, displayName: inside.displayName, stableID: "zstd+\(inside.stableID)", listsFolders: inside.listsFolders,
      isLocal: inside.isLocal, listsSizes: false, names: inside.names)
  }

  /// - Throws: `.unsupported` if the store inside keeps no user metadata.
  public func capabilities() async throws -> StoreCapabilities {
    var capabilities = try await base.capabilities()
    try requireMetadata(capabilities)
    // Nobody knows the hash of the whole when the first part comes, nor the length of any part once it is compressed.
    capabilities.multipart = false
    capabilities.partCopy = false
    capabilities.directWrite = capabilities.directWrite && options.level.value <= Self.highestPushedLevel
    return capabilities
  }

  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    CompressedListing(base.list(prefix, options))
  }

  public func stat(_ key: ObjectKey) async throws -> ObjectInfo { try described(try await base.stat(key)).info }

  public func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] { try await base.delete(targets) }

  /// - Throws: `.unsupported`; `write` sends large objects in parts by itself.
  public func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    throw StorageError.unsupported("take parts of what it compresses", store: identity.displayName)
  }

  public func flush() async throws { try await base.flush() }

  public func close() async { await base.close() }

  // MARK: shared

  /// An object as it is seen here, with the mark it carries.
  struct Described {
    var info: ObjectInfo
    /// Nil if it is not compressed.
    let mark: CompressionMark?
    /// How long it is in the store inside.
    let storedLength: Int64
  }

  /// - Throws: for a mark that makes no sense.
  func described(_ info: ObjectInfo) throws -> Described {
    let key = info.entry.key
    do {
      let mark = try key.isFolder ? nil : CompressionMark(info.userMetadata)
      marks.remember(mark, of: info.entry)
      var seen = info
      seen.userMetadata = CompressionMark.removed(from: info.userMetadata)
      if let mark {
        seen.entry.size = mark.length
        seen.entry.hash = mark.hash
        seen.hashes = [mark.hash]
      }
      return Described(info: seen, mark: mark, storedLength: info.entry.size)
    } catch { throw failure(error.code, key, error.message) }
  }

  func requireMetadata(_ capabilities: StoreCapabilities) throws {
    if capabilities.userMetadata { return }
    throw StorageError(
      .unsupported, store: identity.displayName,
      message:
        "files cannot be kept compressed here: this store keeps no metadata of the user's, which has to say what is compressed")
  }

  func failure(_ code: StorageError.Code, _ key: ObjectKey, _ message: String) -> StorageError {
    StorageError(code, store: identity.displayName, key: key, message: message)
  }
}

/// Pages whose entries say that sizes are those of what is stored.
private final class CompressedListing: Listing {
  private let base: any Listing

  init(_ base: any Listing) { self.base = base }

  func next() async throws -> ListPage? {
    guard var page = try await base.next() else { return nil }
    for index in page.entries.indices where !page.entries[index].key.isFolder {
      page.entries[index].knowsContentSize = false
      page.entries[index].hash = nil
    }
    return page
  }
}
