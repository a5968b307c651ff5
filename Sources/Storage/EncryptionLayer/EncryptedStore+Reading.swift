import Age
import Concurrency
public import ObjectStorage
public import Primitives

/// An object whose header is open.
struct OpenedObject {
  /// What the object is, out here.
  var info: ObjectInfo
  let key: FileKey
  let nonce: [UInt8]
  let layout: PayloadLayout
  let header: Header
  let record: ObjectRecord?
}

extension EncryptedStore {
  /// What is read of an object to know what it is: the header of up to some twenty recipients.
  private static let firstRead: Int64 = 4096

  public func stat(_ key: ObjectKey) async throws -> ObjectInfo {
    let identities = try await identities(key)
    if key.isFolder { return try await base.stat(key) }
    do {
      return try await open(key, ifMatches: nil, identities).info
    } catch let error as StorageError where error.code == .archived {
      var info = try await base.stat(key)
      (info.entry.hash, info.entry.knowsContentSize, info.hashes) = (nil, false, [])
      return info
    }
  }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    let identities = try await identities(key)
    if key.isFolder { return try await base.read(key, options, into: sink) }
    if let range = options.range { return try await read(key, range, options, identities, into: sink) }
    let opened = Lock<(Header, ObjectRecord?)?>(nil)
    let decryptor = FileDecryptor(identities, into: sink) { header, fileKey in
      let record = try ObjectRecord.read(header, fileKey)
      opened.withLock { $0 = (header, record) }
    }
    let result = try await base.read(
      key, ReadOptions(ifMatches: options.ifMatches), into: MappedSink(decryptor, failures, key))
    try await failures.mappingAsync(key) { try await decryptor.finish() }
    guard let (header, record) = opened.withLock({ $0 }) else {
      throw failures(.internalError, key, "an object without a header was read")
    }
    let (info, layout) = try failures.mapping(key) { try describe(result.info, header, record) }
    return ReadResult(info: info, range: 0..<layout.plainLength)
  }

  private func read(
    _ key: ObjectKey, _ range: ByteRange, _ options: ReadOptions, _ identities: [Identity], into sink: any ByteSink
  ) async throws -> ReadResult {
    let object = try await open(key, ifMatches: options.ifMatches, identities)
    let size = object.layout.plainLength
    guard range.start < size else {
      throw failures(.invalidArgument, key, "the range starts at byte \(range.start), but the object has only \(size)")
    }
    let wanted = range.start..<min(range.end ?? size, size)
    let window = object.layout.window(wanted)
    let opener = PayloadSink(key: object.key, nonce: object.nonce, window: window, into: sink)
    _ = try await base.read(
      key,
      ReadOptions(
        range: ByteRange(start: window.file.lowerBound, end: window.file.upperBound), ifMatches: object.info.entry.version),
      into: MappedSink(opener, failures, key))
    try await failures.mappingAsync(key) { try await opener.finish() }
    return ReadResult(info: object.info, range: wanted)
  }

  public func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload {
    let identities = try await identities(key)
    if key.isFolder { return try await base.payload(for: key, ifMatches: ifMatches) }
    let object = try await open(key, ifMatches: ifMatches, identities)
    let inner = try await base.payload(for: key, ifMatches: object.info.entry.version).payload
    let failures = failures
    let payload = Payload(
      length: object.layout.plainLength, isAtHand: inner.isAtHand,
      contentID: inner.contentID.map { Array("decrypted".utf8) + [0] + $0 },
      makeSource: { range in
        let window = object.layout.window(range)
        let source = OpeningSource(key: object.key, nonce: object.nonce, window: window, from: try inner.makeSource(window.file))
        return MappedSource(source, failures, key)
      }, verifyUnchanged: inner.verifyUnchanged)
    return ObjectPayload(info: object.info, payload: payload)
  }

  /// The identities that read; throws what is thrown for an object that is not there where nothing was ever written.
  private func identities(_ key: ObjectKey) async throws -> [Identity] {
    guard let opened = try await keys.forReading(), !isOwn(key) else { throw failures(.notFound, key, "there is no such object") }
    return opened.identities
  }

  /// Reads an object's header, mostly in one request.
  func open(_ key: ObjectKey, ifMatches: ObjectVersion?, _ identities: [Identity]) async throws -> OpenedObject {
    var head: [UInt8] = []
    var expected = ifMatches
    var end = Self.firstRead
    while true {
      let sink = MemorySink(limit: Int(end))
      let result: ReadResult
      do {
        result = try await base.read(
          key, ReadOptions(range: ByteRange(start: Int64(head.count), end: end), ifMatches: expected), into: sink)
      } catch let error as StorageError where error.code == .invalidArgument {
        // An empty object has no range at all.
        guard try await base.stat(key).entry.size == 0 else { throw error }
        throw failures.mapped(AgeError(.notAge, "it is empty"), key)
      }
      head += sink.bytes
      let stored = result.info.entry.size
      let object: OpenedObject? = try failures.mapping(key) {
        guard let header = try Header.parse(head), head.count >= header.byteCount + PayloadLayout.nonceSize else {
          if Int64(head.count) >= stored { throw AgeError(.header, "it was cut within its header") }
          return nil
        }
        let fileKey = try header.open(identities)
        let record = try ObjectRecord.read(header, fileKey)
        let (info, layout) = try describe(result.info, header, record)
        let nonce = Array(head[header.byteCount..<header.byteCount + PayloadLayout.nonceSize])
        return OpenedObject(info: info, key: fileKey, nonce: nonce, layout: layout, header: header, record: record)
      }
      if let object { return object }
      // Not that of another object that came meanwhile.
      expected = result.info.entry.version
      end = min(end * 8, stored)
    }
  }

  /// What the object is, out here, and where its content lies.
  private func describe(_ stored: ObjectInfo, _ header: Header, _ record: ObjectRecord?) throws -> (ObjectInfo, PayloadLayout) {
    let layout = try PayloadLayout(headerLength: header.byteCount, fileLength: stored.entry.size)
    if let size = record?.size, size != layout.plainLength {
      throw AgeError(.payload, "it was cut or continued: it has \(layout.plainLength) bytes and should have \(size)")
    }
    var info = stored
    info.entry.size = layout.plainLength
    info.entry.knowsContentSize = true
    // Not the ciphertext's: that of the content, if it was known when the object was written.
    info.entry.hash = record?.sha256.map { ContentHash(.sha256, $0) }
    info.hashes = info.entry.hash.map { [$0] } ?? []
    info.contentType = record?.contentType
    info.userMetadata = record?.user ?? [:]
    sizes.note(info.entry.key, info.entry.version, info.entry.size)
    return (info, layout)
  }
}
