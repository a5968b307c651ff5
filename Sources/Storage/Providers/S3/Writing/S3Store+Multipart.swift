import Crypto
import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
import ProviderSupport

extension S3Store {
  public func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    try checkWritable(key, options)
    guard !key.isFolder else { throw error(.invalidArgument, key, "a folder has no parts") }
    return try await start(key, options, try await terms(key, options), content: nil)
  }

  /// How an upload in parts is done: what decides it is asked of the service once.
  private struct Terms {
    let traits: S3Traits
    let integrity: Integrity
    let keepsChecksum: Bool
    /// The checksum that is named when the upload is begun.
    var listed: HashAlgorithm?
    var headers: [(name: String, value: String)]
  }

  private func terms(_ key: ObjectKey, _ options: WriteOptions) async throws -> Terms {
    // One upload in parts is many requests: what they may rely on is worth finding out.
    let traits = try await prober.traits()
    let chosen = Integrity.choose(configuration.checksum, traits: traits, signsPayloads: client.signsPayloads)
    let keepsChecksum = chosen == .header(.crc32c) && traits.keepsPartChecksums
    var headers = try objectHeaders(options.metadata, key: key, storageClass: options.storageClass)
    var listed: HashAlgorithm?
    if keepsChecksum {
      listed = .crc32c
      headers.append(("x-amz-checksum-algorithm", "CRC32C"))
      headers.append(("x-amz-checksum-type", "FULL_OBJECT"))
    } else if case .header(let algorithm) = chosen, algorithm != .md5, configuration.checksum != .auto {
      listed = algorithm
      headers.append(("x-amz-checksum-algorithm", algorithm.rawValue.uppercased()))
    }
    let integrity =
      chosen == .header(.crc32c) && !keepsChecksum && configuration.checksum == .auto
      ? Integrity.choose(.auto, traits: traits.withoutCRC32C, signsPayloads: client.signsPayloads) : chosen
    return Terms(traits: traits, integrity: integrity, keepsChecksum: keepsChecksum, listed: listed, headers: headers)
  }

  private func start(_ key: ObjectKey, _ options: WriteOptions, _ terms: Terms, content: [UInt8]?) async throws -> S3MultipartWrite
  {
    var request = S3Request(.createUpload, .post, key: key, path: path(key))
    request.query.append("uploads")
    request.headers = terms.headers
    let response = try await client.send(request)
    let answer = try result(response, request)
    guard let uploadID = answer.child("UploadId")?.string, !uploadID.isEmpty else {
      throw error(.internalError, key, "the store began an upload without naming it")
    }
    let note = uploads?.note(key, uploadID: uploadID, content: content, at: identity.stableID)
    return upload(uploadID, key, options, terms, note)
  }

  private func upload(
    _ uploadID: String, _ key: ObjectKey, _ options: WriteOptions, _ terms: Terms, _ note: (any S3UploadNote)?
  ) -> S3MultipartWrite {
    S3MultipartWrite(
      uploadID: uploadID, store: self, key: key, options: options, traits: terms.traits, integrity: terms.integrity,
      keepsChecksum: terms.keepsChecksum, listed: terms.listed, note: note)
  }

  /// Sends a large payload in parts, a few at once; goes on with an upload of the same content that was interrupted.
  func writeInParts(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    guard let plan = PartPlan(length: payload.length, preferred: configuration.partSize) else {
      throw error(.invalidArgument, key, "it is larger than the 5 TiB that S3 allows")
    }
    let terms = try await terms(key, options)
    let content = Self.resumption(
      of: payload, partSize: plan.partSize, headers: terms.headers, keepsChecksum: terms.keepsChecksum)
    var sent: Set<Int> = []
    var upload: S3MultipartWrite?
    if let content, let found = uploads?.unfinished(key, content: content, at: identity.stableID) {
      let before = self.upload(found.uploadID, key, options, terms, found.note)
      do {
        if let listed = try await listParts(of: key, uploadID: found.uploadID) {
          sent = try await keepParts(listed, of: payload, plan, for: before)
          upload = before
        } else {
          // It may be there although nobody tells its parts: thrown away below, and noted until that is certain.
          found.note.letGo()
        }
      } catch {
        found.note.letGo()
        throw error
      }
    }
    let current: S3MultipartWrite
    if let upload {
      current = upload
    } else {
      try await abortAbandonedUploads(of: key)
      current = try await start(key, options, terms, content: content)
    }
    do {
      try await send(payload, plan, without: sent, through: current)
      try payload.verifyUnchanged()
      try current.compare(with: payload.hashes)
      try Task.checkCancellation()
      return try await current.complete()
    } catch {
      // What was sent is worth keeping, unless trying again would end the same way.
      let isPassing =
        error is CancellationError || (error as? StorageError).map { $0.retry != .never || $0.code == .cancelled } ?? false
      if content != nil, current.canBeResumed, isPassing, (error as? StorageError)?.code != .sourceChanged {
        current.letGo()
      } else {
        await current.abort()
      }
      throw error
    }
  }

  private func send(_ payload: Payload, _ plan: PartPlan, without sent: Set<Int>, through upload: S3MultipartWrite) async throws {
    // A child tells whether it sent a part: hashing ahead makes no room for another one.
    try await withThrowingTaskGroup(of: Bool.self) { group in
      var sending = 0
      let width = max(1, configuration.uploadConcurrency)
      let whole = S3MultipartWrite.combined(of: payload.hashes)
      // Parts of what was interrupted are missing here and there: the rest is hashed part by part.
      var hashes = PartHashes(upload, payload, plan, isWhole: sent.isEmpty)
      for number in 1...plan.count where !sent.contains(number) {
        let digests = try await hashes.digests(of: number, &group)
        while sending == width, let hasSent = try await group.next() {
          if hasSent { sending -= 1 }
        }
        let part = payload[plan.range(number)]
        group.addTask { [patience] in
          try await patience.run { try await upload.write(part: number, part, digests: digests, hashes: whole) }
          return true
        }
        sending += 1
      }
      try await group.waitForAll()
    }
  }

  /// The document of an answer with status 200, which may still say that the operation failed.
  func result(_ response: HTTPResponse, _ request: S3Request) throws -> XMLElement {
    // While it works the service may send white space to keep the connection open.
    let body = Array(response.body.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 })
    let element: XMLElement
    do { element = try XMLDocument.parse(body) } catch {
      throw self.error(.internalError, request.key, "the store's answer to \(request.operation.rawValue) makes no sense: \(error)")
    }
    if element.name == "Error" { throw client.errors.embedded(ServiceError.parse(body) ?? ServiceError(), request: request) }
    // Not every service gives the document its proper name.
    return element
  }
}
