import Crypto
import HTTPMessages
import HTTPServer
import Primitives

/// "Copy Blob", "Copy Blob From URL", "Put Blob From URL", "Put Block From URL", "Abort Copy Blob". No bytes are moved.
extension AzureOperations {
  func copyBlob(_ call: AzureCall) async throws -> AzureAnswer {
    try call.grant.require(.object, "cw")
    guard try call.contentLength() == 0 else { throw AzureFault.invalidHeader("Content-Length", call["content-length"] ?? "") }
    if let type = call["x-ms-blob-type"] {
      guard type == AzureBlobKind.block.rawValue else { throw AzureFault.invalidHeader("x-ms-blob-type", type) }
      return try await putBlobFromURL(call)
    }
    return try call.flag("x-ms-requires-sync") ? try await copyBlobFromURL(call) : try startCopy(call)
  }

  private func startCopy(_ call: AzureCall) throws -> AzureAnswer {
    let source = try copySource(call, borrowsRights: call.grant.isUnlimited)
    defer { source.release() }
    let isPending = store.behaviour.copy > .zero
    let copied = try put(call, source, isPending: isPending)
    var answer = AzureAnswer(202)
    try answer.addVersion(etag: copied.etag, modified: copied.modified)
    try answer.add("x-ms-copy-id", copied.copy?.id)
    try answer.add("x-ms-copy-status", copied.copy?.status.rawValue)
    return answer
  }

  private func copyBlobFromURL(_ call: AzureCall) async throws -> AzureAnswer {
    let source = try copySource(call, borrowsRights: false)
    defer { source.release() }
    guard source.blob.kind == .block else { throw AzureFault.invalidBlobType }
    guard source.blob.size <= 256 << 20 else {
      throw AzureFault.cannotVerifySource(
        409, "The source request body for synchronous copy is too large and exceeds the maximum permissible limit (256MB).")
    }
    let digests = try await source.digests(source.content.extents)
    try verifySource(call, digests)
    let copied = try put(call, source, isPending: false)
    var answer = AzureAnswer(202)
    try answer.addVersion(etag: copied.etag, modified: copied.modified)
    try answer.add("x-ms-copy-id", copied.copy?.id)
    try answer.add("x-ms-copy-status", "success")
    try answer.add("Content-MD5", copied.settings.contentMD5)
    try answer.add("x-ms-content-crc64", digests[.crc64nvme].map { Base64.encode($0.reversed()) })
    try answer.add("x-ms-request-server-encrypted", "true")
    return answer
  }

  /// Makes the destination of what the source was.
  private func put(_ call: AzureCall, _ source: AzureCopySource, isPending: Bool) throws -> AzureBlob {
    let key = try writableKey(call)
    let conditions = try AzureConditions(call)
    var new = try newBlob(call, source.blob.kind, name: key.name)
    new.settings = source.blob.settings
    if new.metadata.isEmpty { new.metadata = source.blob.metadata }
    new.blockIDLength = source.blob.blockIDLength
    (new.sequence, new.appends, new.isSealed) = (source.blob.sequence, source.blob.appends, source.blob.isSealed)
    let made = new
    return try store.transaction { transaction in
      var blob = made
      try replace(call, key, conditions, transaction, with: &blob)
      blob.copy = AzureCopy(
        id: AzureID.make(), source: source.address, status: isPending ? .pending : .success, size: source.content.size,
        completed: isPending ? nil : transaction.now, dueAt: isPending ? transaction.now + store.behaviour.copy : nil)
      if isPending { try transaction.putPending(key, source.content) }
      try transaction.put(key, blob, content: isPending ? AzureContent() : source.content)
      return blob
    }
  }

  private func putBlobFromURL(_ call: AzureCall) async throws -> AzureAnswer {
    let key = try writableKey(call)
    let conditions = try AzureConditions(call)
    var new = try newBlob(call, .block, name: key.name)
    let source = try copySource(call, borrowsRights: false)
    defer { source.release() }
    guard source.blob.kind == .block else { throw AzureFault.invalidBlobType }
    guard source.blob.size <= 5000 << 20 else { throw AzureFault.requestBodyTooLarge }
    let digests = try await source.digests(source.content.extents)
    try verifySource(call, digests)
    if call["x-ms-copy-source-blob-properties"]?.lowercased() != "false" {
      let names = ["content-type", "content-encoding", "content-language", "content-disposition", "cache-control"]
      // What the request sets itself wins over what the source has.
      if !names.contains(where: { call.request.headers.contains("x-ms-blob-\($0)") }) { new.settings = source.blob.settings }
    }
    new.settings.contentMD5 = digests[.md5].map { Base64.encode($0) }
    if call["x-ms-copy-source-tag-option"] == "COPY" { new.tags = source.blob.tags }
    let made = new
    let stored = try store.transaction { transaction in
      var blob = made
      try replace(call, key, conditions, transaction, with: &blob)
      try transaction.put(key, blob, content: AzureContent(extents: source.content.extents))
      return blob
    }
    var answer = AzureAnswer(201)
    try answer.addVersion(etag: stored.etag, modified: stored.modified)
    try answer.add("Content-MD5", stored.settings.contentMD5)
    try answer.add("x-ms-content-crc64", digests[.crc64nvme].map { Base64.encode($0.reversed()) })
    try answer.add("x-ms-request-server-encrypted", "true")
    return answer
  }

  func putBlockFromURL(_ call: AzureCall) async throws -> AzureAnswer {
    try call.grant.require(.object, "cw")
    let key = try writableKey(call)
    let id = try blockID(call)
    guard try call.contentLength() == 0 else { throw AzureFault.invalidHeader("Content-Length", call["content-length"] ?? "") }
    let asked = try call.range("x-ms-source-range")
    let source = try copySource(call, borrowsRights: false)
    defer { source.release() }
    let range = try Self.resolve(asked, size: source.content.size)
    guard !range.isEmpty, Int64(range.count) <= Self.maximumBlock(call) else { throw AzureFault.invalidRange }
    let extents = source.content.slice(range)
    let digests = try await source.digests(extents)
    try verifySource(call, digests)
    try store.transaction { transaction in
      try checkStaging(call, key, id.bytes, transaction)
      try stage(key, AzureStagedBlock(id: id.text, extents: extents), id.bytes, transaction)
    }
    var answer = AzureAnswer(201)
    if call["x-ms-source-content-md5"] != nil {
      try answer.add("Content-MD5", digests[.md5].map { Base64.encode($0) })
    } else {
      try answer.add("x-ms-content-crc64", digests[.crc64nvme].map { Base64.encode($0.reversed()) })
    }
    try answer.add("x-ms-request-server-encrypted", "true")
    return answer
  }

  func abortCopy(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.object, "w")
    let key = try writableKey(call)
    guard let id = call.query["copyid"] else { throw AzureFault.invalidQuery("copyid", "", "Missing.") }
    guard call["x-ms-copy-action"] == "abort" else { throw AzureFault.missingHeader("x-ms-copy-action") }
    try store.transaction { transaction in
      _ = try transaction.container(key.container)
      guard var blob = try transaction.blobIfAny(key) else { throw AzureFault.blobNotFound }
      try blob.lease.checkWrite(call["x-ms-lease-id"], "blob", transaction.now)
      guard var copy = blob.copy, copy.status == .pending else { throw AzureFault.noPendingCopy }
      guard copy.id == id else { throw AzureFault.copyIDMismatch }
      (copy.status, copy.completed, copy.dueAt) = (.aborted, transaction.now, nil)
      blob.copy = copy
      try transaction.dropPending(key)
      try transaction.put(key, blob)
    }
    return AzureAnswer(204)
  }
}
