import Crypto
import ObjectStorage
import Primitives

/// One object at one moment; replaced as a whole.
final class StoredObject: Sendable {
  let bytes: [UInt8]
  let metadata: ObjectMetadata
  let storageClass: StorageClass?
  let hash: ContentHash?
  let version: UInt64
  let identity: UInt64
  let stored: Timestamp

  init(
    bytes: [UInt8], metadata: ObjectMetadata, storageClass: StorageClass?, hash: ContentHash?, version: UInt64, identity: UInt64,
    stored: Timestamp, namesContent: Bool = false
  ) {
    self.bytes = bytes
    self.metadata = metadata
    self.storageClass = storageClass
    self.hash = hash
    self.version = version
    self.identity = identity
    self.stored = stored
    token = namesContent ? ObjectVersion(Hex.encode(MD5.hash(bytes))) : ObjectVersion("v\(version)")
  }

  /// The version as the store gives it out.
  let token: ObjectVersion

  func receipt() -> WriteReceipt {
    WriteReceipt(
      version: token, size: Int64(bytes.count), hash: hash, modified: metadata.modified, identity: MemoryState.bytes(of: identity))
  }
}

/// What a `MemoryStore` holds, and every change to it as one step: the store puts a lock around it.
struct MemoryState {
  let options: MemoryStoreOptions
  private(set) var objects: [ObjectKey: StoredObject] = [:]
  private(set) var keys = SortedKeys()
  private(set) var totalBytes: Int64 = 0
  var uploads: Set<UInt64> = []
  private var counter: UInt64 = 0

  init(options: MemoryStoreOptions) { self.options = options }

  static func bytes(of identity: UInt64) -> [UInt8] { withUnsafeBytes(of: identity.bigEndian) { Array($0) } }

  /// A number never given before.
  mutating func nextNumber() -> UInt64 {
    counter += 1
    return counter
  }

  /// Gives no number again that `other` has given.
  mutating func skipNumbers(of other: borrowing MemoryState) { counter = max(counter, other.counter) }

  func failure(_ code: StorageError.Code, _ key: ObjectKey, _ message: String) -> StorageError {
    StorageError(code, store: options.name, key: key, message: message)
  }

  func object(_ key: ObjectKey) throws(StorageError) -> StoredObject {
    guard let object = objects[key] else { throw failure(.notFound, key, "there is no such object") }
    return object
  }

  /// The object, if it is in the state asked for.
  func object(_ key: ObjectKey, matching version: ObjectVersion?) throws(StorageError) -> StoredObject {
    let object = try object(key)
    if let version, object.token != version {
      throw failure(.preconditionFailed, key, "the object is in another state than expected")
    }
    return object
  }

  /// Throws unless `condition` holds for what is there now.
  func check(_ condition: WriteCondition, _ key: ObjectKey) throws(StorageError) {
    switch condition {
    case .always: break
    case .ifAbsent:
      if objects[key] != nil { throw failure(.alreadyExists, key, "an object with this name is there already") }
    case .ifMatches(let version):
      guard let object = objects[key], object.token == version else {
        throw failure(.preconditionFailed, key, "the object is gone or in another state than expected")
      }
    }
  }

  /// Throws if no object of this name and size can ever be here.
  func validate(_ key: ObjectKey, size: Int64) throws(StorageError) {
    let limits = options.capabilities
    if key.bytes.count > limits.maximumKeyLength {
      throw failure(.invalidArgument, key, "the name is longer than \(limits.maximumKeyLength) bytes")
    }
    if let longest = limits.maximumNameLength, key.bytes.split(separator: UInt8(ascii: "/")).contains(where: { $0.count > longest })
    {
      throw failure(.invalidArgument, key, "a part of the name is longer than \(longest) bytes")
    }
    if !limits.names.allow(key) { throw failure(.invalidArgument, key, "the store cannot hold a name like this") }
    if size > limits.maximumSize {
      throw failure(.invalidArgument, key, "\(size) bytes are more than the \(limits.maximumSize) an object may have")
    }
    if key.isFolder, size > 0 { throw failure(.invalidArgument, key, "a folder has no content") }
  }

  /// Moves what is at `key` to `aside`, where it replaces what is there; nothing if nothing is there.
  mutating func keep(_ key: ObjectKey, as aside: ObjectKey) throws(StorageError) {
    guard let object = objects[key] else { return }
    if aside == key { throw failure(.invalidArgument, key, "what is replaced cannot be kept under its own name") }
    _ = try put(
      object.bytes, hash: object.hash, metadata: object.metadata, storageClass: object.storageClass, identity: object.identity,
      at: aside, ignoringQuota: true)
  }

  /// Puts an object at `key`, whatever is there.
  mutating func put(
    _ bytes: [UInt8], hash: ContentHash?, metadata: ObjectMetadata, storageClass: StorageClass?, identity: UInt64? = nil,
    version: UInt64? = nil, at key: ObjectKey, ignoringQuota: Bool = false
  ) throws(StorageError) -> StoredObject {
    try validate(key, size: Int64(bytes.count))
    let old = objects[key]
    let growth = Int64(bytes.count - (old?.bytes.count ?? 0))
    if let quota = options.quota, !ignoringQuota, growth > 0, totalBytes + growth > quota {
      throw failure(.quotaExceeded, key, "the store may hold \(quota) bytes and has \(totalBytes)")
    }
    if options.capabilities.realFolders { try makeFolders(for: key) }
    let object = StoredObject(
      bytes: bytes, metadata: kept(metadata), storageClass: options.capabilities.storageClasses ? storageClass : nil, hash: hash,
      version: version ?? nextNumber(), identity: identity ?? nextNumber(), stored: options.clock.now(),
      namesContent: options.versionsNameContent)
    totalBytes += growth
    if objects.updateValue(object, forKey: key) == nil { keys.insert(key) }
    return object
  }

  /// Takes the object at `key` away.
  mutating func remove(_ key: ObjectKey) {
    guard let old = objects.removeValue(forKey: key) else { return }
    totalBytes -= Int64(old.bytes.count)
    keys.remove(key)
  }

  /// Deletes by the rules of folders.
  mutating func delete(_ key: ObjectKey) throws(StorageError) {
    if options.capabilities.realFolders, key.isFolder, objects[key] != nil, !below(key).isEmpty {
      throw failure(.notEmpty, key, "the folder is not empty")
    }
    remove(key)
  }

  /// Renames in one step; a real folder goes with all that is in it.
  mutating func rename(
    _ source: ObjectKey, to destination: ObjectKey, metadata: ObjectMetadata?, storageClass: StorageClass?
  ) throws(StorageError) -> StoredObject {
    let object = try object(source)
    if source == destination { return object }
    if destination.isBelow(source), options.capabilities.realFolders {
      throw failure(.invalidArgument, source, "a folder cannot be moved into itself")
    }
    let children = options.capabilities.realFolders && source.isFolder ? below(source) : []
    if !children.isEmpty, !below(destination).isEmpty { throw failure(.notEmpty, destination, "the folder is not empty") }
    let moved = try put(
      object.bytes, hash: object.hash, metadata: metadata ?? object.metadata, storageClass: storageClass ?? object.storageClass,
      identity: object.identity, at: destination, ignoringQuota: true)
    for child in children {
      guard let object = objects[child] else { continue }
      let target = ObjectKey(trusted: destination.bytes + child.bytes.dropFirst(source.bytes.count))
      remove(child)
      _ = try put(
        object.bytes, hash: object.hash, metadata: object.metadata, storageClass: object.storageClass, identity: object.identity,
        at: target, ignoringQuota: true)
    }
    remove(source)
    return moved
  }

  /// The keys below a folder.
  private func below(_ folder: ObjectKey) -> [ObjectKey] {
    var position = keys.position(of: folder.bytes)
    var found: [ObjectKey] = []
    while let key = keys.next(&position), key.bytes.starts(with: folder.bytes) {
      if key != folder { found.append(key) }
    }
    return found
  }

  /// The parts of `metadata` that this store keeps.
  private func kept(_ metadata: ObjectMetadata) -> ObjectMetadata {
    let limits = options.capabilities
    return ObjectMetadata(
      modified: limits.modifiedPrecision.flatMap { metadata.modified?.truncated(toNanoseconds: $0) },
      mode: limits.mode ? metadata.mode.map { $0 & 0o7777 } : nil, contentType: metadata.contentType,
      user: limits.userMetadata ? metadata.user : [:], headers: metadata.headers)
  }

  /// Makes what a real folder tree needs around `key`, or throws where a file and a folder would have one name.
  private mutating func makeFolders(for key: ObjectKey) throws(StorageError) {
    let sibling = key.isFolder ? Array(key.withoutSlash) : key.bytes + [UInt8(ascii: "/")]
    if objects[ObjectKey(trusted: sibling)] != nil {
      throw failure(.alreadyExists, key, key.isFolder ? "a file has this name" : "a folder has this name")
    }
    var missing: [ObjectKey] = []
    var folder = key.parent
    while let next = folder, objects[next] == nil {
      if objects[ObjectKey(trusted: Array(next.withoutSlash))] != nil {
        throw failure(.alreadyExists, key, "“\(next)” cannot be a folder, since a file has this name")
      }
      missing.append(next)
      folder = next.parent
    }
    for folder in missing.reversed() {
      objects[folder] = StoredObject(
        bytes: [], metadata: ObjectMetadata(), storageClass: nil, hash: nil, version: nextNumber(), identity: nextNumber(),
        stored: options.clock.now())
      keys.insert(folder)
    }
  }
}

extension MemoryState {
  /// What a listing says of an object.
  func entry(_ key: ObjectKey, _ object: StoredObject, listed: Bool) -> ObjectEntry {
    let shows = !listed || options.capabilities.listsModified
    return ObjectEntry(
      key: key, size: Int64(object.bytes.count), version: object.token, modified: shows ? object.metadata.modified : nil,
      stored: object.stored, mode: shows ? object.metadata.mode : nil, hash: object.hash,
      identity: Self.bytes(of: object.identity), storageClass: object.storageClass)
  }

  /// What asking for an object says.
  func info(_ key: ObjectKey, _ object: StoredObject) -> ObjectInfo {
    ObjectInfo(
      entry: entry(key, object, listed: false), hashes: object.hash.map { [$0] } ?? [], contentType: object.metadata.contentType,
      userMetadata: object.metadata.user, headers: object.metadata.headers,
      isArchived: object.storageClass.map { options.archiveClasses.contains($0) } ?? false)
  }

  /// The hash by `method`, where it is one over the whole content.
  static func hash(_ bytes: [UInt8], _ method: ContentHash.Method?) -> ContentHash? {
    let algorithm: HashAlgorithm
    switch method {
    case .md5: return ContentHash(.md5, MD5.hash(bytes))
    case .sha256: return ContentHash(.sha256, SHA256.hash(bytes))
    case .crc32c: algorithm = .crc32c
    case .crc64nvme: algorithm = .crc64nvme
    case nil, .sha256OfParts: return nil
    }
    let stream = HashStream([algorithm])
    stream.update(bytes)
    guard let method, let value = stream.finish()[algorithm] else { return nil }
    return ContentHash(method, value)
  }
}
