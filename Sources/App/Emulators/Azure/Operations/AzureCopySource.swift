import Concurrency
import Crypto
import HTTPMessages
import HTTPServer
import Primitives

/// What a request names to be copied, after its own rights and conditions were looked at. Its files are retained until `release`.
struct AzureCopySource {
  let address: String
  let blob: AzureBlob
  let content: AzureContent
  let store: AzureStore

  func release() { store.release(content.extents) }

  /// The digests of a part of it.
  func digests(_ extents: [AzureExtent]) async throws -> Digests {
    if extents.count == 1, let file = extents[0].file, extents[0].range == 0..<file.size { return file.digests }
    return try await BlockingPool.shared.run { [store] in try store.digests(extents, [.md5, .crc64nvme]) }
  }
}

extension AzureOperations {
  /// Finds what `x-ms-copy-source` names, which is a blob of this account.
  /// - Parameter borrowsRights: whether who may write here by the account's key or a token may read there by it, too. Otherwise the
  ///   source must be public, or carry a signature, or come with `x-ms-copy-source-authorization`.
  func copySource(_ call: AzureCall, borrowsRights: Bool) throws -> AzureCopySource {
    let address = call["x-ms-copy-source"] ?? ""
    guard address.utf8.count <= 2048, let url = URLParts(parsing: address) else {
      throw AzureFault.invalidHeader("x-ms-copy-source", address)
    }
    let conditions = try AzureConditions(call, prefix: "x-ms-source-")
    var headers = HTTPHeaders()
    try headers.add("host", url.endpoint.authority)
    if let version = call["x-ms-version"] { try headers.add("x-ms-version", version) }
    if let authorization = call["x-ms-copy-source-authorization"] { try headers.add("authorization", authorization) }
    let request = HTTPServerRequest(
      method: .get, target: url.path + (url.query.map { "?\($0)" } ?? ""), headers: headers, body: NoBody())
    do {
      var source = try open(request)
      if borrowsRights, !AzureAccessSignature.isIn(source.query), !headers.contains("authorization") { source.grant = call.grant }
      try source.grant.require(.object, "r")
      let key = try key(source)
      return try store.transaction { transaction in
        _ = try transaction.container(key.container)
        guard let blob = try transaction.blobIfAny(key) else { throw AzureFault.blobNotFound }
        try conditions.checkSource(blob.version)
        try blob.lease.checkRead(call["x-ms-source-lease-id"], "blob", transaction.now)
        if blob.tier == .archive { throw AzureFault.blobArchived }
        if blob.copy?.status == .pending { throw AzureFault.pendingCopy }
        let content = try transaction.content(key)
        store.retain(content.extents)
        return AzureCopySource(address: address, blob: blob, content: content, store: store)
      }
    } catch let fault as AzureFault {
      // What a reader of the source would have been told comes back under a code of its own, unless it is the caller's to know.
      guard !borrowsRights || fault.status == 401 || fault.status == 403 else { throw fault }
      guard fault.code != "SourceConditionNotMet" else { throw fault }
      throw AzureFault.cannotVerifySource(fault.status, fault.message)
    }
  }

  /// Checks what a request says that the source holds.
  func verifySource(_ call: AzureCall, _ digests: Digests) throws(AzureFault) {
    if let md5 = try call.md5("x-ms-source-content-md5"), let found = digests[.md5], md5 != found {
      throw .checksumMismatch("Md5", user: Base64.encode(md5), server: Base64.encode(found))
    }
    if let crc = try call.crc64("x-ms-source-content-crc64"), let found = digests[.crc64nvme], crc != found {
      throw .checksumMismatch("Crc64", user: Base64.encode(crc.reversed()), server: Base64.encode(found.reversed()))
    }
  }
}

/// The body of a request that has none.
final class NoBody: HTTPRequestBody {
  let length: Int64? = 0
  func read(into sink: any ByteSink) -> Int64 { 0 }
}
