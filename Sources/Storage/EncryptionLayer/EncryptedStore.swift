import Age
import Concurrency
import Crypto
public import ObjectStorage
import Primitives
import StoreLayers

/// A store whose objects are encrypted before they leave the machine: each is one plain age file, which any age tool opens that has
/// the identity.
///
/// What can be seen from outside: how long an object is (to within its header), when it was written, its modification time and
/// permission bits, and its name unless names are encrypted. Content type, the user's own metadata, the exact size and a hash are in
/// a stanza of the header that only Isobar reads.
///
/// One object is the layer's own, `.isobar/encryption` (`KeyObject`). It is read before anything else and made at the first write, so
/// that a wrong key is refused before it has written anything.
///
/// Costs: `stat` is a read of the object's first 4 KiB; a read of a part is that and one more read, of whole chunks of 64 KiB; a
/// `payload(for:)` is that and what the store below takes for its own. A listing knows stored sizes only. A copy or move reads the header if the size was not seen lately.
public final class EncryptedStore: ObjectStore {
  /// The store inside, with names as they are out here.
  let base: any ObjectStore
  let keys: StoreKeys
  let options: EncryptionOptions
  /// Sizes of content seen lately, so that a copy can tell without a read.
  let sizes = SizeCache()

  /// `base`, encrypted. Sends no request.
  public init(_ base: any ObjectStore, options: EncryptionOptions) {
    self.options = options
    keys = StoreKeys(base, options)
    self.base = options.names == .encrypted ? EncryptedNamesStore(base, keys, options) : base
    let inside = base.identity
    identity = StoreIdentity(
      kind: inside.kind, displayName: "encrypted \(inside.displayName)", stableID: "encrypted:\(inside.stableID)",
      listsFolders: inside.listsFolders, isLocal: inside.isLocal, listsSizes: false,
      names: options.names == .encrypted ? NameRules() : inside.names)
  }

  public let identity: StoreIdentity

  var failures: Failures { Failures(store: identity.displayName) }

  /// Also looks at the store's keys: a wrong one shows here.
  public func capabilities() async throws -> StoreCapabilities {
    var capabilities = try await base.capabilities()
    _ = try await keys.forReading(again: true)
    // Bodies pushed in would need a header before their metadata are known; parts would need one before the first part is. `write`
    // does both, and the store below sends large bodies in parts by itself.
    capabilities.directWrite = false
    capabilities.multipart = false
    capabilities.partCopy = false
    capabilities.maximumSize = max(capabilities.maximumSize - capabilities.maximumSize / 4000 - Int64(Header.maximumLength), 1)
    return capabilities
  }

  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    EncryptedListing(base.list(prefix, options), hidesKeyObject: self.options.names == .plain)
  }

  public func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    guard try await isReadable() else { return targets.map { DeleteOutcome(key: $0.key) } }
    let own = targets.contains { isOwn($0.key) }
    guard own else { return try await base.delete(targets) }
    let others = try await base.delete(targets.filter { !isOwn($0.key) })
    var rest = others[...]
    return targets.map { target in
      if isOwn(target.key) { return DeleteOutcome(key: target.key, error: refused(target.key)) }
      return rest.popFirst() ?? DeleteOutcome(key: target.key)
    }
  }

  public func flush() async throws { try await base.flush() }

  public func close() async { await base.close() }

  // MARK: what cannot be done

  public func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    throw StorageError.unsupported("take pushed bytes", store: identity.displayName)
  }

  public func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    throw StorageError.unsupported("take parts", store: identity.displayName)
  }

  // MARK: the layer's own object

  func isOwn(_ key: ObjectKey) -> Bool { options.names == .plain && key == StoreKeys.key }

  func refused(_ key: ObjectKey) -> StorageError {
    failures(.invalidArgument, key, "this object holds the store's keys: without it the store may be unreadable")
  }

  /// Loads the keys; false if nothing was ever written, so that there is nothing to find.
  func isReadable() async throws -> Bool { try await keys.forReading() != nil }
}

/// Entries as they are known without a look into the objects.
private final class EncryptedListing: Listing {
  private let base: any Listing
  private let hidesKeyObject: Bool

  init(_ base: any Listing, hidesKeyObject: Bool) { (self.base, self.hidesKeyObject) = (base, hidesKeyObject) }

  func next() async throws -> ListPage? {
    guard var page = try await base.next() else { return nil }
    if hidesKeyObject { page.entries.removeAll { $0.key == StoreKeys.key } }
    for index in page.entries.indices where !page.entries[index].key.isFolder {
      // The hash is that of the ciphertext: the same content has another one tomorrow.
      page.entries[index].hash = nil
      page.entries[index].knowsContentSize = false
    }
    return page
  }
}

/// Sizes of content by key and version: bounded, and forgotten all at once when full.
final class SizeCache: Sendable {
  private let sizes = Lock<[ObjectKey: (ObjectVersion, Int64)]>([:])

  func note(_ key: ObjectKey, _ version: ObjectVersion, _ size: Int64) {
    sizes.withLock { sizes in
      if sizes.count >= 10_000 { sizes.removeAll(keepingCapacity: true) }
      sizes[key] = (version, size)
    }
  }

  func size(_ key: ObjectKey, _ version: ObjectVersion) -> Int64? {
    sizes.withLock { $0[key].flatMap { $0.0 == version ? $0.1 : nil } }
  }
}
