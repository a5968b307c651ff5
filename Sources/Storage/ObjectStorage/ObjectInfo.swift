public import Primitives

/// What a listing says of one object: only what costs no request beyond the listing.
public struct ObjectEntry: Hashable, Sendable {
  /// The key; it ends in `/` for a folder.
  public var key: ObjectKey
  /// Bytes of content; 0 for a folder. See `knowsContentSize`.
  public var size: Int64
  /// Whether `size` is the content's. The listing of a store that compresses or encrypts knows only how much is stored: then `size`
  /// is that, and `ObjectStore.sized(_:)` asks for the content's. What `stat` says always knows.
  public var knowsContentSize: Bool
  /// The state of the object; see `ObjectVersion`.
  public var version: ObjectVersion
  /// The file's own modification time, where the listing knows it (a folder does; S3's listing does not).
  public var modified: Timestamp?
  /// When the store wrote the object, by the store's clock.
  public var stored: Timestamp?
  /// Permission bits, where the listing knows them.
  public var mode: UInt16?
  /// A hash of the content that the listing gives for nothing (the ETag of a single-part S3 object is its MD5).
  public var hash: ContentHash?
  /// A stable identity that survives a rename (device and inode), where there is one.
  public var identity: [UInt8]?
  /// The storage class, where there are classes.
  public var storageClass: StorageClass?

  /// An entry of a listing.
  public init(
    key: ObjectKey, size: Int64, version: ObjectVersion, modified: Timestamp? = nil, stored: Timestamp? = nil, mode: UInt16? = nil,
    hash: ContentHash? = nil, identity: [UInt8]? = nil, storageClass: StorageClass? = nil, knowsContentSize: Bool = true
  ) {
    self.key = key
    self.size = size
    self.knowsContentSize = knowsContentSize
    self.version = version
    self.modified = modified
    self.stored = stored
    self.mode = mode
    self.hash = hash
    self.identity = identity
    self.storageClass = storageClass
  }
}

extension ObjectEntry {
  /// Whether both may have the same content, as far as sizes tell.
  public func mayEqual(_ other: ObjectEntry) -> Bool { !knowsContentSize || !other.knowsContentSize || size == other.size }
}

/// What a store says of one object when asked for it.
public struct ObjectInfo: Hashable, Sendable {
  /// What a listing would say, with `modified` and `mode` filled in where the object carries them.
  public var entry: ObjectEntry
  /// Every hash of the whole content that the store reported.
  public var hashes: [ContentHash]
  /// Media type, if any.
  public var contentType: String?
  /// The user's own metadata, without the entries that hold mtime and mode.
  public var userMetadata: [String: String]
  /// What is said to those who fetch the object over HTTP.
  public var headers: ContentHeaders
  /// Whether the content must be restored from an archive tier before it can be read.
  public var isArchived: Bool

  /// An object's description.
  public init(
    entry: ObjectEntry, hashes: [ContentHash] = [], contentType: String? = nil, userMetadata: [String: String] = [:],
    headers: ContentHeaders = ContentHeaders(), isArchived: Bool = false
  ) {
    self.entry = entry
    self.hashes = hashes
    self.contentType = contentType
    self.userMetadata = userMetadata
    self.headers = headers
    self.isArchived = isArchived
  }
}

/// What a write may say of the object beside its bytes. A store keeps what its capabilities name and drops the rest.
public struct ObjectMetadata: Hashable, Sendable {
  /// The file's modification time.
  public var modified: Timestamp?
  /// Permission bits (`0o7777`).
  public var mode: UInt16?
  /// Media type; nil lets the store choose by the key's extension.
  public var contentType: String?
  /// The user's own entries: names of `a-z0-9-`, values of printable ASCII or UTF-8 as the store allows.
  public var user: [String: String]
  /// What is said to those who fetch the object over HTTP.
  public var headers: ContentHeaders

  /// Metadata; all of it optional.
  public init(
    modified: Timestamp? = nil, mode: UInt16? = nil, contentType: String? = nil, user: [String: String] = [:],
    headers: ContentHeaders = ContentHeaders()
  ) {
    self.modified = modified
    self.mode = mode
    self.contentType = contentType
    self.user = user
    self.headers = headers
  }
}

/// What an object tells those who fetch it over HTTP, beside its media type. It is carried from object to object where both stores know
/// such a thing; it makes no difference between two objects, and changes nothing of what is read here.
public struct ContentHeaders: Hashable, Sendable {
  /// `Content-Encoding`: how the bytes are to be decoded.
  public var encoding: String?
  /// `Cache-Control`: how long they may be kept.
  public var cacheControl: String?
  /// `Content-Disposition`: whether they are shown or saved, and under which name.
  public var disposition: String?
  /// `Content-Language`.
  public var language: String?

  /// Headers; all of them optional.
  public init(encoding: String? = nil, cacheControl: String? = nil, disposition: String? = nil, language: String? = nil) {
    self.encoding = encoding
    self.cacheControl = cacheControl
    self.disposition = disposition
    self.language = language
  }

  /// Whether nothing is said.
  public var isEmpty: Bool { self == ContentHeaders() }
}

/// The name of a storage class, as the store spells it: `STANDARD_IA`, `GLACIER`.
public struct StorageClass: Hashable, Sendable {
  /// The name.
  public let name: String

  /// A class; nil if the name is not 1…64 characters of `A-Za-z0-9_-`.
  public init?(_ name: String) {
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard (1...64).contains(name.utf8.count), allowed else { return nil }
    self.name = name
  }
}

/// A range of bytes of an object: `start..<end`, or from `start` to the object's end.
public struct ByteRange: Hashable, Sendable {
  /// First byte.
  public let start: Int64
  /// The byte after the last; nil for the object's end.
  public let end: Int64?

  /// A range; nil if `start` is negative or `end` is not beyond `start`.
  public init?(start: Int64, end: Int64? = nil) {
    guard start >= 0, end.map({ $0 > start }) ?? true else { return nil }
    self.start = start
    self.end = end
  }
}
