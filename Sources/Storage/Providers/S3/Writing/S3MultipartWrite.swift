import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

/// An upload in parts under way.
final class S3MultipartWrite: MultipartWrite {
  struct Part: Sendable {
    /// As the service spelled it, quotes included.
    var tag: String
    var length: Int64
    /// Nil for a part that was copied inside the service.
    var digests: Digests?
    /// Of a copied part: the checksum that the service told, as it spelled it.
    var checksum: String?
  }

  let uploadID: String
  private let store: S3Store
  let key: ObjectKey
  private let options: WriteOptions
  private let traits: S3Traits?
  let integrity: Integrity
  /// Whether the service keeps a checksum of the whole object made of those of the parts.
  private let keepsChecksum: Bool
  /// The checksum that the upload was begun with: it is completed with those of all parts.
  private let listed: HashAlgorithm?
  private let parts = Lock<[Int: Part]>([:])
  private let isOver = Lock(false)
  /// Says to later processes that the upload was begun, should this one die.
  private let note: (any S3UploadNote)?

  init(
    uploadID: String, store: S3Store, key: ObjectKey, options: WriteOptions, traits: S3Traits?, integrity: Integrity,
    keepsChecksum: Bool, listed: HashAlgorithm?, note: (any S3UploadNote)?
  ) {
    self.uploadID = uploadID
    self.store = store
    self.key = key
    self.options = options
    self.traits = traits
    self.integrity = integrity
    self.keepsChecksum = keepsChecksum
    self.listed = listed
    self.note = note
  }

  func write(part number: Int, _ payload: Payload) async throws { try await write(part: number, payload, digests: nil) }

  /// - Parameters:
  ///   - digests: those of the part, if they were computed before.
  ///   - hashes: what else is to be known of it.
  func write(part number: Int, _ payload: Payload, digests: Digests?, hashes: Set<HashAlgorithm> = []) async throws {
    try check(number)
    let range = 0..<payload.length
    let body =
      if let digests {
        store.preparer.secondReading(of: payload, range, digests: digests, key: key)
      } else {
        try await store.preparer.prepare(payload, range, hashes: integrity.hashes.union([.crc32c]).union(hashes), key: key)
      }
    defer { store.preparer.release(body) }
    try payload.verifyUnchanged()
    var request = request(.uploadPart, .put)
    request.query.append("partNumber", String(number))
    if let header = integrity.header(body.digests) { request.headers.append(header) }
    request.body = body.body
    let response = try await store.client.send(request)
    let tag = response.headers["etag"] ?? ""
    guard !tag.isEmpty else { throw store.error(.internalError, key, "the store did not acknowledge a part") }
    guard !integrity.isContradicted(by: ETag.unquoted(tag), body.digests) || store.configuration.encryption != .none else {
      var error = store.error(.corrupted, key, "the store's entity tag is not the MD5 of the part that was sent")
      error.retry = .later
      throw error
    }
    parts.withLock { $0[number] = Part(tag: tag, length: payload.length, digests: body.digests) }
  }

  /// Hashes ranges of a payload as parts need it; nil if its source has to be waited for.
  func hash(_ payload: Payload, together ranges: [Range<Int64>]) async throws -> [Digests]? {
    try await store.preparer.hash(payload.unseen, together: ranges, hashes: integrity.hashes, key: key)
  }

  func copy(part number: Int, from source: ObjectKey, range: Range<Int64>, ifMatches: ObjectVersion?) async throws
    -> ContentHash?
  {
    try check(number)
    guard !range.isEmpty else { throw store.error(.invalidArgument, key, "a part that is copied has at least one byte") }
    var request = request(.copyPart, .put)
    request.query.append("partNumber", String(number))
    request.add("x-amz-copy-source", store.copySource(source))
    request.add("x-amz-copy-source-range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
    if let ifMatches {
      if let value = traits?.copySourceIfMatch.headerValue(ifMatches.bytes) {
        request.add("x-amz-copy-source-if-match", value)
      } else if try await store.stat(source).entry.version != ifMatches {
        throw store.error(.preconditionFailed, source, "it changed meanwhile")
      }
    }
    let response = try await store.client.send(request)
    let answer = try store.result(response, request)
    guard let tag = answer.child("ETag")?.string, !tag.isEmpty else {
      throw StorageError.unsupported("take a part from another object", store: store.identity.displayName)
    }
    let checksum = listed.flatMap { answer.child("\($0.checksumElement)")?.string }
    parts.withLock { $0[number] = Part(tag: tag, length: Int64(range.count), digests: nil, checksum: checksum) }
    if tagsAreMD5, let md5 = ETag.md5(ETag.unquoted(tag)) { return ContentHash(.md5, md5) }
    return answer.child("ChecksumCRC64NVME").flatMap { Base64.decode($0.string) }.map { ContentHash(.crc64nvme, $0) }
  }

  func complete() async throws -> WriteReceipt {
    let parts = parts.withLock { $0.sorted { $0.key < $1.key } }
    guard !parts.isEmpty else { throw store.error(.invalidArgument, key, "an upload in parts needs a part") }
    let size = parts.reduce(0) { $0 + $1.value.length }
    var request = request(.completeUpload, .post)
    var document = XMLWriter()
    document.start("CompleteMultipartUpload", namespace: "http://s3.amazonaws.com/doc/2006-03-01/")
    for (number, part) in parts {
      document.start("Part")
      try document.element("PartNumber", String(number))
      try document.element("ETag", part.tag)
      if let listed, let checksum = part.digests?[listed].map({ Base64.encode($0) }) ?? part.checksum {
        try document.element(listed.checksumElement, checksum)
      }
      document.end()
    }
    document.end()
    if keepsChecksum, let whole = wholeChecksum(parts.map(\.value)) {
      request.add("x-amz-checksum-type", "FULL_OBJECT")
      request.add("x-amz-checksum-crc32c", Base64.encode(whole))
    }
    let body = document.finish()
    request.add("content-type", "application/xml")
    request.body = .bytes(body)
    let expected = Self.tag(of: parts.map(\.value))
    let hash = hashOfParts(parts.map(\.value))
    var tag: [UInt8]
    do {
      if let header = try await store.condition(options.condition, on: .completeUpload, key: key, traits: traits) {
        request.headers.append(header)
      }
      let response = try await store.client.send(request)
      tag = ETag.unquoted(try store.result(response, request).child("ETag")?.text ?? [])
    } catch let error as StorageError {
      guard let found = await completed(after: error, size: size, tag: expected) else { throw error }
      tag = found.bytes
    }
    isOver.withLock { $0 = true }
    note?.remove()
    // Some services answer with another tag than they list, or with none.
    if traits?.completeTagIsFinal != true { tag = [] }
    return try await store.receipt(
      key, tag: tag, size: size, hash: hash, modified: options.metadata.modified, expecting: expected)
  }

  /// The object's version if the upload was completed although nobody heard of it: a service that has done it knows the upload no more.
  private func completed(after error: StorageError, size: Int64, tag: [UInt8]?) async -> ObjectVersion? {
    // With a condition a lost upload may look like one that does not hold.
    let isUncertain = error.mayHaveHappened || [.notFound, .preconditionFailed, .alreadyExists].contains(error.code)
    guard isUncertain, !Task.isCancelled, let tag, let found = try? await store.stat(key).entry, found.size == size,
      found.version.bytes == tag
    else { return nil }
    // The same bytes with another time are somebody else's.
    if let modified = options.metadata.modified, traits?.keepsMetadata != false, found.modified != modified { return nil }
    return found.version
  }

  /// The entity tag that services make of those of the parts, where these are MD5: that of them all, and their number.
  private static func tag(of parts: [Part]) -> [UInt8]? {
    var all: [UInt8] = []
    for part in parts {
      guard let md5 = ETag.md5(ETag.unquoted(part.tag)) else { return nil }
      all += md5
    }
    let hash = HashStream([.md5])
    hash.update(all)
    return hash.finish()[.md5].map { Array("\(Hex.encode($0))-\(parts.count)".utf8) }
  }

  /// Whether the service's tags of parts are their MD5: not where it encrypts with keys that are not its own.
  private var tagsAreMD5: Bool { store.configuration.encryption.keepsPlainTags }

  /// Counts a part that an interrupted upload had sent, if its bytes are certainly those of the payload.
  /// - Parameter digests: of the payload's part, with MD5 and CRC-32C.
  func keep(part number: Int, _ found: ListedPart, digests: Digests) -> Bool {
    // A tag that looks like an MD5 is none where the bucket encrypts with keys of its own, which need not be known here: a checksum
    // decides, if there is one.
    let isSame =
      if let theirs = found.crc32c {
        theirs == digests[.crc32c]
      } else if tagsAreMD5, let theirs = ETag.md5(ETag.unquoted(found.tag)), let ours = digests[.md5] {
        theirs == ours
      } else {
        false
      }
    guard isSame else { return false }
    parts.withLock { $0[number] = Part(tag: found.tag, length: found.length, digests: digests) }
    return true
  }

  /// Leaves the parts where they are, for whoever sends the same content next.
  func letGo() {
    isOver.withLock { $0 = true }
    note?.letGo()
  }

  /// Whether somebody could go on with it.
  var canBeResumed: Bool { note != nil }

  func abort() async {
    let mustAbort = isOver.withLock { isOver in
      defer { isOver = true }
      return !isOver
    }
    guard mustAbort else { return }
    let request = request(.abortUpload, .delete)
    // Beside the caller's task, which may be cancelled: the parts cost money as long as they lie there.
    let isGone = await Task { [store] in (try? await store.client.send(request, into: .discard)) != nil }.value
    if isGone { note?.remove() }
  }

  private func request(_ operation: S3Operation, _ method: HTTPMethod) -> S3Request {
    var request = S3Request(operation, method, key: key, path: store.path(key))
    request.query.append("uploadId", uploadID)
    return request
  }

  private func check(_ number: Int) throws {
    guard (1...Int(S3Configuration.Limits.partCount)).contains(number) else {
      throw store.error(.invalidArgument, key, "part numbers go from 1 to \(S3Configuration.Limits.partCount)")
    }
  }

  /// The checksums among these that those of parts give.
  static func combined(of hashes: [ContentHash]) -> Set<HashAlgorithm> {
    Set(hashes.compactMap { $0.method == .crc32c ? .crc32c : $0.method == .crc64nvme ? .crc64nvme : nil })
  }

  /// Compares what was sent with what is known of the whole: a source that was read in ranges over a network was checked by nobody.
  /// - Throws: `.corrupted`, worth another try.
  func compare(with hashes: [ContentHash]) throws {
    let parts = parts.withLock { $0.sorted { $0.key < $1.key } }.map(\.value)
    for hash in hashes {
      let whole: [UInt8]?
      switch hash.method {
      case .crc32c: whole = wholeChecksum(parts)
      case .crc64nvme: whole = wholeCRC64NVME(parts)
      default: continue
      }
      guard let whole, whole != hash.bytes else { continue }
      var error = store.error(.corrupted, key, "the bytes do not match the source's own checksum of the object")
      error.retry = .later
      throw error
    }
  }

  private func wholeCRC64NVME(_ parts: [Part]) -> [UInt8]? {
    var whole: UInt64 = 0
    for part in parts {
      guard let crc = part.digests?[.crc64nvme] else { return nil }
      let value = crc.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      whole = CRC.combineCRC64NVME(whole, value, secondLength: UInt64(part.length))
    }
    return CRC.bytes(whole)
  }

  private func wholeChecksum(_ parts: [Part]) -> [UInt8]? {
    var whole: UInt32 = 0
    for part in parts {
      guard let crc = part.digests?[.crc32c] else { return nil }
      let value = crc.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      whole = CRC.combineCRC32C(whole, value, secondLength: UInt64(part.length))
    }
    return CRC.bytes(whole)
  }

  /// The hash over the parts' hashes, where all but the last are of one size and none was copied.
  private func hashOfParts(_ parts: [Part]) -> ContentHash? {
    guard let size = parts.first?.length, size > 0 else { return nil }
    var all: [UInt8] = []
    for (index, part) in parts.enumerated() {
      guard let sha256 = part.digests?[.sha256], index == parts.count - 1 ? part.length <= size : part.length == size else {
        return nil
      }
      all += sha256
    }
    return ContentHash(.sha256OfParts(partSize: size), SHA256.hash(all))
  }
}

extension HashAlgorithm {
  /// The element of a part's checksum, in answers and where an upload is completed.
  fileprivate var checksumElement: StaticString {
    switch self {
    case .crc32c: "ChecksumCRC32C"
    case .crc32: "ChecksumCRC32"
    case .crc64nvme: "ChecksumCRC64NVME"
    case .sha1: "ChecksumSHA1"
    case .sha256: "ChecksumSHA256"
    case .md5: "ChecksumMD5"
    }
  }
}
