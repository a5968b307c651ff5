import Crypto
import HTTPMessages
import HTTPServer
import Primitives

/// The checksums that a request gives of its body, and what came of them.
struct AzureBodyCheck {
  private let md5: [UInt8]?
  private let crc64: [UInt8]?

  /// - Parameter isBlob: whether the body is a whole blob, whose own MD5 then is that of the body.
  init(_ call: AzureCall, isBlob: Bool = false) throws(AzureFault) {
    let transport = try call.md5("content-md5")
    md5 = isBlob ? try call.md5("x-ms-blob-content-md5") ?? transport : transport
    crc64 = try call.crc64("x-ms-content-crc64")
    if transport != nil, crc64 != nil {
      throw AzureFault(
        400, "BothCrc64AndMd5HeaderPresent", "Both x-ms-content-crc64 header and Content-MD5 header are present.")
    }
    if let body = call["x-ms-structured-body"] { throw .invalidHeader("x-ms-structured-body", body) }
  }

  /// - Throws: `Md5Mismatch`, `Crc64Mismatch`.
  func verify(_ digests: Digests) throws(AzureFault) {
    try Self.compare(md5, digests[.md5], "Md5") { $0 }
    try Self.compare(crc64, digests[.crc64nvme], "Crc64") { $0.reversed() }
  }

  /// As above, for a body in memory.
  func verify(_ body: [UInt8]) throws(AzureFault) {
    let sums = HashStream([.md5, .crc64nvme])
    sums.update(body)
    try verify(sums.finish())
  }

  private static func compare(
    _ given: [UInt8]?, _ found: [UInt8]?, _ kind: String, _ spelled: ([UInt8]) -> [UInt8]
  ) throws(AzureFault) {
    guard let given, let found, given != found else { return }
    throw .checksumMismatch(kind, user: Base64.encode(spelled(given)), server: Base64.encode(spelled(found)))
  }

  /// What the service says of a body it has taken: the sum that it was given, or its own.
  func addSums(_ digests: Digests, to answer: inout AzureAnswer, isBlob: Bool = false) throws {
    if md5 != nil || isBlob { try answer.add("Content-MD5", digests[.md5].map { Base64.encode($0) }) }
    if md5 == nil || isBlob { try answer.add("x-ms-content-crc64", digests[.crc64nvme].map { Base64.encode($0.reversed()) }) }
  }
}

extension AzureOperations {
  /// Takes a body into a file, checked as it comes.
  /// - Throws: `RequestBodyTooLarge`, mismatches, `InvalidInput` for a torn one.
  func receive(_ call: AzureCall, limit: Int64, _ check: AzureBodyCheck) async throws -> Blob {
    let length = try call.contentLength()
    guard length <= limit else { throw AzureFault.requestBodyTooLarge }
    let file: Blob
    do {
      // The polynomial of the service's CRC-64 is the one of NVMe.
      file = try await store.depot.blobs.receive(call.request.body, limit: limit, hashes: [.md5, .crc64nvme])
    } catch is BodyTooLong { throw AzureFault.requestBodyTooLarge }
    do {
      guard file.size == length else { throw AzureFault.incompleteBody }
      try check.verify(file.digests)
    } catch {
      store.depot.blobs.remove(file)
      throw error
    }
    return file
  }

  /// What a request sets of a blob that it makes.
  func newBlob(_ call: AzureCall, _ kind: AzureBlobKind, name: [UInt8]) throws(AzureFault) -> AzureBlob {
    var blob = AzureBlob(name: name, kind: kind, created: call.now, modified: call.now)
    blob.settings = settings(call)
    blob.metadata = try call.metadata()
    if let tags = try call.tags() {
      try call.grant.require(.object, "t")
      blob.tags = tags
    }
    blob.tier = try accessTier(call, kind)
    if blob.tier != nil { blob.tierChanged = call.now }
    return blob
  }

  /// `x-ms-blob-…`; a blob's type may also come as the body's own.
  func settings(_ call: AzureCall, takesContentHeaders: Bool = true) -> AzureSettings {
    func value(_ name: String) -> String? { call["x-ms-blob-\(name)"] ?? (takesContentHeaders ? call[name] : nil) }
    return AzureSettings(
      contentType: value("content-type") ?? "application/octet-stream", contentEncoding: value("content-encoding"),
      contentLanguage: value("content-language"), contentDisposition: call["x-ms-blob-content-disposition"],
      cacheControl: value("cache-control"), contentMD5: call["x-ms-blob-content-md5"])
  }

  /// The tier that a request names; nil without one.
  func accessTier(_ call: AzureCall, _ kind: AzureBlobKind) throws(AzureFault) -> AzureTier? {
    guard let text = call["x-ms-access-tier"] else { return nil }
    guard kind == .block, let tier = [AzureTier.hot, .cool, .cold, .archive].first(where: { AzureQuery.isSame($0.rawValue, text) })
    else { throw .invalidHeader("x-ms-access-tier", text) }
    return tier
  }

  /// Takes the place of what is there: conditions, lease, copies under way and the creation rights are looked at, in this order.
  func replace(
    _ call: AzureCall, _ key: AzureBlobKey, _ conditions: AzureConditions, _ transaction: AzureTransaction,
    with blob: inout AzureBlob
  ) throws {
    _ = try transaction.container(key.container)
    let old = try transaction.blobIfAny(key)
    try conditions.checkWrite(old?.version, creates: true)
    try call.grant.requireCreation(over: old != nil)
    if let old {
      // "Once a blob has been created, the type of the blob cannot be changed unless it is deleted and re-created."
      guard old.kind == blob.kind else { throw AzureFault.invalidBlobType }
      try old.lease.checkWrite(call["x-ms-lease-id"], "blob", transaction.now)
      if old.tier == .archive { throw AzureFault.blobArchived }
      if old.copy?.status == .pending { throw AzureFault.pendingCopy }
      blob.lease = old.lease
      blob.lease.settleAfterWrite(transaction.now)
      blob.created = old.created
    } else {
      try AzureLease().checkWrite(call["x-ms-lease-id"], "blob", transaction.now)
    }
    try transaction.dropBlocks(key)
    blob.isUncommitted = false
    blob.etag = try transaction.tick()
    blob.modified = transaction.now
  }
}
