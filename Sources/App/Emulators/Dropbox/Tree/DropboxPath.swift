import Normalization
import Primitives

/// A path below the root: `/Photos/a.jpg`, at least one name.
///
/// The service finds names whatever their case and keeps the case that they were made with, so a path has two spellings. Its lower case
/// is that of Unicode 4.1, each scalar by itself: letters that came later have none. Names that are made become composed (NFC), but a name
/// is not found by a decomposed spelling. (Both as users of its API have found: maestral's issues 407 and 671.)
struct DropboxPath: Hashable, Sendable {
  /// The names as they were given, never empty.
  let names: [[UInt8]]
  /// `/photos/a.jpg`: what it is found by.
  let lower: [UInt8]

  init(names: [[UInt8]]) {
    self.names = names
    lower = names.flatMap { [UInt8(ascii: "/")] + Self.lowercase($0) }
  }

  /// Reads a path that matches the service's pattern.
  /// - Throws: `DropboxWriteFailure.malformedPath`.
  init(reading text: some Sequence<UInt8>) throws {
    let bytes = Array(text)
    guard bytes.first == UInt8(ascii: "/"), (2...Self.longest).contains(bytes.count) else {
      throw DropboxWriteFailure.malformedPath
    }
    let names = Self.names(bytes)
    try Self.check(names)
    self.init(names: names)
  }

  /// The path in a row, which was checked when it was made.
  init?(row text: String) {
    guard text.utf8.first == UInt8(ascii: "/") else { return nil }
    self.init(names: Self.names(Array(text.utf8)))
  }

  private static func names(_ bytes: [UInt8]) -> [[UInt8]] {
    bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
  }

  /// The path itself, if something may be made at it.
  /// - Throws: `DropboxWriteFailure.malformedPath`.
  func checked() throws -> DropboxPath {
    try Self.check(names)
    return self
  }

  private static func check(_ names: [[UInt8]]) throws {
    guard names.count <= deepest, names.reduce(0, { $0 + $1.count + 1 }) <= longest, names.allSatisfy(isWellFormed) else {
      throw DropboxWriteFailure.malformedPath
    }
  }

  // Far more than any system has; each folder on the way to a path costs time.
  private static let longest = 10 << 10
  private static let deepest = 512
  /// Characters of a name.
  static let longestName = 255

  /// `/Photos/a.jpg`: as it is shown.
  var display: String { String(decoding: names.flatMap { [UInt8(ascii: "/")] + $0 }, as: UTF8.self) }

  /// The last name.
  var name: [UInt8] { names[names.count - 1] }

  /// The path of the folder around it; nil if that is the root.
  var parent: DropboxPath? { names.count > 1 ? DropboxPath(names: names.dropLast()) : nil }

  /// What the folder around it is found by; empty for the root.
  var parentLower: [UInt8] { parent?.lower ?? [] }

  /// The path of `name` in this folder.
  func appending(_ name: [UInt8]) -> DropboxPath { DropboxPath(names: names + [name]) }

  /// The path as it is kept when something is made at it.
  var composed: DropboxPath { DropboxPath(names: names.map(ComposedText.composed)) }

  /// A path in the same folder.
  func renamed(_ name: [UInt8]) -> DropboxPath { DropboxPath(names: names.dropLast() + [name]) }

  /// Whether `other` lies below this path.
  func isAncestor(of other: DropboxPath) -> Bool { other.lower.starts(with: lower + [UInt8(ascii: "/")]) }

  /// No empty name, no `.` and `..`, none of the characters that the service refuses, 255 characters at most.
  private static func isWellFormed(_ name: [UInt8]) -> Bool {
    guard !name.isEmpty, name != [0x2E], name != [0x2E, 0x2E], name.last != 0x20 else { return false }
    guard !name.contains(where: { $0 == 0 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }) else { return false }
    return String(decoding: name, as: UTF8.self).unicodeScalars.count <= longestName
  }

  /// Names that the service keeps for its own programs, or does not sync.
  static func isDisallowed(_ name: [UInt8]) -> Bool { reserved.contains(lowercase(name)) }

  private static let reserved = Set(
    ["desktop.ini", "thumbs.db", ".ds_store", "icon\r", ".dropbox", ".dropbox.attr", ".dropbox.cache"].map { Array($0.utf8) })

  /// The bytes in lower case.
  static func lowercase(_ bytes: [UInt8]) -> [UInt8] {
    if bytes.allSatisfy({ $0 < 0x80 }) { return bytes.map { (65...90).contains($0) ? $0 | 0x20 : $0 } }
    var result = ""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars { result.unicodeScalars.append(lowercase(scalar)) }
    return Array(result.utf8)
  }

  private static func lowercase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    // Of those with several scalars in lower case (İ) the first is the simple mapping.
    guard let lower = scalar.properties.lowercaseMapping.unicodeScalars.first, lower != scalar else { return scalar }
    let isOld = [scalar, lower].allSatisfy { scalar in scalar.properties.age.map { $0 <= (major: 4, minor: 1) } ?? false }
    return isOld ? lower : scalar
  }
}
