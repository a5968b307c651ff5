import HTTPClient
import HTTPMessages
public import ObjectStorage
public import Primitives
import ProviderSupport

extension S3Store {
  public func stat(_ key: ObjectKey) async throws -> ObjectInfo { try await stat(key, versionID: nil) }

  func stat(_ key: ObjectKey, versionID: String?) async throws -> ObjectInfo {
    guard isPossible(key) else { throw error(.notFound, key, "it is not there") }
    var request = S3Request(versionID == nil ? .headObject : .headVersion, .head, key: key, path: path(key))
    if let versionID { request.query.append("versionId", versionID) }
    request.add("x-amz-checksum-mode", "ENABLED")
    let response = try await client.send(request, into: .discard)
    if let versionID { try check(response.headers, versionID, key) }
    let headers = ObjectHeaders(response.headers)
    guard let size = headers.contentLength else {
      throw StorageError(.corrupted, store: identity.displayName, key: key, message: "the store does not say how long it is")
    }
    return headers.info(key: key, size: size)
  }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    try await read(key, versionID: nil, options, into: sink)
  }

  private func read(
    _ key: ObjectKey, versionID: String?, _ options: ReadOptions, into sink: any ByteSink
  ) async throws -> ReadResult {
    guard isPossible(key) else { throw error(.notFound, key, "it is not there") }
    let checked = VerifyingSink(sink, key: key, options: options, store: identity.displayName)
    var attempt = 0
    while true {
      var request = S3Request(versionID == nil ? .getObject : .getVersion, .get, key: key, path: path(key))
      if let versionID { request.query.append("versionId", versionID) }
      if let range = checked.rangeHeader { request.add("range", range) } else { request.add("x-amz-checksum-mode", "ENABLED") }
      // Compared by `VerifyingSink` as well: some servers ignore it.
      if let version = checked.version, !version.bytes.isEmpty { request.add("if-match", "\"\(version.text)\"") }
      request.expectedLength = options.range.map { range in range.end.map { $0 - range.start } } ?? options.expectedSize
      let delivered = checked.delivered
      do {
        let response = try await client.send(
          request, into: .body(checked, onHead: { _, headers in try checked.accept(ObjectHeaders(headers).readHead) }))
        // An empty body may come without its head having been shown.
        if checked.info == nil { try checked.accept(ObjectHeaders(response.headers).readHead) }
        return try checked.finish()
      } catch let error as StorageError where error.cause is HTTPError && error.retry != .never && checked.info != nil {
        // Broken in the middle. Go on from there, as long as each attempt brings something.
        attempt = checked.delivered > delivered ? 0 : attempt + 1
        if attempt >= 2 { throw error }
        try Task.checkCancellation()
        if checked.delivered == 0 { try checked.restart() }
      }
    }
  }

  public func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload {
    let info = try await stat(key)
    if let ifMatches, info.entry.version != ifMatches {
      throw StorageError(.preconditionFailed, store: identity.displayName, key: key, message: "it changed meanwhile")
    }
    return payload(info, versionID: nil)
  }

  func payload(_ info: ObjectInfo, versionID: String?) -> ObjectPayload {
    let (key, version) = (info.entry.key, info.entry.version)
    let payload = Payload(length: info.entry.size, hashes: info.hashes) { [self] range in
      RemoteSource(length: Int64(range.count)) { [self] sink in
        guard let bytes = ByteRange(start: range.lowerBound, end: range.upperBound) else { return }
        let isWhole = range.count == info.entry.size
        _ = try await read(
          key, versionID: versionID,
          ReadOptions(range: isWhole ? nil : bytes, ifMatches: version, expectedSize: Int64(range.count)), into: sink)
      }
    }
    return ObjectPayload(info: info, payload: payload)
  }
}
