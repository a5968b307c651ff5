import Glibc
import Primitives

/// The name of one object below a store's root: bytes, compared bytewise.
///
/// A key that ends in `/` names a folder (or, in an object store, its zero-byte marker); any other key names a file. Keys are
/// bytes because Swift's `String` equates composed and decomposed spellings and repairs invalid UTF-8, so that two files of a
/// Linux folder would become one.
///
/// A valid key has 1…`maximumLength` bytes, no NUL, does not start with `/`, and no component of it is empty, `.` or `..`: such
/// a key can be joined to a root without leaving it.
public struct ObjectKey: Hashable, Sendable {
  /// The bytes of the key, valid by the rules above.
  public let bytes: [UInt8]

  /// The longest key any supported store or file system takes, in bytes (Linux's `PATH_MAX`).
  public static let maximumLength = 4096

  /// A key of these bytes.
  /// - Throws: `InvalidKey`, which says which rule is broken.
  public init(_ bytes: [UInt8]) throws(InvalidKey) {
    if let reason = ObjectKey.problem(of: bytes) { throw InvalidKey(bytes: bytes, reason: reason) }
    self.bytes = bytes
  }

  /// A key spelled as a string, in UTF-8.
  public init(_ text: String) throws(InvalidKey) { try self.init(Array(text.utf8)) }

  /// A key made of parts of valid keys; the caller vouches for it. Checked in debug builds.
  public init(trusted bytes: [UInt8]) {
    assert(ObjectKey.problem(of: bytes) == nil, "not a valid key: \(DisplayText.escape(bytes))")
    self.bytes = bytes
  }

  /// Whether the key names a folder.
  public var isFolder: Bool { bytes.last == UInt8(ascii: "/") }

  /// The key without the `/` of a folder.
  public var withoutSlash: ArraySlice<UInt8> { isFolder ? bytes.dropLast() : bytes[...] }

  /// The last component, without the `/` of a folder.
  public var name: ArraySlice<UInt8> {
    let body = withoutSlash
    guard let slash = body.lastIndex(of: UInt8(ascii: "/")) else { return body }
    return body[(slash + 1)...]
  }

  /// The folder this key lies in, or nil at the root.
  public var parent: ObjectKey? {
    guard let slash = withoutSlash.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return ObjectKey(trusted: Array(bytes[...slash]))
  }

  /// Whether the key lies below `folder` (a folder's key), at any depth. A folder does not lie below itself.
  public func isBelow(_ folder: ObjectKey) -> Bool {
    folder.isFolder && bytes.count > folder.bytes.count && bytes.starts(with: folder.bytes)
  }

  private static func problem(of bytes: [UInt8]) -> InvalidKey.Reason? {
    if bytes.isEmpty { return .empty }
    if bytes.count > maximumLength { return .tooLong }
    if bytes[0] == UInt8(ascii: "/") { return .absolute }
    var start = 0
    for index in 0...bytes.count {
      if index < bytes.count {
        if bytes[index] == 0 { return .containsNUL }
        if bytes[index] != UInt8(ascii: "/") { continue }
      }
      let length = index - start
      if length == 0 {
        // Only the place after a folder's closing slash may be empty.
        return index == bytes.count ? nil : .emptyComponent
      }
      if length == 1, bytes[start] == UInt8(ascii: ".") { return .dotComponent }
      if length == 2, bytes[start] == UInt8(ascii: "."), bytes[start + 1] == UInt8(ascii: ".") { return .dotComponent }
      start = index + 1
    }
    return nil
  }
}

extension ObjectKey: Comparable {
  /// Bytewise order, the order of every listing.
  public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
    left.bytes.withUnsafeBytes { l in
      right.bytes.withUnsafeBytes { r in
        let order = memcmp(l.baseAddress!, r.baseAddress!, min(l.count, r.count))
        return order == 0 ? l.count < r.count : order < 0
      }
    }
  }
}

extension ObjectKey: CustomStringConvertible {
  /// The key for people: control characters and invalid UTF-8 are escaped, so that a name cannot drive a terminal.
  public var description: String { DisplayText.escape(bytes) }
}

/// Why some bytes are no key.
public struct InvalidKey: Error, Sendable, CustomStringConvertible {
  /// The broken rule.
  public enum Reason: String, Sendable {
    case empty = "it is empty"
    case tooLong = "it is longer than 4096 bytes"
    case absolute = "it starts with a slash"
    case containsNUL = "it contains a NUL byte"
    case emptyComponent = "it contains an empty component (//)"
    case dotComponent = "it contains a component . or .."
  }

  /// The refused bytes.
  public let bytes: [UInt8]
  /// The broken rule.
  public let reason: Reason
  public var description: String { "the name “\(DisplayText.escape(bytes))” cannot be used: \(reason.rawValue)" }
}

/// The beginning that the keys of a listing share: empty for everything, else a valid key's beginning.
public struct KeyPrefix: Hashable, Sendable {
  /// The shared bytes; may be empty.
  public let bytes: [UInt8]

  /// Everything.
  public static let all = KeyPrefix(trusted: [])

  /// What lies below a folder.
  public init(folder: ObjectKey) { bytes = Array(folder.withoutSlash) + [UInt8(ascii: "/")] }

  /// A prefix that the caller vouches for.
  public init(trusted bytes: [UInt8]) { self.bytes = bytes }

  /// Whether `key` begins with this prefix.
  public func matches(_ key: ObjectKey) -> Bool { key.bytes.starts(with: bytes) }
}
