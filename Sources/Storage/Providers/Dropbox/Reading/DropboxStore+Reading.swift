import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
public import Primitives
import ProviderSupport

extension DropboxStore {
  public func stat(_ key: ObjectKey) async throws -> ObjectInfo { try await describe(key).info(key) }

  /// The file or folder of this name, as the key wants it. One request.
  /// - Throws: `.notFound`, also where a file was asked for and a folder is there, or the other way round.
  func describe(_ key: ObjectKey) async throws -> FileResource {
    guard let found = try await lookUp(key) else { throw error(.notFound, key, "it is not there") }
    return found
  }

  /// The same; nil if it is not there.
  func lookUp(_ key: ObjectKey) async throws -> FileResource? {
    guard isPossible(key) else { return nil }
    let request = DropboxRequest(.metadata, ["path": path(key)], key: key)
    do {
      let found = try resource(try await client.fetch(request), request)
      return found.kind == (key.isFolder ? .folder : .file) && DropboxNames.isSame(found.name, key.name) ? found : nil
    } catch let error as StorageError where error.code == .notFound { return nil }
  }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    try await read(key, versionID: nil, options, into: sink)
  }

  private func read(
    _ key: ObjectKey, versionID: String?, _ options: ReadOptions, into sink: any ByteSink
  ) async throws -> ReadResult {
    guard isPossible(key) else { throw error(.notFound, key, "it is not there") }
    if key.isFolder { return try await readFolder(key, options) }
    let checked = VerifyingSink(sink, key: key, options: options, store: identity.displayName)
    var attempt = 0
    while true {
      // By its path, not its revision, unless that is meant: an old one can be read as well, and then nobody sees that the file changed.
      let path = versionID.map { .string("rev:" + $0) } ?? path(key)
      var request = DropboxRequest(.download, ["path": path], key: key)
      request.range = checked.rangeHeader
      request.expectedLength = options.range.map { range in range.end.map { $0 - range.start } } ?? options.expectedSize
      let delivered = checked.delivered
      do {
        let response = try await client.send(
          request, into: .body(checked, onHead: { [self] _, headers in try checked.accept(try head(headers, key)) }))
        // An empty body may come without its head having been shown.
        if checked.info == nil { try checked.accept(try head(response.headers, key)) }
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

  /// A folder is an object without bytes.
  private func readFolder(_ key: ObjectKey, _ options: ReadOptions) async throws -> ReadResult {
    let info = try await stat(key)
    if let version = options.ifMatches, info.entry.version != version {
      throw error(.preconditionFailed, key, "it changed meanwhile")
    }
    if options.range != nil { throw error(.invalidArgument, key, "the range begins beyond the object's end") }
    return ReadResult(info: info, range: 0..<0)
  }

  /// What an answer's head says of the file whose bytes follow.
  private func head(_ headers: HTTPHeaders, _ key: ObjectKey) throws -> ReadHead {
    guard let text = headers["dropbox-api-result"],
      let json = try? JSONValue.parse(Array(text.utf8), limits: MarkupLimits(byteCount: 256 << 10)),
      let file = FileResource(json, kind: .file)
    else { throw error(.corrupted, retry: .later, key, "the store does not say which file follows") }
    guard DropboxNames.isSame(file.name, key.name) else { throw error(.notFound, key, "it is not there") }
    let range = headers["content-range"].flatMap(Self.range)
    guard range.map({ $0.size == file.size }) ?? true else {
      throw error(.corrupted, retry: .later, key, "the store contradicts itself about the file's length")
    }
    return ReadHead(
      version: file.version, contentLength: file.size, contentRange: range, hash: nil,
      partHash: file.contentHash.map { (DropboxLimits.hashBlock, $0) }, info: { key, _ in file.info(key) })
  }

  /// `bytes first-last/size`; nil if it makes no sense.
  private static func range(_ text: String) -> (range: Range<Int64>, size: Int64)? {
    guard text.hasPrefix("bytes ") else { return nil }
    let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let size = Int64(parts[1]) else { return nil }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]), first >= 0, last >= first, last < size else {
      return nil
    }
    return (first..<last + 1, size)
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
