import HTTPClient
import HTTPMessages
public import ObjectStorage
import Primitives
import ProviderSupport

extension AzureStore {
  public func updateMetadata(_ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?) async throws -> WriteReceipt
  {
    try await change(try await unchanged(key, ifMatches), key, metadata, tier: nil, .always)
  }

  /// Changes what an object has beside its content, in up to three requests, each of which demands the state that the one before it
  /// left. (Setting a tier makes no new state.)
  func change(
    _ found: Found, _ key: ObjectKey, _ metadata: ObjectMetadata?, tier: StorageClass?, _ condition: WriteCondition
  ) async throws -> WriteReceipt {
    let known = found.resource.info(key)
    switch condition {
    case .always: break
    case .ifAbsent: throw error(.alreadyExists, key, "cannot write it: it is there already")
    case .ifMatches(let wanted):
      if EntityTag.header(wanted) != EntityTag.header(found.resource.version) { return try unknown(key) }
    }
    var version = found.resource.version
    if var metadata {
      metadata.contentType = metadata.contentType ?? found.resource.contentType
      if metadata.contentType != found.resource.contentType || metadata.headers != found.resource.headers {
        version = try await setProperties(metadata, found, key, version)
        version = try await setMetadataPatiently(metadata, found, key, version)
      } else {
        version = try await setMetadata(metadata, found, key, version)
      }
    }
    if let tier, tier != found.resource.tier {
      var request = AzureRequest(.setTier, .put, .blob(found.name), key: key)
      request.ask("comp", "tier")
      request.add("x-ms-access-tier", tier.name)
      try await client.send(request)
    }
    return WriteReceipt(
      version: version, size: found.resource.size, hash: known.entry.hash,
      modified: metadata.map(\.modified) ?? known.entry.modified)
  }

  /// What is not named is cleared, the hash of the content too.
  private func setProperties(
    _ metadata: ObjectMetadata, _ found: Found, _ key: ObjectKey, _ version: ObjectVersion
  ) async throws -> ObjectVersion {
    var request = AzureRequest(.setProperties, .put, .blob(found.name), key: key)
    request.ask("comp", "properties")
    do { request.headers = try BlobAttributes.properties(for: metadata, key: key) } catch { throw refused(error, key) }
    if let md5 = found.resource.md5 { request.add("x-ms-blob-content-md5", Base64.encode(md5)) }
    try add(.ifMatches(version), to: &request)
    return try self.version(try await client.send(request), request)
  }

  private func setMetadata(
    _ metadata: ObjectMetadata, _ found: Found, _ key: ObjectKey, _ version: ObjectVersion
  ) async throws -> ObjectVersion {
    var request = AzureRequest(.setMetadata, .put, .blob(found.name), key: key)
    request.ask("comp", "metadata")
    do {
      request.headers = try BlobAttributes.entries(for: metadata, key: key).map { ("x-ms-meta-" + $0.name, $0.value) }
    } catch { throw refused(error, key) }
    try add(.ifMatches(version), to: &request)
    return try self.version(try await client.send(request), request)
  }

  /// Behind another change: the state that the caller named is no more, so that he could not repeat this one himself.
  private func setMetadataPatiently(
    _ metadata: ObjectMetadata, _ found: Found, _ key: ObjectKey, _ version: ObjectVersion
  ) async throws -> ObjectVersion {
    var isUncertain = false
    return try await client.patience.run {
      do { return try await setMetadata(metadata, found, key, version) } catch let failure as StorageError {
        // The state that was demanded may be no more because an earlier try was done, and only its answer lost.
        if isUncertain, failure.code == .preconditionFailed, let now = try? await describe(key).resource,
          let wanted = try? BlobAttributes.entries(for: metadata, key: key),
          now.metadata == Dictionary(wanted.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
        {
          return now.version
        }
        isUncertain = isUncertain || failure.mayHaveHappened
        throw failure
      }
    }
  }
}
