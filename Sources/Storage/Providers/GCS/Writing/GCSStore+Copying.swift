import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
import Primitives

extension GCSStore {
  public func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try checkName(destination)
    return try await copy(try await unchanged(source, options.sourceMatches), source, to: destination, options)
  }

  public func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try checkName(destination)
    let found = try await unchanged(source, options.sourceMatches)
    let receipt = try await copy(found, source, to: destination, options)
    if source == destination { return receipt }
    // Only what was copied goes: a change in between stays where it is, and the copy beside it.
    let outcome = try await delete([DeleteTarget(source, ifMatches: found.version)])
    if let error = outcome.first?.error { throw error }
    return receipt
  }

  public func updateMetadata(_ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?) async throws -> WriteReceipt
  {
    let found = try await unchanged(key, ifMatches)
    var request = GCSRequest(.patch, .patch, client.object(name(key)), key: key)
    request.ask("fields", ObjectResource.fields)
    // The same content, and the metadata that was seen: of two who change it at once one has to look again.
    try add(.ifMatches(found.version), to: &request)
    if let metageneration = found.metageneration { request.ask("ifMetagenerationMatch", metageneration) }
    var metadata = metadata
    metadata.contentType = metadata.contentType ?? found.contentType
    var members = try members(metadata, key, nil).filter { $0.key != "metadata" }
    // What is not named stays: what shall go is named with nothing.
    for (header, path) in ObjectAttributes.contentHeaders
    where metadata.headers[keyPath: path] == nil && found.headers[keyPath: path] != nil { members.append(.init(header, .null)) }
    let wanted: [(name: String, value: String)]
    do { wanted = try ObjectAttributes.entries(for: metadata) } catch {
      throw self.error(.invalidArgument, key, "the metadata entry “\(DisplayText.escape(Array(error.name.utf8)))” cannot be stored")
    }
    let names = Set(wanted.map(\.name))
    let gone = found.metadata.keys.filter { !names.contains($0) }.sorted()
    members.append(
      .init(
        "metadata", .object(JSONObject(wanted.map { .init($0.name, .string($0.value)) } + gone.map { .init($0, .null) }))))
    request.setBody(JSONObject(members))
    let changed = try resource(try await client.fetch(request), request)
    return WriteReceipt(version: changed.version, size: changed.size, modified: metadata.modified)
  }

  private func unchanged(_ key: ObjectKey, _ version: ObjectVersion?) async throws -> ObjectResource {
    let found = try await describe(key)
    if let version, found.version != version { throw error(.preconditionFailed, key, "it changed meanwhile") }
    return found
  }

  private func copy(
    _ found: ObjectResource, _ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions
  ) async throws -> WriteReceipt {
    let known = found.info(source)
    let modified = options.metadata.map(\.modified) ?? known.entry.modified
    if source == destination, options.metadata == nil, options.storageClass == nil {
      return WriteReceipt(version: found.version, size: found.size, hash: known.entry.hash, modified: modified)
    }
    let storageClass = options.storageClass ?? configuration.storageClass
    var body: JSONObject?
    if options.metadata != nil || storageClass != nil {
      // A copy that names anything takes nothing over by itself.
      var metadata =
        options.metadata
        ?? ObjectMetadata(
          modified: known.entry.modified, mode: known.entry.mode, contentType: found.contentType, user: known.userMetadata,
          headers: found.headers)
      metadata.contentType = metadata.contentType ?? found.contentType
      body = JSONObject(try members(metadata, destination, storageClass))
    }
    var token: String?
    // A large object between classes or places is copied in pieces of the service's choosing.
    for _ in 0..<100_000 {
      var request = GCSRequest(.rewrite, .post, client.rewrite(name(source), to: name(destination)), key: destination)
      try add(options.condition, to: &request)
      request.ask("sourceGeneration", found.generation)
      request.ask("ifSourceGenerationMatch", found.generation)
      if let token { request.ask("rewriteToken", token) }
      if let body { request.setBody(body) }
      let answer = try await fetchFromSource(request)
      if answer["done"]?.boolValue == true, let json = answer["resource"] {
        let copy = try resource(json, request)
        guard copy.size == found.size, copy.crc32c == nil || found.crc32c == nil || copy.crc32c == found.crc32c else {
          throw error(.corrupted, destination, "the store copied something else than was asked for")
        }
        return WriteReceipt(version: copy.version, size: copy.size, hash: known.entry.hash, modified: modified)
      }
      guard let next = answer["rewriteToken"]?.stringValue, !next.isEmpty else {
        throw error(.internalError, destination, "the store neither copied it nor says how to go on")
      }
      token = next
      try Task.checkCancellation()
    }
    throw error(.internalError, destination, "the store does not come to the copy's end")
  }

  /// Asks for something to be made of other objects. The service does not say which condition failed, that of the source or that of what is
  /// made: nothing stood in the way that is not there.
  func fetchFromSource(_ request: GCSRequest) async throws -> JSONValue {
    do { return try await client.fetch(request) } catch let failure as StorageError where failure.code == .alreadyExists {
      if let key = request.key, try await find(key) == nil {
        throw error(.preconditionFailed, key, "cannot \(request.operation.attempt): its source changed meanwhile")
      }
      throw failure
    }
  }
}
