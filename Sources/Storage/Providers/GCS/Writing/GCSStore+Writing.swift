import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
import Primitives
import ProviderSupport

/// An object to be written, checked and ready to be named in requests.
struct NewObject: Sendable {
  /// The key that the caller named, for messages.
  var key: ObjectKey
  /// The name in the bucket: the key's, or a part's.
  var name: [UInt8]
  /// Type, class and metadata.
  var resource: [JSONObject.Member]
  var condition = WriteCondition.always
}

extension GCSStore {
  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    let object = try newObject(key, options, length: payload.length)
    let size = payload.length
    let written: (resource: ObjectResource, hash: ContentHash?)
    if let threshold = configuration.parallelThreshold, size > max(threshold, 1), canJoin(options.storageClass) {
      written = (try await writeJoined(payload, object, options), nil)
    } else {
      written = try await upload(payload, object)
    }
    return WriteReceipt(
      version: written.resource.version, size: size, hash: written.hash, modified: options.metadata.modified)
  }

  /// What can be said without asking the service.
  func newObject(_ key: ObjectKey, _ options: WriteOptions, length: Int64?) throws -> NewObject {
    if options.keepReplacedAs != nil {
      throw StorageError.unsupported("keep what a write replaces", store: identity.displayName)
    }
    try checkName(key)
    if key.isFolder, length != 0 { throw error(.invalidArgument, key, "a folder has no bytes") }
    if let length, length > GCSConfiguration.Limits.largestObject {
      throw error(.invalidArgument, key, "it is larger than the 5 TiB that the service allows")
    }
    return NewObject(
      key: key, name: name(key),
      resource: try members(options.metadata, key, options.storageClass ?? configuration.storageClass), condition: options.condition
    )
  }

  func members(_ metadata: ObjectMetadata, _ key: ObjectKey, _ storageClass: StorageClass?) throws -> [JSONObject.Member] {
    do { return try ObjectAttributes.resource(for: metadata, key: key, storageClass: storageClass) } catch {
      throw self.error(.invalidArgument, key, "the metadata entry “\(DisplayText.escape(Array(error.name.utf8)))” cannot be stored")
    }
  }

  func checkName(_ key: ObjectKey) throws {
    guard isPossible(key) else {
      throw error(.invalidArgument, key, "its name is not UTF-8 without line ends, which Google Cloud Storage demands")
    }
    let name = name(key)
    guard name.count <= GCSConfiguration.Limits.keyLength else {
      throw error(
        .invalidArgument, key, "its name is longer than the \(GCSConfiguration.Limits.keyLength) bytes that the service allows")
    }
    guard !name.starts(with: Array(".well-known/acme-challenge/".utf8)) else {
      throw error(.invalidArgument, key, "the service keeps names below .well-known/acme-challenge/ for itself")
    }
  }

  /// Sends one object whole or chunk by chunk.
  func upload(_ payload: Payload, _ object: NewObject) async throws -> (resource: ObjectResource, hash: ContentHash?) {
    let isLarge = payload.length > configuration.resumableThreshold
    let (resource, digests) = try await isLarge ? uploadInChunks(payload, object) : insert(payload, object)
    // The service was told what to expect; that it compared is seen by what it now says.
    let isSame =
      resource.size == payload.length && resource.crc32c.map { $0 == digests[.crc32c] } ?? true
      && resource.md5.map { md5 in digests[.md5].map { $0 == md5 } ?? true } ?? true
    guard isSame else {
      var error = error(.corrupted, object.key, "the store's length or checksum is not that of what was sent")
      error.retry = .later
      error.mayHaveHappened = true
      throw error
    }
    // One hash is enough to know the content by; of chunks the service has computed it.
    let md5 = (digests[.md5] ?? resource.md5).map { ContentHash(.md5, $0) }
    return (resource, md5 ?? digests[.sha256].map { ContentHash(.sha256, $0) })
  }

  /// The whole object in one request, its hashes before it: the service stores nothing that does not match them.
  private func insert(_ payload: Payload, _ object: NewObject) async throws -> (ObjectResource, Digests) {
    let count = Int(payload.length)
    let held = max(count, 1)
    try await memory.acquire(held)
    defer { memory.release(held) }
    let reader = try PayloadReader(
      payload, hashes: [.crc32c, HashAlgorithm.md5.isAvailable ? .md5 : .sha256], key: object.key, store: identity.displayName)
    let bytes = try await reader.next(count)
    let digests = try await reader.finish()
    var members = object.resource
    members.append(.init("name", .string(String(decoding: object.name, as: UTF8.self))))
    if let crc = digests[.crc32c] { members.append(.init("crc32c", .string(Base64.encode(crc)))) }
    if let md5 = digests[.md5] { members.append(.init("md5Hash", .string(Base64.encode(md5)))) }
    let boundary = "isobar-" + Hex.encode(Random.bytes(16))
    var body = Array("--\(boundary)\r\ncontent-type: application/json; charset=utf-8\r\n\r\n".utf8)
    body.reserveCapacity(count + 2048)
    body += JSONValue.object(JSONObject(members)).bytes()
    body += Array("\r\n--\(boundary)\r\ncontent-type: \(contentType(object))\r\n\r\n".utf8)
    body += bytes
    body += Array("\r\n--\(boundary)--\r\n".utf8)
    var request = GCSRequest(.insert, .post, client.uploads, key: object.key)
    request.ask("uploadType", "multipart")
    request.ask("fields", ObjectResource.fields)
    try add(object.condition, to: &request)
    request.add("content-type", "multipart/related; boundary=\(boundary)")
    request.body = .bytes(body)
    // After the last byte was read.
    try payload.verifyUnchanged()
    return (try resource(try await client.fetch(request), request), digests)
  }

  func contentType(_ object: NewObject) -> String {
    object.resource.first { $0.key == "contentType" }?.value.stringValue ?? "application/octet-stream"
  }
}
