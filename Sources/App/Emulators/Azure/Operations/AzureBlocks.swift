import Crypto
import HTTPMessages
import HTTPServer
import Primitives

/// "Put Block", and what all blocks have in common.
extension AzureOperations {
  /// How large a block may be, by the version of the protocol.
  static func maximumBlock(_ call: AzureCall) -> Int64 {
    let version = call["x-ms-version"] ?? ""
    return (version >= "2019-12-12" ? 4000 : version >= "2016-05-31" ? 100 : 4) << 20
  }

  /// The identifier of a block, as the client spelled it and what that means.
  func blockID(_ call: AzureCall) throws(AzureFault) -> (text: String, bytes: [UInt8]) {
    guard let text = call.query["blockid"] else {
      throw AzureFault(
        400, "MissingRequiredQueryParameter", "A query parameter that's mandatory for this request is not specified.",
        details: [("QueryParameterName", "blockid")])
    }
    guard let bytes = Base64.decode(text), !bytes.isEmpty else {
      throw .invalidQuery("blockid", text, "Not a valid base64 string.")
    }
    guard bytes.count <= 64 else { throw .invalidQuery("blockid", text, "Block ID length cannot exceed 64.") }
    return (text, bytes)
  }

  func putBlock(_ call: AzureCall) async throws -> AzureAnswer {
    try call.grant.require(.object, "cw")
    let key = try writableKey(call)
    let id = try blockID(call)
    let check = try AzureBodyCheck(call)
    guard try call.contentLength() > 0 else { throw AzureFault.invalidHeader("Content-Length", "0") }
    try store.transaction { try checkStaging(call, key, id.bytes, $0) }
    let file = try await receive(call, limit: Self.maximumBlock(call), check)
    try store.transaction(receiving: file) { transaction in
      try checkStaging(call, key, id.bytes, transaction)
      try stage(key, AzureStagedBlock(id: id.text, extents: [AzureExtent(file)]), id.bytes, transaction)
    }
    var answer = AzureAnswer(201)
    try check.addSums(file.digests, to: &answer)
    try answer.add("x-ms-request-server-encrypted", "true")
    return answer
  }

  /// Whether a block may be added to what is there.
  func checkStaging(_ call: AzureCall, _ key: AzureBlobKey, _ id: [UInt8], _ transaction: AzureTransaction) throws {
    _ = try transaction.container(key.container)
    let blob = try transaction.anyBlob(key)
    if let blob, !blob.isUncommitted {
      guard blob.kind == .block else { throw AzureFault.invalidBlobType }
      try call.grant.requireCreation(over: true)
      try blob.lease.checkWrite(call["x-ms-lease-id"], "blob", transaction.now)
      if blob.tier == .archive { throw AzureFault.blobArchived }
      if blob.copy?.status == .pending { throw AzureFault.pendingCopy }
      // All blocks of a blob have identifiers of one length.
      if let length = blob.blockIDLength, length != Int64(id.count) { throw AzureFault.invalidBlobOrBlock }
    }
    if let known = try transaction.firstBlock(key), Base64.decode(known.id)?.count != id.count {
      throw AzureFault.invalidBlobOrBlock
    }
    if try transaction.block(key, id: id) == nil, try transaction.blockCount(key) >= 100_000 { throw AzureFault.tooManyBlocks }
  }

  /// Adds a block; the first one of a blob that there is not makes it known as uncommitted.
  func stage(_ key: AzureBlobKey, _ block: AzureStagedBlock, _ id: [UInt8], _ transaction: AzureTransaction) throws {
    try transaction.put(key, block, id: id)
    guard try transaction.anyBlob(key) == nil else { return }
    var blob = AzureBlob(name: key.name, kind: .block, created: transaction.now, modified: transaction.now)
    blob.isUncommitted = true
    try transaction.put(key, blob)
  }
}
