import Crypto
import HTTPClient
import HTTPMessages
public import ObjectStorage
import Primitives
import ProviderSupport

extension AzureStore {
  public func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try checkName(destination)
    return try await copy(try await unchanged(source, options.sourceMatches), source, to: destination, options)
  }

  public func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try checkName(destination)
    let found = try await unchanged(source, options.sourceMatches)
    let receipt = try await copy(found, source, to: destination, options)
    if source == destination { return receipt }
    // Only what was copied goes: a change in between stays where it is, and the copy beside it.
    let outcome = try await delete([DeleteTarget(source, ifMatches: found.resource.version)])
    if let error = outcome.first?.error { throw error }
    return receipt
  }

  func unchanged(_ key: ObjectKey, _ version: ObjectVersion?) async throws -> Found {
    let found = try await describe(key)
    if let version, EntityTag.header(found.resource.version) != EntityTag.header(version) { return try unknown(key) }
    return found
  }

  private func copy(
    _ found: Found, _ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions
  ) async throws -> WriteReceipt {
    let resource = found.resource
    let known = resource.info(source)
    let metadata =
      options.metadata
      ?? ObjectMetadata(
        modified: known.entry.modified, mode: known.entry.mode, contentType: resource.contentType, user: known.userMetadata,
        headers: resource.headers)
    if source == destination {
      return try await change(found, source, options.metadata, tier: options.storageClass, options.condition)
    }
    if let advice = resource.archiveAdvice { throw error(.archived, source, "cannot copy it: \(advice)") }
    var kept = metadata
    kept.contentType = kept.contentType ?? resource.contentType
    let object = NewObject(
      key: destination, name: name(destination),
      headers: try headers(kept, destination, options.storageClass ?? configuration.accessTier), condition: options.condition)
    let version: ObjectVersion
    if resource.size == 0 {
      version = try await put(.empty, object).version
    } else if resource.size <= AzureConfiguration.Limits.largestCopy, resource.type ?? "BlockBlob" == "BlockBlob" {
      version = try await putFromURL(found, object)
    } else {
      version = try await copyInBlocks(found, source, object)
    }
    return WriteReceipt(version: version, size: resource.size, hash: known.entry.hash, modified: metadata.modified)
  }

  /// The service copies a blob whole, in one request that ends when it is done.
  private func putFromURL(_ found: Found, _ object: NewObject) async throws -> ObjectVersion {
    var request = AzureRequest(.putFromURL, .put, .blob(object.name), key: object.key)
    request.headers = object.headers
    request.add("x-ms-blob-type", "BlockBlob")
    request.add("x-ms-copy-source-blob-properties", "false")
    request.headers += try await copySource(found.name, object.key)
    request.add("x-ms-source-if-match", try EntityTag.header(found.resource.version) ?? unknown(object.key))
    if let md5 = found.resource.contentMD5 { request.add("x-ms-source-content-md5", Base64.encode(md5)) }
    // Known only where we may read tags, and then we may as a rule set them.
    if let count = found.resource.tagCount, count > 0 { request.add("x-ms-copy-source-tag-option", "COPY") }
    try add(object.condition, to: &request)
    return try version(try await client.send(request), request)
  }

  /// The service copies a blob in pieces, several at once, and makes one of them.
  private func copyInBlocks(_ found: Found, _ source: ObjectKey, _ object: NewObject) async throws -> ObjectVersion {
    let size = max(configuration.blockSize(for: found.resource.size), AzureConfiguration.Limits.largestCopy)
    let upload = Random.bytes(16)
    let begun = client.clock.now().seconds
    let count = Int((found.resource.size + size - 1) / size)
    let ids = (0..<count).map { BlockID(upload: upload, begun: begun, number: $0, crc: 0).text }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, id) in ids.enumerated() {
        if index >= max(1, configuration.uploadConcurrency) { try await group.next() }
        let range = Int64(index) * size..<min(Int64(index + 1) * size, found.resource.size)
        group.addTask { [self] in
          _ = try await copyBlock(id, of: object, named: found.name, range, ifMatches: found.resource.version)
        }
      }
      try await group.waitForAll()
    }
    try Task.checkCancellation()
    return try await commit(ids.map { BlockReference.uncommitted($0) }, as: object, md5: found.resource.contentMD5)
  }

  /// The service copies a range of a blob into a block.
  /// - Returns: the CRC-64 of what it copied; nil if it tells none.
  func copyBlock(
    _ id: String, of object: NewObject, from source: ObjectKey, _ range: Range<Int64>, ifMatches: ObjectVersion?
  ) async throws -> UInt64? {
    guard isPossible(source) else { throw error(.notFound, source, "it is not there") }
    return try await copyBlock(id, of: object, named: name(source), range, ifMatches: ifMatches)
  }

  private func copyBlock(
    _ id: String, of object: NewObject, named source: [UInt8], _ range: Range<Int64>, ifMatches: ObjectVersion?
  ) async throws -> UInt64? {
    var request = AzureRequest(.putBlockFromURL, .put, .blob(object.name), key: object.key)
    request.ask("comp", "block")
    request.ask("blockid", id)
    request.headers = try await copySource(source, object.key)
    request.add("x-ms-source-range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
    if let ifMatches { request.add("x-ms-source-if-match", try EntityTag.header(ifMatches) ?? unknown(object.key)) }
    return try await client.patience.run { [request] in
      BlockCRC.read(try await self.client.send(request).headers["x-ms-content-crc64"])
    }
  }

  private func copySource(_ name: [UInt8], _ key: ObjectKey) async throws -> [(name: String, value: String)] {
    let headers = try await client.source(name)
    // "A URL of up to 2 KiB in length."
    guard headers.allSatisfy({ $0.name != "x-ms-copy-source" || $0.value.utf8.count <= 2048 }) else {
      throw StorageError(
        .unsupported, store: identity.displayName, key: key,
        message: "cannot copy it: the source's name is too long for the service")
    }
    return headers
  }
}
