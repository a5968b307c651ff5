import Concurrency
import Crypto
import ObjectStorage
import Primitives

/// The bytes of one request, hashed before they are sent: in memory, or to be read a second time.
struct PreparedBody: Sendable {
  let body: S3Request.Body
  let length: Int64
  let digests: Digests
  /// What was taken from the memory budget; given back when the request is over.
  let held: Int

  var sha256: [UInt8] { digests[.sha256] ?? [] }
}

/// Reads and hashes the bytes of requests, within a budget of memory.
struct BodyPreparer: Sendable {
  /// Up to this size bytes are read once and kept; larger ones are read again when they are sent, from the page cache as a rule.
  static let memoryLimit: Int64 = 8 << 20
  /// Above this size reading and hashing would hold up the other requests of an event loop.
  private static let inlineLimit: Int64 = 256 << 10
  /// How many bytes are hashed together at most: they should still be in the page cache when they are sent.
  private static let readAhead: Int64 = 256 << 20

  let memory: AsyncSemaphore
  let store: String

  /// Reads `range` of `payload` once.
  func prepare(_ payload: Payload, _ range: Range<Int64>, hashes: Set<HashAlgorithm>, key: ObjectKey) async throws -> PreparedBody {
    let hashes = hashes.union([.sha256])
    let length = Int64(range.count)
    if length == 0 {
      try await expectEnd(payload, range, key: key)
      let digests = HashStream(hashes).finish()
      return PreparedBody(body: .bytes([], sha256: digests[.sha256]), length: 0, digests: digests, held: 0)
    }
    // What comes over a network is fetched once, and kept.
    if length <= Self.memoryLimit || !payload.isAtHand { return try await load(payload, range, hashes: hashes, key: key) }
    guard let digests = try await hash(payload, range, hashes: hashes, key: key) else {
      return try await load(payload, range, hashes: hashes, key: key)
    }
    return secondReading(of: payload, range, digests: digests, key: key)
  }

  /// The body whose bytes were hashed before, its CRC32C among the digests: they are read again as they are sent, and compared.
  func secondReading(of payload: Payload, _ range: Range<Int64>, digests: Digests, key: ObjectKey) -> PreparedBody {
    let length = Int64(range.count)
    let expected = digests[.crc32c] ?? []
    return PreparedBody(
      body: .stream(
        length: length, sha256: digests[.sha256] ?? [],
        makeSource: { [store] in
          CheckedSource(try payload.makeSource(range), length: length, crc32c: expected, payload: payload, key: key, store: store)
        }),
      length: length, digests: digests, held: 0)
  }

  /// How many parts of this size are best hashed together. MD5 is what takes the time, and many at once take little more than one.
  static func widthTogether(_ hashes: Set<HashAlgorithm>, partSize: Int64) -> Int {
    guard hashes.contains(.md5), partSize > memoryLimit else { return 1 }
    return Int(min(Int64(HashLanes.width), max(1, readAhead / partSize)))
  }

  /// Hashes several ranges of one length in one go, ahead of their being sent; nil if the source has to be waited for.
  func hash(
    _ payload: Payload, together ranges: [Range<Int64>], hashes: Set<HashAlgorithm>, key: ObjectKey
  ) async throws -> [Digests]? {
    let hashes = hashes.union([.sha256, .crc32c])
    return try await BlockingPool.shared.run { [self] in
      let sources = try ranges.map { try payload.makeSource($0) }
      let lanes = HashLanes(hashes, count: ranges.count)
      let chunk = 64 << 10
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk * ranges.count, alignment: 64)
      defer { buffer.deallocate() }
      var left = ranges[0].count
      while left > 0 {
        let amount = min(left, chunk)
        var chunks: [UnsafeRawBufferPointer] = []
        for (index, source) in sources.enumerated() {
          let room = UnsafeMutableRawBufferPointer(rebasing: buffer[index * chunk..<index * chunk + amount])
          guard try fill(room, from: source, key: key) else { return nil }
          chunks.append(UnsafeRawBufferPointer(room))
        }
        lanes.update(chunks)
        left -= amount
      }
      for source in sources { try checkEnd(source, key: key) }
      return lanes.finish()
    }
  }

  /// Whether a source filled all of the buffer; false if it has to be waited for.
  private func fill(_ buffer: UnsafeMutableRawBufferPointer, from source: any ByteSource, key: ObjectKey) throws -> Bool {
    var filled = 0
    while filled < buffer.count {
      switch try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])) {
      case .bytes(let read): filled += read
      case .end: throw ended(key)
      case .pause: return false
      }
    }
    return true
  }

  /// Gives back what `prepare` took.
  func release(_ body: PreparedBody) { if body.held > 0 { memory.release(body.held) } }

  private func load(_ payload: Payload, _ range: Range<Int64>, hashes: Set<HashAlgorithm>, key: ObjectKey) async throws
    -> PreparedBody
  {
    let amount = range.count
    try await memory.acquire(amount)
    do {
      let source = try payload.makeSource(range)
      let bytes: [UInt8]
      let digests: Digests
      if amount <= Self.inlineLimit || !payload.isAtHand {
        bytes = try await collect(source, count: amount, key: key)
        digests =
          amount <= Self.inlineLimit
          ? Self.digests(bytes, hashes) : try await BlockingPool.shared.run { Self.digests(bytes, hashes) }
      } else {
        let read = try await BlockingPool.shared.run { [self] in try readAll(source, count: amount, key: key) }
        bytes = if let read { read } else { try await collect(try payload.makeSource(range), count: amount, key: key) }
        digests = try await BlockingPool.shared.run { Self.digests(bytes, hashes) }
      }
      return PreparedBody(body: .bytes(bytes, sha256: digests[.sha256]), length: Int64(amount), digests: digests, held: amount)
    } catch {
      memory.release(amount)
      throw error
    }
  }

  private static func digests(_ bytes: [UInt8], _ hashes: Set<HashAlgorithm>) -> Digests {
    let stream = HashStream(hashes)
    stream.update(bytes)
    return stream.finish()
  }

  /// All bytes of a source that never pauses; nil if it does.
  private func readAll(_ source: any ByteSource, count: Int, key: ObjectKey) throws -> [UInt8]? {
    var paused = false
    let bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        switch try source.read(into: rest) {
        case .bytes(let read): filled += read
        case .end: throw ended(key)
        case .pause:
          paused = true
          return
        }
      }
    }
    if paused { return nil }
    try checkEnd(source, key: key)
    return bytes
  }

  /// All bytes of a source that may have to be waited for.
  private func collect(_ source: any ByteSource, count: Int, key: ObjectKey) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    var isOver = false
    while !isOver {
      var mustWait = false
      // One byte more than announced, to see the end.
      try withUnsafeTemporaryAllocation(byteCount: min(max(count - bytes.count, 1), 64 << 10), alignment: 16) { buffer in
        while true {
          switch try source.read(into: buffer) {
          case .bytes(let read):
            guard bytes.count + read <= count else { throw tooLong(key) }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<read]))
          case .end:
            isOver = true
            return
          case .pause:
            mustWait = true
            return
          }
        }
      }
      if mustWait { try await waitFor(source) }
    }
    guard bytes.count == count else { throw ended(key) }
    return bytes
  }

  /// The hashes of a source that never pauses; nil if it does.
  private func hash(_ payload: Payload, _ range: Range<Int64>, hashes: Set<HashAlgorithm>, key: ObjectKey) async throws -> Digests?
  {
    let hashes = hashes.union([.crc32c])
    return try await BlockingPool.shared.run { [self] in
      // Not yet sent: who counts what moves sees the second reading.
      let source = try payload.unseen.makeSource(range)
      let stream = HashStream(hashes)
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
      defer { buffer.deallocate() }
      var left = range.count
      while left > 0 {
        switch try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)])) {
        case .bytes(let read):
          stream.update(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
          left -= read
        case .end: throw ended(key)
        case .pause: return nil
        }
      }
      try checkEnd(source, key: key)
      return stream.finish()
    }
  }

  private func expectEnd(_ payload: Payload, _ range: Range<Int64>, key: ObjectKey) async throws {
    _ = try await collect(payload.makeSource(range), count: 0, key: key)
  }

  private func checkEnd(_ source: any ByteSource, key: ObjectKey) throws {
    try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { buffer in
      if case .bytes = try source.read(into: buffer) { throw tooLong(key) }
    }
  }

  private func ended(_ key: ObjectKey) -> StorageError {
    StorageError(.sourceChanged, store: store, key: key, message: "the file became shorter while it was read")
  }

  private func tooLong(_ key: ObjectKey) -> StorageError {
    StorageError(.sourceChanged, store: store, key: key, message: "the file became longer while it was read")
  }
}

/// Waits until `source` has something.
private func waitFor(_ source: any ByteSource) async throws {
  let shot = OneShot<Void>()
  source.whenReady { shot.settle(.success(())) }
  try await shot.wait()
}
