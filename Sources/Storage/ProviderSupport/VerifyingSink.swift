public import Crypto
public import ObjectStorage
public import Primitives

/// What an answer's head says of the object whose bytes follow.
public struct ReadHead: Sendable {
  /// The object's version; empty if the service gives none.
  public var version: ObjectVersion
  /// Bytes of the body.
  public var contentLength: Int64?
  /// Which bytes of the object follow, and how many it has; nil if the answer is not about a part.
  public var contentRange: (range: Range<Int64>, size: Int64)?
  /// The cheapest hash of the whole object.
  public var hash: (algorithm: HashAlgorithm, value: [UInt8])?
  /// The same of a service that hashes parts: SHA-256 over the SHA-256 of parts of so many bytes.
  public var partHash: (partSize: Int, value: [UInt8])?
  /// The object as the answer describes it, its size given.
  public var info: @Sendable (ObjectKey, Int64) -> ObjectInfo

  /// What a head says.
  public init(
    version: ObjectVersion, contentLength: Int64?, contentRange: (range: Range<Int64>, size: Int64)?,
    hash: (algorithm: HashAlgorithm, value: [UInt8])?, partHash: (partSize: Int, value: [UInt8])? = nil,
    info: @escaping @Sendable (ObjectKey, Int64) -> ObjectInfo
  ) {
    self.version = version
    self.contentLength = contentLength
    self.contentRange = contentRange
    self.hash = hash
    self.partHash = partHash
    self.info = info
  }
}

/// Passes a body on to the caller's sink and checks it on the way: the answer's head first, then the length and, for a whole
/// object, the cheapest hash that the service gives for it.
///
/// Lives through all attempts of one read: after a break in the middle the next attempt goes on where it ended. Used by one
/// attempt at a time (unchecked `Sendable`, as every sink).
public final class VerifyingSink: ByteSink, @unchecked Sendable {
  private let inner: any ByteSink
  private let key: ObjectKey
  private let wanted: ByteRange?
  private let ifMatches: ObjectVersion?
  private let store: String

  /// What the first answer described; later ones must be of the same object.
  public private(set) var info: ObjectInfo?
  /// The bytes of the object that are to be delivered, known from the first answer.
  public private(set) var range: Range<Int64> = 0..<0
  /// How many of them were delivered.
  public private(set) var delivered: Int64 = 0
  private var hash: HashStream?
  private var expected: (algorithm: HashAlgorithm, value: [UInt8])?
  private var parts: SHA256OfParts?
  private var expectedParts: [UInt8]?

  /// A check of one read of `key`, on the way to `inner`.
  public init(_ inner: any ByteSink, key: ObjectKey, options: ReadOptions, store: String) {
    self.inner = inner
    self.key = key
    wanted = options.range
    ifMatches = options.ifMatches
    self.store = store
  }

  /// The range to ask for next; nil for the whole object.
  public var rangeHeader: String? {
    if info != nil, delivered > 0 { return "bytes=\(range.lowerBound + delivered)-\(range.upperBound - 1)" }
    guard let wanted else { return nil }
    return wanted.end.map { "bytes=\(wanted.start)-\($0 - 1)" } ?? "bytes=\(wanted.start)-"
  }

  /// The version that the next answer must have.
  public var version: ObjectVersion? { info?.entry.version ?? ifMatches }

  /// Looks at an answer's head before its body comes.
  public func accept(_ head: ReadHead) throws {
    let offered = head.contentRange
    let size = offered?.size ?? head.contentLength
    guard let size else { throw error(.corrupted, "the store does not say how long it is") }
    if let known = version, !known.bytes.isEmpty, head.version != known {
      throw error(.preconditionFailed, "it changed meanwhile")
    }
    if info != nil {
      guard size == info?.entry.size else { throw error(.preconditionFailed, "it changed meanwhile") }
      try resume(at: offered?.range)
      return
    }
    let all = 0..<size
    if let wanted {
      guard wanted.start < size else { throw error(.invalidArgument, "the range begins beyond the object's end") }
      range = wanted.start..<min(wanted.end ?? size, size)
      // Some servers answer a range with status 200: it is the announced range that counts.
      guard (offered?.range ?? all) == range else {
        throw error(.corrupted, "the store answered with another range than was asked for")
      }
    } else {
      guard offered == nil || offered?.range == all else {
        throw error(.corrupted, "the store answered with a range that was not asked for")
      }
      range = all
    }
    info = head.info(key, size)
    if range == all { chooseHash(head) }
  }

  private func chooseHash(_ head: ReadHead) {
    expected = head.hash
    hash = expected.map { HashStream([$0.algorithm]) }
    expectedParts = head.partHash?.value
    parts = head.partHash.map { SHA256OfParts(partSize: $0.partSize) }
  }

  private func resume(at offered: Range<Int64>?) throws {
    let next = range.lowerBound + delivered
    if let offered, offered.lowerBound == next, offered.upperBound == range.upperBound { return }
    // The server does not go on in the middle: from the beginning again.
    guard offered == nil || offered == range else {
      throw error(.corrupted, "the store answered with another range than was asked for")
    }
    guard offered != nil || range == 0..<(info?.entry.size ?? 0) else {
      throw error(.corrupted, "the store answered with the whole object where a range was asked for")
    }
    try restart()
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    guard delivered + Int64(bytes.count) <= Int64(range.count) else {
      throw error(.corrupted, "the store sent more bytes than it announced", retry: .later)
    }
    guard try inner.write(bytes) == .taken else { return .pause }
    hash?.update(bytes)
    parts?.update(bytes)
    delivered += Int64(bytes.count)
    return .taken
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { inner.whenReady(resume) }

  public func restart() throws {
    try inner.restart()
    hash?.reset()
    parts?.reset()
    delivered = 0
  }

  /// Says that the body has ended.
  public func finish() throws -> ReadResult {
    guard let info else { throw error(.corrupted, "the store sent no body", retry: .later) }
    guard delivered == Int64(range.count) else {
      throw error(.corrupted, "the store sent \(delivered) of \(range.count) bytes", retry: .later)
    }
    if let hash, let expected, hash.finish()[expected.algorithm] != expected.value {
      throw error(
        .corrupted, "the bytes do not match the store's own \(expected.algorithm.rawValue) of the object", retry: .later)
    }
    if let parts, parts.finish() != expectedParts {
      throw error(.corrupted, "the bytes do not match the store's own hash of the object", retry: .later)
    }
    return ReadResult(info: info, range: range)
  }

  private func error(_ code: StorageError.Code, _ message: String, retry: StorageError.Retry = .never) -> StorageError {
    StorageError(code, retry: retry, store: store, key: key, message: message)
  }
}
