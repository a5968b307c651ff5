public import Concurrency
public import Crypto
public import ObjectStorage
import Primitives

/// Reads the bytes of a payload one piece after the other, and hashes them as they pass. Used by one caller at a time.
///
/// Where the payload knows a hash of all its bytes, they are compared with it: what was read in ranges over a network was checked by nobody.
public final class PayloadReader: Sendable {
  private let source: any ByteSource
  private let hashes: HashStream
  /// Of those that the payload knows, the one that costs least.
  private let known: (algorithm: HashAlgorithm, value: [UInt8])?
  private let key: ObjectKey
  private let store: String
  /// Memory of a piece that is not needed any more.
  private let spare = Lock<[UInt8]?>(nil)

  /// A reader at the payload's first byte.
  /// - Parameters:
  ///   - hashes: what is computed of all bytes; may be empty.
  ///   - key: for errors.
  public init(_ payload: Payload, hashes: Set<HashAlgorithm>, key: ObjectKey, store: String) throws {
    source = try payload.makeSource()
    known = Self.cheapest(of: payload.hashes, computed: hashes)
    self.hashes = HashStream(known.map { hashes.union([$0.algorithm]) } ?? hashes)
    self.key = key
    self.store = store
  }

  private static func cheapest(
    of known: [ContentHash], computed: Set<HashAlgorithm>
  ) -> (algorithm: HashAlgorithm, value: [UInt8])? {
    let usable = known.compactMap { hash -> (algorithm: HashAlgorithm, value: [UInt8])? in
      switch hash.method {
      case .crc32c: (.crc32c, hash.bytes)
      case .crc64nvme: (.crc64nvme, hash.bytes)
      case .md5: HashAlgorithm.md5.isAvailable ? (.md5, hash.bytes) : nil
      case .sha256: (.sha256, hash.bytes)
      case .sha256OfParts: nil
      }
    }
    return usable.first { computed.contains($0.algorithm) } ?? usable.first
  }

  /// The next `count` bytes.
  /// - Parameter own: hashes of these bytes alone, if wanted: cheaper here than afterwards.
  /// - Throws: `.sourceChanged` if there are fewer.
  public func next(_ count: Int, hashing own: HashStream? = nil) async throws -> [UInt8] {
    let piece = Piece(count, spare: spare.withLock { $0.take() })
    while piece.filled < count {
      // What blocks, and what takes long to hash, is not for the loop.
      if count <= 64 << 10 {
        try fill(piece, own)
      } else {
        try await BlockingPool.shared.run { [self] in try fill(piece, own) }
      }
      if piece.filled < count { try await wait() }
    }
    return piece.take()
  }

  /// Takes back the memory of a piece that was given, for the next one: fresh memory costs about as much as copying it.
  public func reuse(_ piece: consuming [UInt8]) {
    let piece = piece
    spare.withLock { $0 = piece }
  }

  /// Waits for so much of a store's memory. What was taken back counts for nobody, and goes when this has to wait.
  public func acquire(_ count: Int, of memory: AsyncSemaphore) async throws {
    if memory.tryAcquire(count) { return }
    spare.withLock { $0 = nil }
    try await memory.acquire(count)
  }

  /// The bytes of one call of `next`, which stay where they are while their source is waited for. Used by one thread at a time.
  private final class Piece: @unchecked Sendable {
    let count: Int
    /// Empty before the first byte came, if it is new; else of all `count` bytes.
    private(set) var bytes: [UInt8] = []
    private(set) var filled = 0

    init(_ count: Int, spare: consuming [UInt8]?) {
      self.count = count
      if let spare, spare.count == count { bytes = spare }
    }

    /// Gives the bytes away: whoever still holds this, a thread that filled it perhaps, has no part in them any more.
    func take() -> [UInt8] {
      let all = bytes
      bytes = []
      return all
    }

    /// - Parameter pull: fills bytes from the first on; gives how many.
    func fill(_ pull: (UnsafeMutableRawBufferPointer) throws -> Int) rethrows {
      guard bytes.isEmpty else {
        let start = filled
        filled = start + (try bytes.withUnsafeMutableBytes { try pull(UnsafeMutableRawBufferPointer(rebasing: $0[start...])) })
        return
      }
      bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        let pulled = try pull(UnsafeMutableRawBufferPointer(buffer))
        // What is not there yet must be something; most sources give all at once.
        buffer[pulled...].initialize(repeating: 0)
        initialized = count
        filled = pulled
      }
    }
  }

  /// The hashes of all bytes, once the source has ended.
  /// - Throws: `.sourceChanged` if it has not; `.corrupted` if they are not the bytes that the payload speaks of.
  public func finish() async throws -> Digests {
    while true {
      var isOver = false
      try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { buffer in
        switch try source.read(into: buffer) {
        case .bytes: throw changed("the file became longer while it was read")
        case .end: isOver = true
        case .pause: break
        }
      }
      if isOver {
        let digests = hashes.finish()
        if let known, let found = digests[known.algorithm], found != known.value {
          throw StorageError(
            .corrupted, retry: .later, store: store, key: key,
            message: "the bytes do not match the source's own \(known.algorithm.rawValue) of the object")
        }
        return digests
      }
      try await wait()
    }
  }

  /// Fills the piece until it is full or the source has to be waited for.
  private func fill(_ piece: Piece, _ own: HashStream?) throws {
    try piece.fill { room in
      var filled = 0
      while filled < room.count {
        // What was just read is hashed while it is in the processor's cache.
        let rest = UnsafeMutableRawBufferPointer(rebasing: room[filled..<min(filled + Self.step, room.count)])
        switch try source.read(into: rest) {
        case .bytes(let read):
          let bytes = UnsafeRawBufferPointer(rebasing: rest[..<read])
          hashes.update(bytes)
          own?.update(bytes)
          filled += read
        case .end: throw changed("the file became shorter while it was read")
        case .pause: return filled
        }
      }
      return filled
    }
  }

  private static let step = 256 << 10

  private func wait() async throws {
    let shot = OneShot<Void>()
    source.whenReady { shot.settle(.success(())) }
    try await shot.wait()
  }

  private func changed(_ message: String) -> StorageError { StorageError(.sourceChanged, store: store, key: key, message: message) }
}
