public import Crypto
public import Files
public import HTTPServer
public import Primitives
import Concurrency
import Glibc

/// The content of what an emulator holds: files that never change, each under a name of its own.
///
/// Nothing is forced to the disk: an emulator's data survive its process, not a power cut. Which blobs are still needed is known by
/// the emulator's table alone; those that a crash left without a row stay.
public final class BlobFolder: Sendable {
  let folder: ConfinedDirectory
  /// Set where the folder is private: it goes with this object.
  private let privatePath: [UInt8]?
  private let isClosed = Lock(false)

  /// Opens the folder at `path`, made if it is missing; nil: a private temporary one, which `close` removes.
  /// - Throws: `FileError`.
  public init(path: [UInt8]?) throws {
    if let path {
      privatePath = nil
      folder = try ConfinedDirectory.open(path, create: true)
      try folder.removeStaleTemporaries(olderThan: .zero, now: .now())
    } else {
      let path = try Self.makePrivateFolder()
      privatePath = path
      folder = try ConfinedDirectory.open(path, create: false)
    }
  }

  deinit { close() }

  private static func makePrivateFolder() throws -> [UInt8] {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/isobar-emulator-XXXXXX".utf8CString)
    guard template.withUnsafeMutableBufferPointer({ mkdtemp($0.baseAddress!) }) != nil else {
      throw FileError(errno: errno, operation: .createFolder, path: Array(parent.utf8))
    }
    return template.dropLast().map { UInt8(bitPattern: $0) }
  }

  /// Writes what is left of a request's body to a new blob, as it comes.
  /// - Parameters:
  ///   - limit: bytes; a longer body is refused, where its length is known before the first byte of it is asked for.
  ///   - hashes: what is computed on the way.
  ///   - observer: sees every byte, too; for a hash that `HashAlgorithm` does not know. It must not pause.
  /// - Throws: `BodyTooLong`, `FileError` (`.noSpace`…), and as `HTTPRequestBody.read`. Nothing is left behind then.
  public func receive(
    _ body: any HTTPRequestBody, limit: Int64 = .max, hashes: Set<HashAlgorithm> = [], observer: (any ByteSink)? = nil
  ) async throws -> Blob {
    if let length = body.length, length > limit { throw BodyTooLong(limit: Int(limit)) }
    let file = try newFile()
    let sink = BlobSink(file, limit: limit, hashes: hashes, observer: observer)
    try await body.read(into: sink)
    return try commit(file, sink.finish())
  }

  /// Writes a new blob from memory.
  /// - Throws: `FileError`.
  public func store(_ bytes: [UInt8], hashes: Set<HashAlgorithm> = []) throws -> Blob {
    let file = try newFile()
    let stream = HashStream(hashes)
    stream.update(bytes)
    try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    return try commit(file, stream.finish())
  }

  /// Makes a new blob of parts of others, in order; inside the kernel where nothing is hashed. Done on the blocking pool.
  /// - Throws: `FileError`; `.notFound` if one of them was removed, `.io` if one is shorter than it was made.
  public func concatenate(_ parts: [(blob: Blob, range: Range<Int64>)], hashes: Set<HashAlgorithm> = []) async throws -> Blob {
    let parts = try parts.map { (file: try open($0.blob), range: $0.range) }
    return try await BlockingPool.shared.run { [self] in
      let file = try newFile()
      var end: Int64 = 0
      for part in parts {
        let count = try file.descriptor.copy(from: part.file, range: part.range, to: end)
        // A file that somebody made shorter.
        guard count == Int64(part.range.count) else { throw FileError(errno: EIO, operation: .read, path: []) }
        end += count
      }
      return try commit(file, Self.digests(of: file.descriptor, size: end, hashes))
    }
  }

  private static func digests(of file: SharedDescriptor, size: Int64, _ hashes: Set<HashAlgorithm>) throws -> Digests {
    guard !hashes.isEmpty else { return Digests(byteCount: size) }
    let stream = HashStream(hashes)
    let source = FileSource(file, offset: 0, length: size)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    defer { buffer.deallocate() }
    while case .bytes(let count) = try source.read(into: buffer) {
      stream.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    return stream.finish()
  }

  /// Opens a blob for reading. It can be read to its end even if it is removed meanwhile.
  /// - Throws: `FileError`; `.notFound` if it was removed.
  public func open(_ blob: Blob) throws -> SharedDescriptor { try folder.openForReading(Array(blob.id.utf8)) }

  /// Removes a blob; one that is gone is no error, since nothing refers to it any more.
  public func remove(_ blob: Blob) { try? folder.remove(Array(blob.id.utf8)) }

  /// Removes a private folder with all that is in it. Harmless when closed.
  public func close() {
    guard let privatePath, isClosed.withLock({ !exchange(&$0, with: true) }) else { return }
    let walk = TreeWalk(root: folder)
    while let entries = try? walk.next(max: 1024), !entries.isEmpty {
      for entry in entries { try? folder.remove(entry.path) }
    }
    (privatePath + [0]).withUnsafeBytes { _ = rmdir($0.bindMemory(to: CChar.self).baseAddress!) }
  }

  private func newFile() throws -> TemporaryFile { try folder.temporaryFile(beside: Array("blob".utf8)) }

  private func commit(_ file: TemporaryFile, _ digests: Digests) throws -> Blob {
    let blob = Blob(id: Hex.encode(Random.bytes(16)), digests: digests)
    try file.commit(to: Array(blob.id.utf8), mode: .ifAbsent, sync: .none)
    return blob
  }
}
