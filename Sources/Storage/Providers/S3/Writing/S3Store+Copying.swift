import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
import Primitives

extension S3Store {
  public func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try checkName(destination)
    return try await copy(source, to: destination, options, info: try await unchanged(source, options.sourceMatches)).receipt
  }

  public func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try checkName(destination)
    let info = try await unchanged(source, options.sourceMatches)
    let receipt = try await copy(source, to: destination, options, info: info).receipt
    if source == destination { return receipt }
    // Only what was copied goes: a change in between stays where it is, and the copy beside it.
    let outcome = try await delete([DeleteTarget(source, ifMatches: info.entry.version)])
    if let error = outcome.first?.error { throw error }
    return receipt
  }

  public func updateMetadata(_ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?) async throws -> WriteReceipt
  {
    let info = try await unchanged(key, ifMatches)
    var metadata = metadata
    metadata.contentType = metadata.contentType ?? info.contentType
    if metadata.headers.isEmpty { metadata.headers = info.headers }
    let options = CopyOptions(sourceMatches: ifMatches, metadata: metadata, storageClass: info.entry.storageClass)
    return try await copy(key, to: key, options, info: info).receipt
  }

  /// The name of an object as the source of a copy.
  func copySource(_ key: ObjectKey) -> String {
    "/" + configuration.bucket.text + "/" + PercentEncoding.encode(path(key), keepSlash: true)
  }

  private func unchanged(_ key: ObjectKey, _ version: ObjectVersion?) async throws -> ObjectInfo {
    let info = try await stat(key)
    if let version, info.entry.version != version { throw error(.preconditionFailed, key, "cannot copy it: it changed meanwhile") }
    return info
  }

  private func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions, info: ObjectInfo) async throws -> (
    receipt: WriteReceipt, info: ObjectInfo
  ) {
    let isSame = source == destination
    if isSame && options.metadata == nil && options.storageClass == nil {
      let entry = info.entry
      return (WriteReceipt(version: entry.version, size: entry.size, hash: entry.hash, modified: entry.modified), info)
    }
    let traits = try await prober.traits()
    // A service that drops metadata on the way gets it again; so does an object copied onto itself, which needs a difference.
    let metadata: ObjectMetadata? =
      options.metadata
      ?? (traits.copyKeepsMetadata && !isSame
        ? nil
        : ObjectMetadata(
          modified: info.entry.modified, mode: info.entry.mode, contentType: info.contentType, user: info.userMetadata,
          headers: info.headers))
    if info.entry.size > S3Configuration.Limits.largestCopy {
      return (try await copyInParts(source, to: destination, options, metadata: metadata, info: info), info)
    }
    var request = S3Request(.copyObject, .put, key: destination, path: path(destination))
    request.headers = try objectHeaders(metadata ?? ObjectMetadata(), key: destination, storageClass: options.storageClass)
    if metadata == nil { request.headers.removeAll { $0.name == "content-type" } }
    request.add("x-amz-metadata-directive", metadata == nil ? "COPY" : "REPLACE")
    request.add("x-amz-copy-source", copySource(source))
    if let value = traits.copySourceIfMatch.headerValue(info.entry.version.bytes) {
      request.add("x-amz-copy-source-if-match", value)
    }
    if let header = try await condition(options.condition, on: .copyObject, key: destination, traits: traits) {
      request.headers.append(header)
    }
    let response = try await client.send(request)
    let answer = try result(response, request)
    let receipt = try await receipt(
      destination, tag: ETag.unquoted(answer.child("ETag")?.text ?? []), size: info.entry.size, hash: info.entry.hash,
      modified: (metadata?.modified ?? info.entry.modified), expecting: info.entry.version.bytes)
    return (receipt, info)
  }

  /// A copy of an object that is too large for one request.
  private func copyInParts(
    _ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions, metadata: ObjectMetadata?, info: ObjectInfo
  ) async throws -> WriteReceipt {
    // One request replaces an object by itself with nothing in between; many must not replace what came meanwhile.
    let isOnItself = source == destination && options.condition == .always
    let write = WriteOptions(
      condition: isOnItself ? .ifMatches(info.entry.version) : options.condition,
      metadata: metadata
        ?? ObjectMetadata(
          modified: info.entry.modified, mode: info.entry.mode, contentType: info.contentType, user: info.userMetadata,
          headers: info.headers),
      storageClass: options.storageClass)
    guard let plan = PartPlan(length: info.entry.size, preferred: 512 << 20) else {
      throw error(.invalidArgument, source, "it is larger than the 5 TiB that S3 allows")
    }
    // Where copies take no condition the source is looked at once more when all of it is there.
    let isConditional = try await prober.traits().copySourceIfMatch != .none
    return try await withMultipartWrite(destination, write) { upload in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 1...plan.count {
          if number > configuration.uploadConcurrency { try await group.next() }
          group.addTask {
            try await upload.copy(
              part: number, from: source, range: plan.range(number), ifMatches: isConditional ? info.entry.version : nil)
          }
        }
        try await group.waitForAll()
      }
      if !isConditional { _ = try await unchanged(source, info.entry.version) }
    }
  }
}
