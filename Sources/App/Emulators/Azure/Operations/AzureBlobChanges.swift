import HTTPMessages
import HTTPServer
import Markup
import Primitives

/// Operations that change or remove a blob, and leave its bytes.
extension AzureOperations {
  /// Changes what is there, under the request's conditions and its lease.
  /// - Parameter isNewVersion: whether the blob gets another ETag by it.
  func change(
    _ call: AzureCall, isNewVersion: Bool = true, worksInArchive: Bool = false,
    _ change: (inout AzureBlob, AzureBlobKey, AzureTransaction) throws -> Void
  ) throws -> AzureBlob {
    let key = try writableKey(call)
    let conditions = try AzureConditions(call)
    return try store.transaction { transaction in
      _ = try transaction.container(key.container)
      let old = try transaction.blobIfAny(key)
      try conditions.checkWrite(old?.version)
      guard var blob = old else { throw AzureFault.blobNotFound }
      try blob.lease.checkWrite(call["x-ms-lease-id"], "blob", transaction.now)
      if blob.tier == .archive, !worksInArchive { throw AzureFault.blobArchived }
      if blob.copy?.status == .pending { throw AzureFault.pendingCopy }
      try change(&blob, key, transaction)
      if isNewVersion {
        blob.lease.settleAfterWrite(transaction.now)
        blob.etag = try transaction.tick()
        blob.modified = transaction.now
      }
      try transaction.put(key, blob)
      return blob
    }
  }

  func setBlobMetadata(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.object, "w")
    let metadata = try call.metadata()
    let blob = try change(call) { blob, _, _ in blob.metadata = metadata }
    var answer = AzureAnswer(200)
    try answer.addVersion(etag: blob.etag, modified: blob.modified)
    try answer.add("x-ms-request-server-encrypted", "true")
    return answer
  }

  func setBlobProperties(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.object, "w")
    let size = try call.number("x-ms-blob-content-length")
    if let size, !Self.isPageBlobSize(size) { throw AzureFault.invalidHeader("x-ms-blob-content-length", String(size)) }
    let md5 = try call.md5("x-ms-blob-content-md5")
    // A request that resizes only leaves the rest as it is.
    let names = ["content-type", "content-encoding", "content-language", "content-disposition", "content-md5"].map {
      "x-ms-blob-\($0)"
    }
    let replaces = (names + ["x-ms-blob-cache-control"]).contains { call.request.headers.contains($0) }
    var settings = settings(call, takesContentHeaders: false)
    settings.contentType = call["x-ms-blob-content-type"]
    settings.contentMD5 = md5.map { Base64.encode($0) }
    let new = settings
    let blob = try change(call) { blob, key, transaction in
      if replaces || size == nil { blob.settings = new }
      guard size != nil || call["x-ms-sequence-number-action"] != nil else { return }
      guard blob.kind == .page else { throw AzureFault.invalidBlobType }
      if let size { try resize(&blob, key, to: size, transaction) }
      try setSequenceNumber(call, &blob)
    }
    var answer = AzureAnswer(200)
    try answer.addVersion(etag: blob.etag, modified: blob.modified)
    if blob.kind == .page { try answer.add("x-ms-blob-sequence-number", String(blob.sequence)) }
    return answer
  }

  // MARK: Tags

  func getTags(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.object, "t")
    let key = try key(call)
    let conditions = try AzureConditions(call)
    let blob = try store.transaction { try readable(call, key, conditions, $0) }
    var xml = AzureXML()
    Self.writeTags(blob.tags, &xml)
    var answer = AzureAnswer(200)
    try answer.body(xml)
    return answer
  }

  func setTags(_ call: AzureCall) async throws -> AzureAnswer {
    try call.grant.require(.object, "t")
    let check = try AzureBodyCheck(call)
    let body = try await smallBody(call, limit: 64 << 10)
    try check.verify(body)
    guard let root = try? XMLDocument.parse(body), root.name == "Tags", let set = root.child("TagSet") else {
      throw AzureFault.invalidXML
    }
    let tags = try AzureTags.checked(
      try set.children.map { tag throws(AzureFault) in
        guard tag.name == "Tag", let key = tag.child("Key"), let value = tag.child("Value") else { throw .invalidXML }
        return AzureField(name: key.string, value: value.string)
      })
    _ = try change(call, isNewVersion: false, worksInArchive: true) { blob, _, _ in blob.tags = tags }
    return AzureAnswer(204)
  }

  // MARK: Tier

  func setTier(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.object, "w")
    guard call["x-ms-access-tier"] != nil else { throw AzureFault.missingHeader("x-ms-access-tier") }
    guard let tier = try accessTier(call, .block) else { throw AzureFault.missingHeader("x-ms-access-tier") }
    let priority = call["x-ms-rehydrate-priority"] ?? "Standard"
    guard ["Standard", "High"].contains(priority) else { throw AzureFault.invalidHeader("x-ms-rehydrate-priority", priority) }
    let blob = try change(call, isNewVersion: false, worksInArchive: true) { blob, _, transaction in
      guard blob.kind == .block else { throw AzureFault.invalidBlobType }
      if let rehydration = blob.rehydration {
        guard rehydration.tier == tier else { throw AzureFault.blobBeingRehydrated }
        blob.rehydration?.priority = priority
      } else if blob.tier == .archive, tier != .archive {
        blob.rehydration = AzureRehydration(tier: tier, priority: priority, readyAt: transaction.now + store.behaviour.rehydration)
      } else {
        blob.tier = tier
        blob.tierChanged = transaction.now
      }
    }
    return AzureAnswer(blob.rehydration == nil ? 200 : 202)
  }

  // MARK: Snapshots

  func snapshotBlob(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.object, "cw")
    let key = try writableKey(call)
    let metadata = try call.metadata()
    let conditions = try AzureConditions(call)
    let snapshot = try store.transaction { transaction in
      _ = try transaction.container(key.container)
      let old = try transaction.blobIfAny(key)
      try conditions.checkWrite(old?.version)
      guard var snapshot = old else { throw AzureFault.blobNotFound }
      try snapshot.lease.checkRead(call["x-ms-lease-id"], "blob", transaction.now)
      if snapshot.tier == .archive { throw AzureFault.blobArchived }
      let tick = try transaction.tick()
      snapshot.snapshot = AzureTicks.text(tick)
      snapshot.lease = AzureLease()
      if !metadata.isEmpty {
        snapshot.metadata = metadata
        snapshot.etag = tick
        snapshot.modified = transaction.now
      }
      let copy = AzureBlobKey(key.container, key.name, snapshot: snapshot.snapshot)
      try transaction.put(copy, snapshot, content: try transaction.content(key))
      return snapshot
    }
    var answer = AzureAnswer(201)
    try answer.addVersion(etag: snapshot.etag, modified: snapshot.modified)
    try answer.add("x-ms-snapshot", snapshot.snapshot)
    try answer.add("x-ms-request-server-encrypted", "false")
    return answer
  }

  // MARK: Removal

  func deleteBlob(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.object, "d")
    let key = try key(call)
    let conditions = try AzureConditions(call)
    let scope = call["x-ms-delete-snapshots"]?.lowercased()
    if let scope, !["include", "only"].contains(scope) || key.snapshot != nil {
      throw AzureFault.invalidHeader("x-ms-delete-snapshots", scope)
    }
    try store.transaction { transaction in
      _ = try transaction.container(key.container)
      let blob = try transaction.blobIfAny(key)
      try conditions.checkWrite(blob?.version)
      guard let blob else {
        // "The client may call Delete Blob to delete uncommitted blobs."
        guard key.snapshot == nil, try transaction.anyBlob(key) != nil else { throw AzureFault.blobNotFound }
        try transaction.remove(key)
        return try transaction.dropBlocks(key)
      }
      if key.snapshot == nil { try blob.lease.checkWrite(call["x-ms-lease-id"], "blob", transaction.now) }
      guard key.snapshot == nil else { return try transaction.remove(key) }
      let snapshots = try transaction.snapshots(key)
      if scope == nil, !snapshots.isEmpty { throw AzureFault.snapshotsPresent }
      for snapshot in snapshots { try transaction.remove(AzureBlobKey(key.container, key.name, snapshot: snapshot)) }
      guard scope != "only" else { return }
      try transaction.remove(key)
      try transaction.dropBlocks(key)
    }
    var answer = AzureAnswer(202)
    try answer.add("x-ms-delete-type-permanent", "true")
    return answer
  }
}
