import Crypto
import HTTPClient
import Markup
public import ObjectStorage

extension S3Store {
  public func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    try checkWritable(key, options)
    guard !key.isFolder else { throw error(.invalidArgument, key, "a folder has no parts") }
    return try await start(key, options)
  }

  private func start(_ key: ObjectKey, _ options: WriteOptions) async throws -> S3MultipartWrite {
    // One upload in parts is many requests: what they may rely on is worth finding out.
    let traits = try await prober.traits()
    let integrity = Integrity.choose(configuration.checksum, traits: traits, signsPayloads: client.signsPayloads)
    let keepsChecksum = integrity == .header(.crc32c) && traits.keepsPartChecksums
    var request = S3Request(.createUpload, .post, key: key, path: path(key))
    request.query.append("uploads")
    request.headers = try objectHeaders(options.metadata, key: key, storageClass: options.storageClass)
    if keepsChecksum {
      request.add("x-amz-checksum-algorithm", "CRC32C")
      request.add("x-amz-checksum-type", "FULL_OBJECT")
    } else if case .header(let algorithm) = integrity, algorithm != .md5, configuration.checksum != .auto {
      request.add("x-amz-checksum-algorithm", algorithm.rawValue.uppercased())
    }
    let response = try await client.send(request)
    let answer = try result(response, request)
    guard let uploadID = answer.child("UploadId")?.string, !uploadID.isEmpty else {
      throw error(.internalError, key, "the store began an upload without naming it")
    }
    return S3MultipartWrite(
      uploadID: uploadID, store: self, key: key, options: options, traits: traits,
      integrity: integrity == .header(.crc32c) && !keepsChecksum && configuration.checksum == .auto
        ? Integrity.choose(.auto, traits: traits.withoutCRC32C, signsPayloads: client.signsPayloads) : integrity,
      keepsChecksum: keepsChecksum)
  }

  /// Sends a large payload in parts, a few at once.
  func writeInParts(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    guard let plan = PartPlan(length: payload.length, preferred: configuration.partSize) else {
      throw error(.invalidArgument, key, "it is larger than the 5 TiB that S3 allows")
    }
    let upload = try await start(key, options)
    do {
      // A child tells whether it sent a part: hashing ahead makes no room for another one.
      try await withThrowingTaskGroup(of: Bool.self) { group in
        var next = 1
        var sending = 0
        let width = max(1, configuration.uploadConcurrency)
        var hashes = PartHashes(upload, payload, plan)
        while next <= plan.count {
          let digests = try await hashes.digests(of: next, &group)
          while sending == width, let hasSent = try await group.next() {
            if hasSent { sending -= 1 }
          }
          let number = next
          let range = plan.range(number)
          let part = Payload(
            length: Int64(range.count),
            makeSource: { inner in
              try payload.makeSource(range.lowerBound + inner.lowerBound..<range.lowerBound + inner.upperBound)
            }, verifyUnchanged: payload.verifyUnchanged)
          group.addTask {
            try await upload.write(part: number, part, digests: digests)
            return true
          }
          next += 1
          sending += 1
        }
        try await group.waitForAll()
      }
      try payload.verifyUnchanged()
      try Task.checkCancellation()
      return try await upload.complete()
    } catch {
      await upload.abort()
      throw error
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
