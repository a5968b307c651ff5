import Crypto
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

/// Finds out what an endpoint does by trying, on a few small objects under `.isobar/` that are deleted afterwards.
///
/// Four trials run side by side, each on its own object, about twenty requests in all. Whether a header is obeyed shows only when
/// it is wrong: a wrong checksum or condition that is accepted is ignored.
struct S3Probe: Sendable {
  let client: S3Client
  private let base: [UInt8]

  private static let body = Array("isobar probe\n".utf8)
  private static let wrongTag = [UInt8](repeating: 0x30, count: 32)

  init(client: S3Client) {
    self.client = client
    base = client.configuration.prefix + Array(".isobar/probe-\(Hex.encode(Random.bytes(8)))".utf8)
  }

  /// The traits.
  /// - Throws: `StorageError` if the endpoint cannot be reached, or does not let us write.
  func run() async throws -> S3Traits {
    do {
      // Alone, since some services stumble when a folder's first objects come at once.
      let tag = try await create(path("w"))
      async let writes = writing(tag)
      async let copies = copying()
      async let deletes = deleting()
      var traits = try await writes
      // Uploads in parts use the checksum only where plain writes have it checked.
      let multipart = try await inParts(checksum: traits.checksCRC32C)
      let (copied, deleted) = (try await copies, try await deletes)
      traits.copySourceIfMatch = copied.copySourceIfMatch
      traits.copyKeepsMetadata = copied.copyKeepsMetadata
      traits.deleteIfMatch = deleted.deleteIfMatch
      traits.keepsFolders = deleted.keepsFolders
      traits.completeIfAbsent = multipart.completeIfAbsent
      traits.completeIfMatch = multipart.completeIfMatch
      traits.completeTagIsFinal = multipart.completeTagIsFinal
      traits.partCopy = multipart.partCopy
      traits.keepsPartChecksums = multipart.keepsPartChecksums
      await cleanUp()
      return traits
    } catch {
      await cleanUp()
      throw error
    }
  }

  private func path(_ name: String) -> [UInt8] { base + Array("-\(name)".utf8) }

  private func cleanUp() async {
    await Task { [self] in
      for name in ["w", "c", "c2", "d", "m", "f/", "f", "r0", "r1", "r2"] {
        _ = try? await client.exchange(S3Request(.deleteObject, .delete, path: path(name)), into: .discard)
      }
    }.value
  }

  // MARK: Trials

  private func writing(_ tag: [UInt8]) async throws -> S3Traits {
    var traits = S3Traits()
    let path = path("w")
    traits.keepsMetadata = try await keepsMetadata(path)
    traits.putIfAbsent = try await isRefused(put(path, ("if-none-match", "*")))
    if traits.putIfAbsent { traits.putIfAbsentIsAtomic = try await onlyOneWins() }
    traits.putIfMatch = try await form(tag) { put(path, ("if-match", $0)) }
    let wrong = [UInt8](repeating: 0x5A, count: 32)
    traits.checksCRC32C = try await isRejected(put(path, ("x-amz-checksum-crc32c", Base64.encode(wrong.prefix(4)))))
    traits.checksMD5 = try await isRejected(put(path, ("content-md5", Base64.encode(wrong.prefix(16)))))
    if client.signsPayloads {
      var request = put(path)
      request.body = .bytes(Self.body, sha256: wrong)
      traits.checksPayloadHash = try await isRejected(request)
    }
    return traits
  }

  /// Whether of several writers at once one is let through. By luck this may say yes; a no is certain.
  private func onlyOneWins() async throws -> Bool {
    for round in 0..<3 {
      let path = path("r\(round)")
      let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<8 { group.addTask { try await accepted(put(path, ("if-none-match", "*"))) } }
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      if winners != 1 { return false }
    }
    return true
  }

  private func copying() async throws -> S3Traits {
    var traits = S3Traits()
    let (source, target) = (path("c"), path("c2"))
    let tag = try await create(source)
    traits.copySourceIfMatch = try await form(tag) { copy(source, target, ("x-amz-copy-source-if-match", $0)) }
    _ = try await accepted(copy(source, target))
    traits.copyKeepsMetadata = try await keepsMetadata(target)
    return traits
  }

  private func deleting() async throws -> S3Traits {
    var traits = S3Traits()
    var folder = put(self.path("f/"))
    folder.body = .bytes([])
    let isTaken = try await accepted(folder)
    traits.keepsFolders = try await listedTag(self.path("f/")) != nil && isTaken
    let path = path("d")
    let tag = try await create(path)
    func delete(_ value: String) -> S3Request {
      var request = S3Request(.deleteObject, .delete, path: path)
      request.add("if-match", value)
      return request
    }
    guard try await isRefused(delete("\"\(String(decoding: Self.wrongTag, as: UTF8.self))\"")) else { return traits }
    for form in [S3Traits.TagCondition.quoted, .unquoted] {
      guard let value = form.headerValue(tag) else { continue }
      if try await accepted(delete(value)), try await head(path) == nil {
        traits.deleteIfMatch = form
        break
      }
    }
    return traits
  }

  private func inParts(checksum: Bool) async throws -> S3Traits {
    var traits = S3Traits()
    let path = path("m")
    let tag = try await create(path)
    guard let first = try await upload(path, checksum: checksum) else {
      // With a checksum of the whole it may not be known, without one it must be.
      return checksum ? try await inParts(checksum: false) : traits
    }
    traits.completeIfAbsent = try await isRefused(complete(path, first, ("if-none-match", "*")))
    // Parts of which nothing becomes an object lie there, and are billed, until somebody throws them away.
    await abort(path, first)
    traits.completeIfMatch = try await formOfCompletion(path, tag, checksum: checksum)
    guard let second = try await upload(path, checksum: checksum) else { return traits }
    traits.partCopy = try await copiesPart(path, second)
    let request = complete(path, second)
    let (response, failure) = try await ask(request)
    if failure == nil, let answer = try? XMLDocument.parse(response.body), answer.name != "Error" {
      let told = ETag.unquoted(answer.child("ETag")?.text ?? [])
      let (shown, listed) = (try await head(path)?.version.bytes, try await listedTag(path))
      traits.completeTagIsFinal = !told.isEmpty && shown == told && listed == told
      traits.keepsPartChecksums = checksum
    } else {
      await abort(path, second)
      if checksum { return try await inParts(checksum: false) }
    }
    return traits
  }

  /// A completion ends its upload, so each spelling needs one of its own.
  private func formOfCompletion(_ path: [UInt8], _ tag: [UInt8], checksum: Bool) async throws -> S3Traits.TagCondition {
    var tag = tag
    guard let wrong = try await upload(path, checksum: checksum) else { return .none }
    let quoted = S3Traits.TagCondition.quoted
    guard try await isRefused(complete(path, wrong, ("if-match", quoted.headerValue(Self.wrongTag) ?? ""))) else { return .none }
    await abort(path, wrong)
    for form in [quoted, .unquoted] {
      tag = try await head(path)?.version.bytes ?? tag
      guard let right = try await upload(path, checksum: checksum), let value = form.headerValue(tag) else { return .none }
      if try await accepted(complete(path, right, ("if-match", value))) { return form }
      await abort(path, right)
    }
    return .none
  }
}

// MARK: Requests

extension S3Probe {
  private struct Upload {
    let id: String
    let tag: String
    let crc: String?
  }

  private static let metadata = [
    ("x-amz-meta-mtime", "1700000000.123456789"), ("x-amz-meta-mode", "100640"), ("x-amz-meta-probe-a", "b"),
  ]

  private func put(_ path: [UInt8], _ headers: (String, String)...) -> S3Request {
    var request = S3Request(.putObject, .put, path: path)
    request.body = .bytes(Self.body)
    request.headers = Self.metadata.map { (name: $0.0, value: $0.1) } + headers.map { (name: $0.0, value: $0.1) }
    return request
  }

  private func copy(_ source: [UInt8], _ target: [UInt8], _ headers: (String, String)...) -> S3Request {
    var request = S3Request(.copyObject, .put, path: target)
    request.headers = headers.map { (name: $0.0, value: $0.1) }
    request.add("x-amz-copy-source", "/\(client.configuration.bucket)/" + PercentEncoding.encode(source, keepSlash: true))
    return request
  }

  /// Writes the object of a trial; its entity tag.
  private func create(_ path: [UInt8]) async throws -> [UInt8] {
    let (response, failure) = try await ask(put(path))
    if let failure { throw client.errors.error(response, failure, request: put(path)) }
    let tag = ETag.unquoted(response.headers["etag"] ?? "")
    return tag.isEmpty ? try await head(path)?.version.bytes ?? [] : tag
  }

  private func head(_ path: [UInt8]) async throws -> ObjectHeaders? {
    let (response, failure) = try await ask(S3Request(.headObject, .head, path: path), into: .discard)
    try check(response, failure, S3Request(.headObject, .head, path: path))
    return failure == nil ? ObjectHeaders(response.headers) : nil
  }

  private func keepsMetadata(_ path: [UInt8]) async throws -> Bool {
    guard let headers = try await head(path)?.headers else { return false }
    return Self.metadata.allSatisfy { headers[$0.0] == $0.1 }
  }

  private func listedTag(_ path: [UInt8]) async throws -> [UInt8]? {
    var request = S3Request(.listObjects, .get)
    request.query.append("list-type", "2")
    request.query.append("prefix", bytes: path)
    let response = try await client.send(request)
    let answer = try XMLDocument.parse(response.body)
    return answer.children("Contents").first { $0.child("Key")?.text == path }?.child("ETag").map { ETag.unquoted($0.text) }
  }

  private func upload(_ path: [UInt8], checksum: Bool) async throws -> Upload? {
    var request = S3Request(.createUpload, .post, path: path)
    request.query.append("uploads")
    if checksum {
      request.add("x-amz-checksum-algorithm", "CRC32C")
      request.add("x-amz-checksum-type", "FULL_OBJECT")
    }
    let (created, failure) = try await ask(request)
    try check(created, failure, request)
    guard failure == nil, let id = (try? XMLDocument.parse(created.body))?.child("UploadId")?.string else { return nil }
    var part = S3Request(.uploadPart, .put, path: path)
    part.query.append("uploadId", id)
    part.query.append("partNumber", "1")
    part.body = .bytes(Self.body)
    let crc = checksum ? Base64.encode(CRC.bytes(Self.body.withUnsafeBytes { CRC.crc32c($0) })) : nil
    if let crc { part.add("x-amz-checksum-crc32c", crc) }
    let (sent, refusal) = try await ask(part)
    do { try check(sent, refusal, part) } catch {
      await abort(path, Upload(id: id, tag: "", crc: nil))
      throw error
    }
    guard refusal == nil, let tag = sent.headers["etag"] else {
      await abort(path, Upload(id: id, tag: "", crc: nil))
      return nil
    }
    return Upload(id: id, tag: tag, crc: crc)
  }

  private func complete(_ path: [UInt8], _ upload: Upload, _ headers: (String, String)...) -> S3Request {
    var request = S3Request(.completeUpload, .post, path: path)
    request.query.append("uploadId", upload.id)
    request.headers = headers.map { (name: $0.0, value: $0.1) }
    if let crc = upload.crc {
      request.add("x-amz-checksum-type", "FULL_OBJECT")
      request.add("x-amz-checksum-crc32c", crc)
    }
    let tag = upload.tag.replacingQuotes
    let sum = upload.crc.map { "<ChecksumCRC32C>\($0)</ChecksumCRC32C>" } ?? ""
    let text =
      "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Part><PartNumber>1</PartNumber><ETag>\(tag)</ETag>\(sum)</Part></CompleteMultipartUpload>"
    request.add("content-type", "application/xml")
    request.body = .bytes(Array(text.utf8))
    return request
  }

  private func abort(_ path: [UInt8], _ upload: Upload) async {
    var request = S3Request(.abortUpload, .delete, path: path)
    request.query.append("uploadId", upload.id)
    _ = try? await client.exchange(request, into: .discard)
  }

  private func copiesPart(_ path: [UInt8], _ upload: Upload) async throws -> Bool {
    var request = S3Request(.copyPart, .put, path: path)
    request.query.append("uploadId", upload.id)
    request.query.append("partNumber", "2")
    request.add("x-amz-copy-source", "/\(client.configuration.bucket)/" + PercentEncoding.encode(path, keepSlash: true))
    request.add("x-amz-copy-source-range", "bytes=0-3")
    let (response, failure) = try await ask(request)
    guard failure == nil, let answer = try? XMLDocument.parse(response.body) else { return false }
    return answer.child("ETag").map { !$0.text.isEmpty } ?? false
  }
}

// MARK: What an answer means

extension S3Probe {
  /// An answer; asks again where the service was only busy, since no layer does that for a trial.
  private func ask(_ request: S3Request, into sink: HTTPSink = .memory(limit: 1 << 20)) async throws -> (
    HTTPResponse, ServiceError?
  ) {
    for pause in [100, 400, 1000] {
      do {
        let (response, failure) = try await client.exchange(request, into: sink)
        if response.status != 429 && (response.status < 500 || response.status == 501) { return (response, failure) }
      } catch let error as StorageError where error.retry != .never && error.code != .unauthenticated {}
      try await Task.sleep(for: .milliseconds(pause))
    }
    return try await client.exchange(request, into: sink)
  }

  /// An answer that says nothing about the header that was tried: out of order, not allowed.
  private func check(_ response: HTTPResponse, _ failure: ServiceError?, _ request: S3Request) throws {
    guard let failure else { return }
    let error = client.errors.error(response, failure, request: request)
    let says = [400, 404, 405, 409, 412, 501].contains(response.status)
    if !says || error.code == .storeNotFound || error.code == .unauthenticated { throw error }
  }

  /// Whether a condition that does not hold was obeyed.
  private func isRefused(_ request: S3Request) async throws -> Bool {
    let (response, failure) = try await ask(request)
    try check(response, failure, request)
    if response.status == 412 || response.status == 409 { return true }
    // A copy or completion may say it in its body.
    return ServiceError.parse(response.body).map { $0.code == "PreconditionFailed" } ?? false
  }

  /// Whether bytes that do not match their checksum were refused.
  private func isRejected(_ request: S3Request) async throws -> Bool {
    let (response, failure) = try await ask(request)
    guard let failure else { return false }
    // Here a 403 can be the answer: a signature over another hash than that of the bytes.
    if response.status == 403 { return true }
    try check(response, failure, request)
    return response.status == 400 && failure.code != "NotImplemented" && failure.code != "InvalidArgument"
  }

  private func accepted(_ request: S3Request) async throws -> Bool {
    let (response, failure) = try await ask(request)
    try check(response, failure, request)
    return failure == nil && ServiceError.parse(response.body) == nil
  }

  /// The spelling of a tag that is compared: refused when wrong, accepted when right.
  private func form(_ tag: [UInt8], _ make: (String) -> S3Request) async throws -> S3Traits.TagCondition {
    for form in [S3Traits.TagCondition.quoted, .unquoted] {
      guard let wrong = form.headerValue(Self.wrongTag), let right = form.headerValue(tag) else { continue }
      guard try await isRefused(make(wrong)) else { return .none }
      if try await accepted(make(right)) { return form }
    }
    return .none
  }
}

extension String {
  /// Quotes in the text of an element.
  fileprivate var replacingQuotes: String {
    var text = ""
    for character in self { text += character == "\"" ? "&quot;" : String(character) }
    return text
  }
}
