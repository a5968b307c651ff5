import Crypto
import HTTPMessages
import HTTPServer
import Primitives

/// "Append Block".
extension AzureOperations {
  func appendBlock(_ call: AzureCall) async throws -> AzureAnswer {
    try call.grant.require(.object, "aw")
    if let source = call["x-ms-copy-source"] { throw AzureFault.invalidHeader("x-ms-copy-source", source) }
    let check = try AzureBodyCheck(call)
    let position = try call.number("x-ms-blob-condition-appendpos")
    let limit = try call.number("x-ms-blob-condition-maxsize")
    guard try call.contentLength() > 0 else { throw AzureFault.invalidHeader("Content-Length", "0") }
    _ = try store.transaction { try appendable(call, $0) }
    let file = try await receive(call, limit: 100 << 20, check)
    let (blob, offset) = try store.transaction(receiving: file) { transaction in
      var blob = try appendable(call, transaction)
      let offset = blob.size
      if let position, position != offset { throw AzureFault.appendPosition }
      if let limit, offset + file.size > limit { throw AzureFault.maxBlobSize }
      guard blob.appends < 50_000 else { throw AzureFault.tooManyAppends }
      let key = try writableKey(call)
      var content = try transaction.content(key)
      content.extents.append(AzureExtent(file))
      blob.appends += 1
      blob.settings.contentMD5 = nil
      blob.lease.settleAfterWrite(transaction.now)
      blob.etag = try transaction.tick()
      blob.modified = transaction.now
      try transaction.put(key, blob, content: content)
      return (blob, offset)
    }
    var answer = AzureAnswer(201)
    try answer.addVersion(etag: blob.etag, modified: blob.modified)
    try check.addSums(file.digests, to: &answer)
    try answer.add("x-ms-blob-append-offset", String(offset))
    try answer.add("x-ms-blob-committed-block-count", String(blob.appends))
    try answer.add("x-ms-request-server-encrypted", "true")
    return answer
  }

  /// The append blob that a call may add to.
  private func appendable(_ call: AzureCall, _ transaction: AzureTransaction) throws -> AzureBlob {
    let key = try writableKey(call)
    _ = try transaction.container(key.container)
    let blob = try transaction.blobIfAny(key)
    try AzureConditions(call).checkWrite(blob?.version)
    guard let blob else { throw AzureFault.blobNotFound }
    guard blob.kind == .append else { throw AzureFault.invalidBlobType }
    try blob.lease.checkWrite(call["x-ms-lease-id"], "blob", transaction.now)
    if blob.copy?.status == .pending { throw AzureFault.pendingCopy }
    return blob
  }
}
