import Crypto
import HTTPClient
import HTTPMessages
public import ObjectStorage
public import Primitives
import ProviderSupport

extension AzureStore {
  public func stat(_ key: ObjectKey) async throws -> ObjectInfo { try await describe(key).resource.info(key) }

  /// A blob as it was found, and the name that it has in the container: a folder's may lack the closing slash.
  struct Found: Sendable {
    var name: [UInt8]
    var resource: BlobResource
  }

  /// All that the service says of an object. One request; two for a folder that is not there by its own name.
  func describe(_ key: ObjectKey) async throws -> Found {
    guard isPossible(key) else { throw error(.notFound, key, "it is not there") }
    do { return try await describe(key, named: name(key)) } catch let failure as StorageError
      where failure.code == .notFound && key.isFolder
    {
      // Hadoop, AzCopy and accounts with a hierarchical namespace name a folder without the slash.
      do {
        let found = try await describe(key, named: Array(name(key).dropLast()))
        if found.resource.isFolder { return found }
      } catch let other as StorageError where other.code == .notFound {}
      throw failure
    }
  }

  func describe(_ key: ObjectKey, named name: [UInt8], versionID: String? = nil) async throws -> Found {
    var request = AzureRequest(.properties, .head, .blob(name), key: key)
    if let versionID { Self.ask(for: versionID, &request) }
    let response = try await client.send(request)
    if let versionID, !Self.isSnapshot(versionID), response.headers["x-ms-version-id"] != versionID {
      throw error(.notFound, key, "the store gives another version than was asked for")
    }
    guard let size = response.headers["content-length"].flatMap({ Int64($0) }), size >= 0,
      let resource = BlobResource(response.headers, size: size)
    else { throw error(.internalError, key, "the store's answer describes no object", retry: .later) }
    if !key.isFolder, resource.isFolder { throw error(.notFound, key, "it is a folder") }
    return Found(name: name, resource: resource)
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
      let version = checked.version
      var request = request(.get, .get, key)
      if let versionID { Self.ask(for: versionID, &request) }
      if let range = checked.rangeHeader { request.add("x-ms-range", range) }
      // Compared by `VerifyingSink` as well. A missing object is missing, also where a state of it was named.
      if let version, !version.bytes.isEmpty { request.add("if-match", try EntityTag.header(version) ?? unknown(key)) }
      request.expectedLength = options.range.map { range in range.end.map { $0 - range.start } } ?? options.expectedSize
      let delivered = checked.delivered
      let accept: @Sendable (HTTPHeaders) throws -> Void = { [self] headers in
        let head = BlobHead(headers, version)
        if head.isFolder, !key.isFolder { throw error(.notFound, key, "it is a folder") }
        try checked.accept(head.readHead)
      }
      do {
        let response = try await client.send(
          request, into: .body(checked, onHead: { _, headers in try accept(headers) }))
        // An empty body may come without its head having been shown.
        if checked.info == nil { try accept(response.headers) }
        return try checked.finish()
      } catch let error as StorageError where error.code == .preconditionFailed && checked.info == nil && version != nil {
        // The service says the same where there is nothing at all.
        _ = try await describe(key, named: name(key), versionID: versionID)
        throw error
      } catch let error as StorageError where error.code == .archived {
        throw await explained(error, key, versionID)
      } catch let error as StorageError where error.cause is HTTPError && error.retry != .never && checked.info != nil {
        // Broken in the middle. Go on from there, as long as each attempt brings something.
        attempt = checked.delivered > delivered ? 0 : attempt + 1
        if attempt >= 2 { throw error }
        try Task.checkCancellation()
        if checked.delivered == 0 { try checked.restart() }
      }
    }
  }

  /// Says how far a blob is on its way out of the archive.
  private func explained(_ error: StorageError, _ key: ObjectKey, _ versionID: String?) async -> StorageError {
    var error = error
    if let advice = (try? await describe(key, named: name(key), versionID: versionID))?.resource.archiveAdvice {
      error.message = "cannot read it: \(advice)"
    }
    return error
  }

  public func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload {
    let info = try await stat(key)
    if let ifMatches, info.entry.version != ifMatches { throw error(.preconditionFailed, key, "it changed meanwhile") }
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
