import Crypto
import HTTPMessages
import HTTPServer
import Primitives

/// "Put Blob".
extension AzureOperations {
  /// How large a blob may be that comes in one request, by the version of the protocol.
  private static func maximumUpload(_ call: AzureCall) -> Int64 {
    let version = call["x-ms-version"] ?? ""
    return (version >= "2019-12-12" ? 5000 : version >= "2016-05-31" ? 256 : 64) << 20
  }

  func putBlob(_ call: AzureCall) async throws -> AzureAnswer {
    try call.grant.require(.object, "cw")
    let key = try writableKey(call)
    let conditions = try AzureConditions(call)
    guard let type = call["x-ms-blob-type"] else { throw AzureFault.missingHeader("x-ms-blob-type") }
    guard let kind = AzureBlobKind(rawValue: type) else { throw AzureFault.invalidHeader("x-ms-blob-type", type) }
    var blob = try newBlob(call, kind, name: key.name)
    if kind != .block { return try createEmpty(call, key, conditions, &blob) }
    let check = try AzureBodyCheck(call, isBlob: true)
    _ = try store.transaction { try $0.container(key.container) }
    let file = try await receive(call, limit: Self.maximumUpload(call), check)
    blob.settings.contentMD5 = file[.md5].map { Base64.encode($0) }
    let stored = try store.transaction(receiving: file) { transaction in
      var blob = blob
      try replace(call, key, conditions, transaction, with: &blob)
      try transaction.put(key, blob, content: AzureContent(extents: file.size == 0 ? [] : [AzureExtent(file)]))
      return blob
    }
    var answer = AzureAnswer(201)
    try answer.addVersion(etag: stored.etag, modified: stored.modified)
    try check.addSums(file.digests, to: &answer, isBlob: true)
    try answer.add("x-ms-request-server-encrypted", "true")
    return answer
  }

  /// An append blob begins empty, a page blob with zeros.
  private func createEmpty(
    _ call: AzureCall, _ key: AzureBlobKey, _ conditions: AzureConditions, _ blob: inout AzureBlob
  ) throws -> AzureAnswer {
    guard try call.contentLength() == 0 else { throw AzureFault.invalidHeader("Content-Length", call["content-length"] ?? "") }
    var content = AzureContent()
    if blob.kind == .page {
      guard let size = try call.number("x-ms-blob-content-length") else {
        throw AzureFault.missingHeader("x-ms-blob-content-length")
      }
      guard Self.isPageBlobSize(size) else { throw AzureFault.invalidHeader("x-ms-blob-content-length", String(size)) }
      blob.sequence = try call.number("x-ms-blob-sequence-number") ?? 0
      if size > 0 { content.extents = [AzureExtent(nil, 0..<size)] }
    }
    let new = blob
    let stored = try store.transaction { transaction in
      var blob = new
      try replace(call, key, conditions, transaction, with: &blob)
      try transaction.put(key, blob, content: content)
      return blob
    }
    var answer = AzureAnswer(201)
    try answer.addVersion(etag: stored.etag, modified: stored.modified)
    try answer.add("x-ms-request-server-encrypted", "true")
    return answer
  }
}
