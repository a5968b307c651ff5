/// An opaque token for one state of one object: two equal tokens of the same key mean the same bytes.
///
/// An object store's is the ETag (or version id, generation, rev); a folder's packs size, mtime, ctime and inode. Tokens of two
/// stores are never compared with each other.
public struct ObjectVersion: Hashable, Sendable {
  /// The token as the store made it.
  public let bytes: [UInt8]

  /// A token of these bytes.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// A token spelled as text.
  public init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

  /// The token as text, for a header.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// A hash of an object's content, with the way it was made.
public struct ContentHash: Hashable, Sendable {
  /// How the bytes were hashed.
  public enum Method: Hashable, Sendable {
    case md5
    case sha256
    case crc32c
    case crc64nvme
    /// SHA-256 over the concatenated SHA-256 of parts of this many bytes (the last may be shorter): what an upload in parts
    /// can compute without a second pass over the whole.
    case sha256OfParts(partSize: Int64)

    /// Whether equal hashes of equally long contents prove equal contents for every practical purpose. A 32-bit CRC finds
    /// damage, but is no identity.
    public var identifiesContent: Bool { self != .crc32c }
  }

  /// How it was made.
  public let method: Method
  /// The hash.
  public let bytes: [UInt8]

  /// A hash made by `method`.
  public init(_ method: Method, _ bytes: [UInt8]) {
    self.method = method
    self.bytes = bytes
  }
}
