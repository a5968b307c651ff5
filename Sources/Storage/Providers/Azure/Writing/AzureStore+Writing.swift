import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
public import ObjectStorage
import Primitives
import ProviderSupport

/// An object to be written, checked and ready to be named in requests.
struct NewObject: Sendable {
  /// The key that the caller named, for messages.
  var key: ObjectKey
  /// In the container.
  var name: [UInt8]
  /// Type, tier and metadata.
  var headers: [(name: String, value: String)]
  var condition = WriteCondition.always
}

extension AzureStore {
  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    let object = try newObject(key, options, length: payload.length)
    let written =
      payload.length > configuration.singlePut ? try await putBlocks(payload, object) : try await put(payload, object)
    return WriteReceipt(
      version: written.version, size: payload.length, hash: Self.hash(written.digests),
      modified: options.metadata.modified)
  }

  /// What is computed of an object's bytes: what the service keeps beside them. One hash is enough to know the content by.
  static var hashes: Set<HashAlgorithm> { HashAlgorithm.md5.isAvailable ? [.md5] : [.sha256] }

  private static func hash(_ digests: Digests) -> ContentHash? {
    digests[.md5].map { ContentHash(.md5, $0) } ?? digests[.sha256].map { ContentHash(.sha256, $0) }
  }

  /// What can be said without asking the service.
  func newObject(_ key: ObjectKey, _ options: WriteOptions, length: Int64?) throws -> NewObject {
    if options.keepReplacedAs != nil {
      throw StorageError.unsupported("keep what a write replaces", store: identity.displayName)
    }
    try checkName(key)
    if key.isFolder, length != 0 { throw error(.invalidArgument, key, "a folder has no bytes") }
    if let length, length > AzureConfiguration.Limits.largestObject {
      throw error(.invalidArgument, key, "it is larger than the 190 TiB that the service allows")
    }
    return NewObject(
      key: key, name: name(key), headers: try headers(options.metadata, key, options.storageClass ?? configuration.accessTier),
      condition: options.condition)
  }

  /// The headers of a new object beside those of its content.
  func headers(_ metadata: ObjectMetadata, _ key: ObjectKey, _ tier: StorageClass?) throws -> [(name: String, value: String)] {
    do { return try BlobAttributes.headers(for: metadata, key: key, tier: tier) } catch { throw refused(error, key) }
  }

  func refused(_ invalid: InvalidMetadata, _ key: ObjectKey) -> StorageError {
    error(.invalidArgument, key, "the metadata entry “\(DisplayText.escape(invalid.name))” cannot be stored")
  }

  /// The whole object in one request, its hash before it: the service stores nothing that does not match.
  func put(_ payload: Payload, _ object: NewObject) async throws -> (version: ObjectVersion, digests: Digests) {
    let count = Int(payload.length)
    let held = max(count, 1)
    try await memory.acquire(held)
    defer { memory.release(held) }
    let reader = try PayloadReader(payload, hashes: Self.hashes, key: object.key, store: identity.displayName)
    let bytes = try await reader.next(count)
    let digests = try await reader.finish()
    var request = AzureRequest(.put, .put, .blob(object.name), key: object.key)
    request.headers = object.headers
    request.add("x-ms-blob-type", "BlockBlob")
    if let md5 = digests[.md5] {
      request.add("content-md5", Base64.encode(md5))
    } else {
      request.add("x-ms-content-crc64", BlockCRC.header(BlockCRC.of(bytes)))
    }
    try add(object.condition, to: &request)
    request.setBody(bytes)
    // After the last byte was read.
    try payload.verifyUnchanged()
    let response = try await client.send(request)
    // The service was told what to expect; that it compared is seen by what it now says.
    if let md5 = digests[.md5], let theirs = response.headers["content-md5"].flatMap({ Base64.decode($0) }), theirs != md5 {
      throw damaged(object.key)
    }
    return (try version(response, request), digests)
  }

  func damaged(_ key: ObjectKey) -> StorageError {
    var error = error(.corrupted, key, "the store's checksum is not that of what was sent", retry: .later)
    error.mayHaveHappened = true
    return error
  }
}
