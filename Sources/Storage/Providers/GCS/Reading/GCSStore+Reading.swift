import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
public import ObjectStorage
public import Primitives
import ProviderSupport

extension GCSStore {
  public func stat(_ key: ObjectKey) async throws -> ObjectInfo { try await describe(key).info(key) }

  /// All that the service says of an object. One request.
  func describe(_ key: ObjectKey, versionID: String? = nil) async throws -> ObjectResource {
    guard isPossible(key) else { throw error(.notFound, key, "it is not there") }
    var request = GCSRequest(.get, .get, client.object(name(key)), key: key)
    if let versionID { request.ask("generation", versionID) }
    request.ask("fields", ObjectResource.fields)
    let found = try resource(try await client.fetch(request), request)
    guard found.name == name(key), versionID.map({ $0 == found.generation }) ?? true else {
      throw error(.corrupted, key, "the store describes another object than was asked for")
    }
    return found
  }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    let (result, showsMetadata) = try await readMedia(key, versionID: nil, options, into: sink)
    return showsMetadata ? result : try await completed(result, key)
  }

  /// The bytes, and what their answer says of the object.
  private func readMedia(
    _ key: ObjectKey, versionID: String?, _ options: ReadOptions, into sink: any ByteSink
  ) async throws -> (ReadResult, showsMetadata: Bool) {
    guard isPossible(key) else { throw error(.notFound, key, "it is not there") }
    let checked = VerifyingSink(sink, key: key, options: options, store: identity.displayName)
    let showsMetadata = Lock(false)
    let accept: @Sendable (HTTPHeaders, ObjectVersion?) throws -> Void = { headers, version in
      let head = MediaHead(headers, version)
      showsMetadata.withLock { $0 = head.showsMetadata }
      try checked.accept(head.readHead)
    }
    var attempt = 0
    while true {
      var request = GCSRequest(.media, .get, client.object(name(key)), key: key)
      request.ask("alt", "media")
      if let versionID { request.ask("generation", versionID) }
      if let range = checked.rangeHeader { request.add("range", range) }
      // Without it the service unpacks what is stored as gzip, and its length and hashes are those of nothing that is stored.
      request.add("accept-encoding", "gzip")
      let version = checked.version
      // Compared by `VerifyingSink` as well; the service compares with the current generation only.
      if let version, !version.bytes.isEmpty, versionID == nil { try add(.ifMatches(version), to: &request) }
      // A missing object is missing, also where a state of it was named.
      request.condition = .always
      request.expectedLength = options.range.map { range in range.end.map { $0 - range.start } } ?? options.expectedSize
      let delivered = checked.delivered
      do {
        let response = try await client.send(
          request, into: .body(checked, onHead: { _, headers in try accept(headers, version) }))
        // An empty body may come without its head having been shown.
        if checked.info == nil { try accept(response.headers, version) }
        return (try checked.finish(), showsMetadata.withLock { $0 })
      } catch let error as StorageError where error.cause is HTTPError && error.retry != .never && checked.info != nil {
        // Broken in the middle. Go on from there, as long as each attempt brings something.
        attempt = checked.delivered > delivered ? 0 : attempt + 1
        if attempt >= 2 { throw error }
        try Task.checkCancellation()
        if checked.delivered == 0 { try checked.restart() }
      }
    }
  }

  /// Adds the metadata that the answer with the bytes did not show: it has none, or the service shows none there. (Google's reference
  /// lists `X-Goog-Meta-KEY` among the API's headers; the authors of its libraries say that reads lack them.) One request.
  private func completed(_ result: ReadResult, _ key: ObjectKey) async throws -> ReadResult {
    // A server that does not even say which generation it gave.
    guard ObjectResource.isGeneration(result.info.entry.version.text) else { return result }
    var request = GCSRequest(.get, .get, client.object(name(key)), key: key)
    request.ask("fields", ObjectResource.fields)
    request.ask("generation", try generation(result.info.entry.version, key))
    do {
      let found = try resource(try await client.fetch(request), request)
      return found.version == result.info.entry.version ? ReadResult(info: found.info(key), range: result.range) : result
    } catch let error as StorageError where error.code == .notFound {
      // Replaced since. The bytes are those of the state that was read.
      return result
    }
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
        _ = try await readMedia(
          key, versionID: versionID,
          ReadOptions(range: isWhole ? nil : bytes, ifMatches: version, expectedSize: Int64(range.count)), into: sink)
      }
    }
    return ObjectPayload(info: info, payload: payload)
  }
}
