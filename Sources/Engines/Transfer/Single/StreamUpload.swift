public import Concurrency
import Files
import Glibc
public import ObjectStorage
import Primitives

/// Writes an object from a descriptor whose length nobody knows: standard input.
///
/// What fits into one part goes in one request. More goes in parts where the store takes parts, each held in memory while it is
/// sent, so that it can be sent again; else through a temporary file.
public struct StreamUpload: Sendable {
  /// How a body of unknown length is taken.
  public struct Options: Hashable, Sendable {
    /// Bytes of a part; two are in memory at once. Services allow 10,000 parts, so this bounds the object. At least 5 MiB.
    public var partSize: Int
    /// The folder for a temporary file.
    public var spoolFolder: [UInt8]

    /// By default parts of 16 MiB, for objects up to 156 GiB.
    public init(partSize: Int = 16 << 20, spoolFolder: [UInt8] = Array("/tmp".utf8)) {
      self.partSize = max(partSize, 5 << 20)
      self.spoolFolder = spoolFolder
    }
  }

  private static let largestPartNumber = 10_000

  private let store: any ObjectStore
  private let key: ObjectKey
  private let options: WriteOptions
  private let streaming: Options
  private let pool: BlockingPool

  /// An upload to `key`.
  /// - Parameter pool: where the reads block, for as long as the writer of a pipe likes: never the shared one, whose few threads the
  ///   stores need. By default a thread of its own.
  public init(
    to store: any ObjectStore, _ key: ObjectKey, _ options: WriteOptions = WriteOptions(), streaming: Options = Options(),
    pool: BlockingPool? = nil
  ) {
    self.store = store
    self.key = key
    self.options = options
    self.streaming = streaming
    self.pool = pool ?? BlockingPool(name: "input", threads: 1)
  }

  /// Reads `descriptor` to its end and writes what it gave. The descriptor stays open.
  /// - Parameters:
  ///   - descriptor: open for reading; from where it stands.
  ///   - moved: told of bytes as they are read.
  /// - Throws: `StorageError`; `TransferError`: `.cannotRead`, `.tooLong`; `CancellationError`. Nothing is visible then.
  public func run(
    readingFrom descriptor: Int32, moved: @escaping @Sendable (Int64) -> Void = { _ in }
  ) async throws -> WriteReceipt {
    if key.isFolder { throw TransferError(.notAFile, "\(key) is a folder: name a file") }
    let first = try await chunk(descriptor, moved)
    if first.count < streaming.partSize { return try await finish(.bytes(first)) }
    if try await store.capabilities().multipart { return try await inParts(first, descriptor, moved) }
    return try await spooled(first, descriptor, moved)
  }

  private func finish(_ payload: Payload) async throws -> WriteReceipt {
    let receipt = try await store.write(payload, to: key, options)
    try await store.flush()
    return receipt
  }

  private func inParts(
    _ first: [UInt8], _ descriptor: Int32, _ moved: @escaping @Sendable (Int64) -> Void
  ) async throws -> WriteReceipt {
    try await store.withMultipartWrite(key, options) { write in
      var part = first
      var number = 1
      while !part.isEmpty {
        guard number <= Self.largestPartNumber else {
          let most = ByteCount(Int64(streaming.partSize) * Int64(Self.largestPartNumber))
          throw TransferError(.tooLong, "the input is longer than \(most): choose a larger part size")
        }
        let (current, currentNumber) = (part, number)
        // The next part is read while this one is sent.
        async let next = chunk(descriptor, moved)
        try await write.write(part: currentNumber, .bytes(current))
        part = try await next
        number += 1
      }
    }
  }

  private func spooled(
    _ first: [UInt8], _ descriptor: Int32, _ moved: @escaping @Sendable (Int64) -> Void
  ) async throws -> WriteReceipt {
    let folder = try ConfinedDirectory.open(streaming.spoolFolder, create: false)
    // Never committed: it goes away with this object.
    let file = try folder.temporaryFile(beside: Array("spool".utf8))
    var length: Int64 = 0
    var bytes = first
    while !bytes.isEmpty {
      let (piece, offset) = (bytes, length)
      try await pool.run { try piece.withUnsafeBytes { try file.write($0, at: offset) } }
      length += Int64(piece.count)
      bytes = try await chunk(descriptor, moved)
    }
    return try await finish(
      Payload(
        length: length,
        makeSource: { range in
          FileSource(file.descriptor, offset: range.lowerBound, length: range.upperBound - range.lowerBound)
        }))
  }

  /// The next part; shorter only at the end.
  private func chunk(_ descriptor: Int32, _ moved: @escaping @Sendable (Int64) -> Void) async throws -> [UInt8] {
    let size = streaming.partSize
    return try await pool.run {
      var failure: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        while count < size {
          let read = Glibc.read(descriptor, buffer.baseAddress! + count, size - count)
          if read < 0, errno == EINTR { continue }
          if read < 0, errno == EAGAIN {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&waiting, 1, -1)
            continue
          }
          if read < 0 { failure = errno }
          if read <= 0 { return }
          count += read
          moved(Int64(read))
        }
      }
      if failure != 0 { throw TransferError(.cannotRead, "the input cannot be read: \(String(cString: strerror(failure)))") }
      return bytes
    }
  }
}
