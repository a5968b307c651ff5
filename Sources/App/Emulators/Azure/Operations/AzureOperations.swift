import HTTPMessages
import HTTPServer
import Primitives

/// Everything that can be asked of the account; one file for each kind of question.
struct AzureOperations {
  let store: AzureStore
  let gate: AzureGate

  /// - Throws: `AzureFault`, and what breaks the connection.
  func answer(_ request: HTTPServerRequest) async throws -> AzureAnswer {
    let call = try open(request)
    try checkVersion(call)
    if call.method == .put || call.method == .post { _ = try call.contentLength() }
    if call.resourceType == "account", call.component == "properties" { return try accountInformation(call) }
    guard call.address.container != nil else { return try await answerService(call) }
    guard call.address.blob != nil else { return try await answerContainer(call) }
    return try await answerBlob(call)
  }

  /// Takes a request apart and finds out who sent it.
  /// - Parameter version: of the protocol, where the request itself does not say: that of the batch it is part of.
  func open(_ request: HTTPServerRequest, version: String? = nil) throws -> AzureCall {
    let query = try AzureQuery(request.query)
    let isContainer = query["restype"]?.lowercased() == "container" || query["restype"]?.lowercased() == "account"
    let address = try AzureAddress(
      path: request.path, host: request.headers["host"], account: gate.behaviour.account,
      isContainer: isContainer || request.path.hasSuffix("/"))
    let now = store.now()
    let grant = try gate.grant(request, address, query, version: request.headers["x-ms-version"] ?? version, now: now) { name in
      try store.transaction { try $0.anyContainer(name) }
    }
    return AzureCall(request: request, address: address, query: query, now: now, grant: grant)
  }

  private func checkVersion(_ call: AzureCall) throws(AzureFault) {
    guard let version = call["x-ms-version"] else { return }
    guard AzureAccessSignature.isVersion(version), version >= "2009-09-19" else { throw .invalidHeader("x-ms-version", version) }
  }

  private func answerService(_ call: AzureCall) async throws -> AzureAnswer {
    switch (call.method, call.resourceType, call.component) {
    case (.get, "", "list"): try listContainers(call)
    case (.get, "service", "properties"): try serviceProperties(call)
    case (.get, "service", "stats"): throw AzureFault.invalidQuery("comp", "stats", "Only at the secondary endpoint.")
    case (.post, "service", "userdelegationkey"): try await delegationKey(call)
    case (.post, "", "batch"): try await batch(call)
    default: throw refusal(call)
    }
  }

  private func answerContainer(_ call: AzureCall) async throws -> AzureAnswer {
    guard call.resourceType == "container" else { throw refusal(call) }
    switch (call.method, call.component) {
    case (.put, ""): return try createContainer(call)
    case (.delete, ""): return try deleteContainer(call)
    case (.get, ""), (.head, ""): return try containerProperties(call)
    case (.get, "metadata"), (.head, "metadata"): return try containerProperties(call)
    case (.put, "metadata"): return try setContainerMetadata(call)
    case (.get, "acl"), (.head, "acl"): return try containerAccess(call)
    case (.put, "acl"): return try await setContainerAccess(call)
    case (.put, "lease"): return try leaseContainer(call)
    case (.get, "list"): return try listBlobs(call)
    case (.post, "batch"): return try await batch(call)
    default: throw refusal(call)
    }
  }

  private func answerBlob(_ call: AzureCall) async throws -> AzureAnswer {
    guard call.resourceType == "" else { throw refusal(call) }
    switch (call.method, call.component) {
    case (.get, ""): return try getBlob(call)
    case (.head, ""): return try blobProperties(call)
    case (.get, "metadata"), (.head, "metadata"): return try blobMetadata(call)
    case (.delete, ""): return try deleteBlob(call)
    case (.put, ""):
      guard call["x-ms-copy-source"] != nil else { return try await putBlob(call) }
      return try await copyBlob(call)
    case (.put, "block"):
      return call["x-ms-copy-source"] == nil ? try await putBlock(call) : try await putBlockFromURL(call)
    case (.put, "blocklist"): return try await putBlockList(call)
    case (.get, "blocklist"): return try getBlockList(call)
    case (.put, "appendblock"): return try await appendBlock(call)
    case (.put, "page"): return try await putPage(call)
    case (.get, "pagelist"): return try getPageRanges(call)
    case (.put, "metadata"): return try setBlobMetadata(call)
    case (.put, "properties"): return try setBlobProperties(call)
    case (.put, "snapshot"): return try snapshotBlob(call)
    case (.put, "tier"): return try setTier(call)
    case (.get, "tags"): return try getTags(call)
    case (.put, "tags"): return try await setTags(call)
    case (.put, "lease"): return try leaseBlob(call)
    case (.put, "copy"): return try abortCopy(call)
    default: throw refusal(call)
    }
  }

  /// What is not asked that way.
  private func refusal(_ call: AzureCall) -> AzureFault {
    let known: Set<String> = [
      "", "list", "properties", "stats", "userdelegationkey", "batch", "metadata", "acl", "lease", "block", "blocklist",
      "appendblock",
      "page", "pagelist", "snapshot", "tier", "tags", "copy",
    ]
    guard known.contains(call.component) else {
      return .invalidQuery("comp", call.query["comp"] ?? "", "Not a component of this resource.")
    }
    return .unsupportedVerb
  }

  // MARK: What operations share

  /// The blob that a call is about, or its snapshot.
  func key(_ call: AzureCall) throws(AzureFault) -> AzureBlobKey {
    guard let container = call.address.container, let blob = call.address.blob else { throw .invalidURI }
    if let version = call.query["versionid"] {
      throw .invalidQuery("versionid", version, "Versions are not enabled for the account.")
    }
    return AzureBlobKey(container, blob, snapshot: call.snapshot)
  }

  /// The blob that a call changes; snapshots are never changed.
  func writableKey(_ call: AzureCall) throws(AzureFault) -> AzureBlobKey {
    if let snapshot = call.snapshot {
      throw .invalidQuery("snapshot", snapshot, "This operation is only allowed on the root blob. Snapshot should not be provided.")
    }
    return try key(call)
  }

  /// The body of a small request, refused if it is torn or too long.
  func smallBody(_ call: AzureCall, limit: Int = 1 << 20) async throws -> [UInt8] {
    let length = try call.contentLength()
    guard length <= limit else { throw AzureFault.requestBodyTooLarge }
    let bytes = try await call.request.body.collect(limit: limit)
    guard bytes.count == Int(length) else { throw AzureFault.incompleteBody }
    return bytes
  }
}
