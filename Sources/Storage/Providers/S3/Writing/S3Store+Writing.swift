import Crypto
import HTTPClient
import HTTPMessages
public import ObjectStorage
import Primitives

extension S3Store {
  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    try checkWritable(key, options)
    try await checkFolder(key, length: payload.length)
    if payload.length > configuration.multipartThreshold { return try await writeInParts(payload, to: key, options) }
    let traits = options.condition == .always ? prober.known : try await prober.traits()
    var request = S3Request(.putObject, .put, key: key, path: path(key))
    request.headers = try objectHeaders(options.metadata, key: key, storageClass: options.storageClass)
    let integrity = Integrity.choose(
      configuration.checksum, traits: traits, signsPayloads: client.signsPayloads)
    let body = try await preparer.prepare(payload, 0..<payload.length, hashes: integrity.hashes, key: key)
    defer { preparer.release(body) }
    if let header = integrity.header(body.digests) { request.headers.append(header) }
    request.body = body.body
    // Where this looks at the object, it does so as late as it can.
    if let header = try await condition(options.condition, on: .putObject, key: key, traits: traits) {
      request.headers.append(header)
    }
    // After the last byte was read; a body that is read a second time asks again before its last byte is sent.
    try payload.verifyUnchanged()
    let response = try await client.send(request)
    let tag = ETag.unquoted(response.headers["etag"] ?? "")
    guard !integrity.isContradicted(by: tag, body.digests) || configuration.encryption != .none else {
      var error = error(.corrupted, key, "the store's entity tag is not the MD5 of what was sent")
      error.retry = .later
      error.mayHaveHappened = true
      throw error
    }
    return try await receipt(
      key, tag: tag, size: payload.length, hash: ContentHash(.sha256, body.sha256), modified: options.metadata.modified,
      expecting: body.digests[.md5].map { Array(Hex.encode($0).utf8) })
  }

  /// The receipt of a write whose answer had this entity tag; looks at the object where it had none.
  /// - Parameter expecting: the tag that services give it which make tags of content.
  /// - Throws: also `.preconditionFailed`, where the object that is found was written by somebody else meanwhile.
  func receipt(
    _ key: ObjectKey, tag: [UInt8], size: Int64, hash: ContentHash?, modified: Timestamp?, expecting: [UInt8]? = nil
  ) async throws -> WriteReceipt {
    if !tag.isEmpty { return WriteReceipt(version: ObjectVersion(tag), size: size, hash: hash, modified: modified) }
    let found = try await stat(key).entry
    let isOurs: Bool =
      if found.size != size {
        false
      } else if found.version.bytes == expecting {
        true
      } else if let modified, prober.known?.keepsMetadata ?? false {
        // A time to the nanosecond is as good as a name.
        found.modified == modified
      } else {
        // Nothing speaks against it.
        true
      }
    guard isOurs else {
      throw error(.preconditionFailed, key, "somebody else wrote it at the same moment")
    }
    return WriteReceipt(version: found.version, size: size, hash: hash, modified: modified)
  }

  /// What can be said without asking the service.
  func checkWritable(_ key: ObjectKey, _ options: WriteOptions) throws {
    if options.keepReplacedAs != nil {
      throw StorageError.unsupported("keep what a write replaces", store: identity.displayName)
    }
    try checkName(key)
  }

  /// A folder is an object without bytes; a service that drops those cannot keep an empty folder.
  func checkFolder(_ key: ObjectKey, length: Int64) async throws {
    guard key.isFolder else { return }
    guard length == 0 else { throw error(.invalidArgument, key, "a folder has no bytes") }
    guard try await prober.traits().keepsFolders else {
      throw StorageError(
        .unsupported, store: identity.displayName, key: key, message: "this store does not keep empty folders")
    }
  }

  func checkName(_ key: ObjectKey) throws {
    guard isPossible(key) else { throw error(.invalidArgument, key, "its name is not valid UTF-8, which S3 demands") }
    guard key.bytes.count + configuration.prefix.count <= S3Configuration.Limits.keyLength else {
      throw error(.invalidArgument, key, "its name is longer than the \(S3Configuration.Limits.keyLength) bytes that S3 allows")
    }
  }

  /// The headers of a new object beside its bytes: metadata, class, encryption, access.
  func objectHeaders(_ metadata: ObjectMetadata, key: ObjectKey, storageClass: StorageClass?) throws -> [(
    name: String, value: String
  )] {
    var headers: [(name: String, value: String)]
    do { headers = try MetadataHeaders.headers(for: metadata, key: key) } catch {
      throw self.error(.invalidArgument, key, "the metadata entry “\(DisplayText.escape(Array(error.name.utf8)))” cannot be stored")
    }
    if let storageClass = storageClass ?? configuration.storageClass { headers.append(("x-amz-storage-class", storageClass.name)) }
    switch configuration.encryption {
    case .none: break
    case .s3: headers.append(("x-amz-server-side-encryption", "AES256"))
    case .kms(let keyID):
      headers.append(("x-amz-server-side-encryption", "aws:kms"))
      if let keyID { headers.append(("x-amz-server-side-encryption-aws-kms-key-id", keyID)) }
    }
    if let acl = configuration.cannedACL { headers.append(("x-amz-acl", acl.rawValue)) }
    return headers
  }

  /// The header that carries a condition. Where the service would not obey it, the object is looked at here and now instead.
  func condition(_ condition: WriteCondition, on operation: S3Operation, key: ObjectKey, traits: S3Traits?) async throws -> (
    name: String, value: String
  )? {
    switch condition {
    case .always: return nil
    case .ifAbsent:
      let isEnforced =
        switch operation {
        case .completeUpload: traits?.completeIfAbsent
        // Few know a condition on a copy's destination, and one was seen to refuse the copy and replace the bytes.
        case .copyObject: false
        default: traits?.putIfAbsent
        }
      if isEnforced == true { return ("if-none-match", "*") }
      // A PUT without support is called `.ignored`: the caller knows and has looked. Parts and copies of a service that does
      // enforce it for a PUT are looked after here.
      if operation == .putObject { return nil }
      if try await find(key) != nil { throw error(.alreadyExists, key, "cannot write it: it is there already") }
      return nil
    case .ifMatches(let version):
      let form =
        switch operation {
        case .completeUpload: traits?.completeIfMatch
        case .copyObject: S3Traits.TagCondition.none
        default: traits?.putIfMatch
        }
      if let value = form?.headerValue(version.bytes) { return ("if-match", value) }
      guard try await find(key)?.entry.version == version else {
        throw error(.preconditionFailed, key, "cannot write it: it changed meanwhile")
      }
      return nil
    }
  }
}
