public import Primitives

/// The bytes of a write, as a value that can be sent again: every attempt, and every part, makes its own source.
public struct Payload: Sendable {
  /// Bytes in all.
  public let length: Int64
  /// Names the content beyond this process's life: payloads with equal names have equal bytes. Nil where nobody can tell. With it a
  /// store may go on with what an interrupted write of the same content had sent.
  public let contentID: [UInt8]?
  /// Whether reading costs nothing but processor time (memory, a file of this machine): then the bytes may be read once more, to know
  /// their hash before they are sent.
  public let isAtHand: Bool
  /// Hashes of all the bytes that are known without reading them. Who reads in ranges compares what he can: no range has a hash of its own.
  public let hashes: [ContentHash]
  private let make: @Sendable (Range<Int64>) throws -> any ByteSource
  /// As it was before anybody wanted to see the bytes pass.
  private let makeUnseen: @Sendable (Range<Int64>) throws -> any ByteSource
  private let check: @Sendable () throws -> Void

  /// A payload of `length` bytes.
  /// - Parameters:
  ///   - makeSource: gives a source of exactly the bytes of a range within `0..<length`. May be called any number of times, also
  ///     for several ranges at once.
  ///   - verifyUnchanged: throws if the bytes are no longer the ones the payload was made for (the file was edited meanwhile).
  ///   - isAtHand: see there.
  ///   - contentID: see there.
  ///   - hashes: see there.
  public init(
    length: Int64, isAtHand: Bool = false, contentID: [UInt8]? = nil, hashes: [ContentHash] = [],
    makeSource: @escaping @Sendable (Range<Int64>) throws -> any ByteSource,
    verifyUnchanged: @escaping @Sendable () throws -> Void = {}
  ) {
    self.init(length, isAtHand, contentID, hashes, make: makeSource, unseen: makeSource, check: verifyUnchanged)
  }

  private init(
    _ length: Int64, _ isAtHand: Bool, _ contentID: [UInt8]?, _ hashes: [ContentHash],
    make: @escaping @Sendable (Range<Int64>) throws -> any ByteSource,
    unseen: @escaping @Sendable (Range<Int64>) throws -> any ByteSource, check: @escaping @Sendable () throws -> Void
  ) {
    self.length = length
    self.isAtHand = isAtHand
    self.contentID = contentID
    self.hashes = hashes
    self.make = make
    makeUnseen = unseen
    self.check = check
  }

  /// Bytes in memory.
  public static func bytes(_ bytes: [UInt8]) -> Payload {
    Payload(
      length: Int64(bytes.count), isAtHand: true,
      makeSource: { range in MemorySource(bytes[Int(range.lowerBound)..<Int(range.upperBound)]) })
  }

  /// No bytes: an empty file, a folder.
  public static let empty = Payload.bytes([])

  /// A fresh source of the bytes in `range`, or of all.
  public func makeSource(_ range: Range<Int64>? = nil) throws -> any ByteSource { try make(range ?? 0..<length) }

  /// The same bytes without what `mapSource` put around their sources: for a look at them that is no part of sending them.
  public var unseen: Payload {
    Payload(length, isAtHand, contentID, hashes, make: makeUnseen, unseen: makeUnseen, check: check)
  }

  /// Some of the bytes. Nobody can go on with an interrupted write of them alone.
  public subscript(range: Range<Int64>) -> Payload {
    func part(_ make: @escaping @Sendable (Range<Int64>) throws -> any ByteSource)
      -> @Sendable (Range<Int64>) throws -> any ByteSource
    {
      { inner in try make(range.lowerBound + inner.lowerBound..<range.lowerBound + inner.upperBound) }
    }
    return Payload(Int64(range.count), isAtHand, nil, [], make: part(make), unseen: part(makeUnseen), check: check)
  }

  /// Throws if what was (or would be) read is no longer what the payload was made for. A store calls it after the last byte was
  /// read and before it makes the object visible, so that a torn version never becomes current.
  public func verifyUnchanged() throws { try check() }

  /// The same bytes with each source passed through `transform` (a throttle, a counter).
  public func mapSource(_ transform: @escaping @Sendable (any ByteSource) -> any ByteSource) -> Payload {
    Payload(
      length, isAtHand, contentID, hashes, make: { [make] range in transform(try make(range)) }, unseen: makeUnseen, check: check)
  }
}

/// An object ready to be written elsewhere.
public struct ObjectPayload: Sendable {
  /// What is being read.
  public let info: ObjectInfo
  /// Its bytes.
  public let payload: Payload

  /// An object and its bytes.
  public init(info: ObjectInfo, payload: Payload) {
    self.info = info
    self.payload = payload
  }
}

/// What a read gave.
public struct ReadResult: Sendable {
  /// The object that was read.
  public let info: ObjectInfo
  /// The bytes that went to the sink.
  public let range: Range<Int64>

  /// The result of a read.
  public init(info: ObjectInfo, range: Range<Int64>) {
    self.info = info
    self.range = range
  }
}

/// What a write, copy or move left in the store.
public struct WriteReceipt: Sendable {
  /// The new state of the object, exactly as the next listing will report it.
  public let version: ObjectVersion
  /// Bytes of content.
  public let size: Int64
  /// A hash of what was written, if one was computed on the way.
  public let hash: ContentHash?
  /// The modification time that the store now reports for it, where it keeps one; may be coarser than what was asked for.
  public let modified: Timestamp?
  /// See `ObjectEntry.identity`.
  public let identity: [UInt8]?

  /// A receipt.
  public init(
    version: ObjectVersion, size: Int64, hash: ContentHash? = nil, modified: Timestamp? = nil, identity: [UInt8]? = nil
  ) {
    self.version = version
    self.size = size
    self.hash = hash
    self.modified = modified
    self.identity = identity
  }
}
