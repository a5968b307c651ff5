import Compression
import Concurrency
import Files
import Glibc
public import ObjectStorage
import Primitives

extension CompressedStore {
  /// The most parts of an object.
  private static let mostParts: Int64 = 9_900
  /// Parts of one object under way at once.
  private static let partsUnderWay = 2
  /// What is longer will hardly fit into one part.
  private static let largeLength: Int64 = 64 << 20
  /// How much is passed on at once to a store that takes pushed bytes, or to a temporary file.
  private static let stretch = 1 << 20

  /// Chooses by what comes out: what fits into one part is written in one request. More is pushed where the store takes pushed bytes;
  /// else sent in parts, and the payload is read twice, because a hash that says what the parts are goes before them (0.6 s a GiB);
  /// else made in a temporary file (so over a store that encrypts).
  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    let capabilities = try await base.capabilities()
    try requireMetadata(capabilities)
    var options = options
    options.metadata = options.metadata.marked(nil)
    marks.forget(key)
    if key.isFolder || payload.length <= 0 { return try await base.write(payload, to: key, options) }
    let compressor = compressors.take()
    defer { compressors.give(compressor) }
    if self.options.choice == .whatShrinks, payload.length > Compressibility.judgedByResult,
      !(try await Compressibility.isLikely(payload, key, compressor, fail: failing(key)))
    {
      return try await base.write(payload, to: key, options)
    }
    let write = Write(payload: payload, key: key, options: options, compressor: compressor)
    return try await memory.withPermit(memoryNeeded(payload.length)) { try await compress(write, capabilities) }
  }

  /// One write.
  private struct Write {
    let payload: Payload
    let key: ObjectKey
    let options: WriteOptions
    let compressor: Compressor
  }

  /// A frame of content, what comes out of it, and parts that are sent.
  private func memoryNeeded(_ length: Int64) -> Int {
    let most = 2 * options.frameLength + (1 + Self.partsUnderWay) * partLength(length)
    return Int(2 * min(length, Int64(most / 2)))
  }

  private func partLength(_ length: Int64) -> Int { max(options.partLength, Int(length / Self.mostParts) + 1) }

  private func failing(_ key: ObjectKey) -> @Sendable (StorageError.Code, String) -> StorageError {
    { [self] in failure($0, key, $1) }
  }

  private func begin(_ write: Write, unseen: Bool) throws -> (FrameWriter, BodyReader) {
    let source = unseen ? try write.payload.unseen.makeSource() : try write.payload.makeSource()
    return (
      FrameWriter(write.compressor, frameLength: options.frameLength),
      BodyReader(source, length: write.payload.length, fail: failing(write.key))
    )
  }

  private func compress(_ write: Write, _ capabilities: StoreCapabilities) async throws -> WriteReceipt {
    // Of two readings one is seen by who counts what moves: of what is large the second, which goes as fast as it is sent.
    let isReadTwice = capabilities.multipart && !capabilities.directWrite
    let isUnseen = isReadTwice && write.payload.length > Self.largeLength
    let (writer, reader) = try begin(write, unseen: isUnseen)
    let limit = options.partLength
    let outcome = try await reader.read { bytes in
      try writer.write(bytes)
      return writer.output.count > limit
    }
    if outcome == .ended {
      let mark = try await BlockingPool.shared.run { try writer.finish() }
      if writer.output.count <= limit { return try await inOneRequest(write, writer, mark) }
      // The last frame went over it: from here on it is one with what is longer.
      if capabilities.directWrite { return try await pushed(write, writer, reader, mark) }
      if capabilities.multipart { return try await inParts(write, mark, unseen: !isUnseen) }
      return try await spooled(write, writer, reader, mark)
    }
    if capabilities.directWrite { return try await pushed(write, writer, reader, nil) }
    if capabilities.multipart {
      writer.onlyHash()
      _ = try await reader.read { bytes in
        try writer.write(bytes)
        return false
      }
      return try await inParts(write, try writer.finish(), unseen: !isUnseen)
    }
    return try await spooled(write, writer, reader, nil)
  }

  // MARK: ways

  private func inOneRequest(_ write: Write, _ writer: FrameWriter, _ mark: CompressionMark) async throws -> WriteReceipt {
    var options = write.options
    let payload = write.payload
    if self.options.choice == .whatShrinks,
      !Compressibility.isWorthwhile(stored: Int64(writer.output.count), content: payload.length)
    {
      guard let content = writer.onlyFrame else { return try await base.write(payload, to: write.key, options) }
      return try await base.write(Self.bytes(content, of: payload), to: write.key, options)
    }
    options.metadata = options.metadata.marked(mark)
    return receipt(try await base.write(Self.bytes(writer.take(), of: payload), to: write.key, options), mark)
  }

  /// Bytes in memory that were made of a payload, and are good as long as it is unchanged.
  private static func bytes(_ bytes: [UInt8], of payload: Payload) -> Payload {
    Payload(
      length: Int64(bytes.count), isAtHand: true,
      makeSource: { range in MemorySource(bytes[Int(range.lowerBound)..<Int(range.upperBound)]) },
      verifyUnchanged: { try payload.verifyUnchanged() })
  }

  private func pushed(
    _ write: Write, _ writer: FrameWriter, _ reader: BodyReader, _ mark: CompressionMark?
  ) async throws -> WriteReceipt {
    let target = try await base.openWrite(write.key, length: nil, write.options)
    do {
      let mark = try await drain(writer, reader, mark) { bytes in try await Self.push(bytes, into: target.sink) }
      try write.payload.verifyUnchanged()
      return receipt(try await target.commit(metadata: write.options.metadata.marked(mark)), mark)
    } catch {
      await target.abort()
      throw error
    }
  }

  private func inParts(_ write: Write, _ mark: CompressionMark, unseen: Bool) async throws -> WriteReceipt {
    var options = write.options
    options.metadata = options.metadata.marked(mark)
    let length = partLength(write.payload.length)
    let (writer, reader) = try begin(write, unseen: unseen)
    let receipt = try await base.withMultipartWrite(write.key, options) { upload in
      try await withThrowingTaskGroup(of: Void.self) { group in
        var (number, underWay) = (0, 0)
        func send(_ part: [UInt8]) async throws {
          if underWay == Self.partsUnderWay {
            try await group.next()
            underWay -= 1
          }
          number += 1
          underWay += 1
          group.addTask { [number] in try await upload.write(part: number, .bytes(part)) }
        }
        while try await reader.read({ bytes in
          try writer.write(bytes)
          return writer.output.count >= length
        }) == .more {
          while writer.output.count >= length { try await send(writer.take(length)) }
        }
        let second = try await BlockingPool.shared.run { try writer.finish() }
        guard second == mark else {
          throw self.failure(.sourceChanged, write.key, "the source gave other bytes when it was read again")
        }
        while !writer.output.isEmpty { try await send(writer.take(length)) }
        try await group.waitForAll()
      }
      try write.payload.verifyUnchanged()
    }
    return self.receipt(receipt, mark)
  }

  private func spooled(
    _ write: Write, _ writer: FrameWriter, _ reader: BodyReader, _ mark: CompressionMark?
  ) async throws -> WriteReceipt {
    let file = try spoolFile(write.key)
    let length = Lock<Int64>(0)
    let mark = try await drain(writer, reader, mark) { bytes in
      try await BlockingPool.shared.run {
        let offset = length.withLock { $0 }
        try self.mapping(write.key) { try bytes.withUnsafeBytes { try file.write($0, at: offset) } }
        length.withLock { $0 += Int64(bytes.count) }
      }
    }
    var options = write.options
    options.metadata = options.metadata.marked(mark)
    let payload = write.payload
    let stored = Payload(
      length: length.withLock { $0 }, isAtHand: true,
      makeSource: { range in
        SpoolSource(FileSource(file, offset: range.lowerBound, length: range.upperBound - range.lowerBound)) { [self] in
          storageError($0, write.key)
        }
      },
      verifyUnchanged: { try payload.verifyUnchanged() })
    return receipt(try await base.write(stored, to: write.key, options), mark)
  }

  /// A file without a name that nobody else can read: it goes away with its descriptor.
  private func spoolFile(_ key: ObjectKey) throws -> SharedDescriptor {
    var path: [UInt8]
    var descriptor: Int32
    repeat {
      let name = "/isobar-" + Hex.encode(withUnsafeBytes(of: UInt64.random(in: 0...UInt64.max)) { Array($0) })
      path = options.spoolFolder + Array(name.utf8) + [0]
      // A program that another thread starts at this moment does not get it.
      descriptor = path.withUnsafeBytes {
        open($0.baseAddress!.assumingMemoryBound(to: CChar.self), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
      }
    } while descriptor < 0 && errno == EEXIST
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      throw failure(
        .noSpace, key, "there is no place for a temporary file in “\(DisplayText.escape(options.spoolFolder))”: \(reason)")
    }
    path.withUnsafeBytes { _ = unlink($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
    return SharedDescriptor(Descriptor(owning: descriptor), path: options.spoolFolder)
  }

  private func mapping<Result>(_ key: ObjectKey, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch { throw storageError(error, key) }
  }

  /// An error of the temporary file as the store's; others are left alone.
  private func storageError(_ error: any Error, _ key: ObjectKey) -> any Error {
    guard let error = error as? FileError else { return error }
    let folder = DisplayText.escape(options.spoolFolder)
    var failure =
      error.code == .noSpace
      ? failure(.noSpace, key, "“\(folder)” has no space left for its temporary file; free some there, or set TMPDIR")
      : failure(.unavailable, key, "its temporary file in “\(folder)” cannot be used: \(error)")
    failure.cause = error
    return failure
  }

  /// Gives everything that comes out to `taker`.
  /// - Parameter mark: the content's, if the writer has finished already.
  private func drain(
    _ writer: FrameWriter, _ reader: BodyReader, _ mark: CompressionMark?, _ taker: ([UInt8]) async throws -> Void
  ) async throws -> CompressionMark {
    if let mark {
      try await taker(writer.take())
      return mark
    }
    var outcome = BodyReader.Outcome.more
    while outcome == .more {
      try await taker(writer.take())
      outcome = try await reader.read { bytes in
        try writer.write(bytes)
        return writer.output.count >= Self.stretch
      }
    }
    let mark = try await BlockingPool.shared.run { try writer.finish() }
    try await taker(writer.take())
    return mark
  }

  /// Gives all bytes to a sink, waiting where it pauses.
  static func push(_ bytes: [UInt8], into sink: any ByteSink) async throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      try Task.checkCancellation()
      let piece = rest.prefix(256 << 10)
      if try piece.withUnsafeBytes({ try sink.write($0) }) == .taken {
        rest = rest.dropFirst(piece.count)
        continue
      }
      let ready = OneShot<Void>()
      sink.whenReady { ready.settle(.success(())) }
      try await ready.wait()
    }
  }
}

/// Bytes of a temporary file, whose errors are the store's.
private final class SpoolSource: ByteSource {
  private let base: FileSource
  private let failure: @Sendable (any Error) -> any Error

  init(_ base: FileSource, failure: @escaping @Sendable (any Error) -> any Error) { (self.base, self.failure) = (base, failure) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    do { return try base.read(into: buffer) } catch { throw failure(error) }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }
}
