import Normalization
import Primitives

/// Which names a store can hold, beside their lengths.
public struct NameRules: Hashable, Sendable {
  /// Names must be valid UTF-8.
  public var isUTF8: Bool
  /// Bytes that no name may contain.
  public let forbidden: [UInt8]
  /// A bit for each character from the space to the tilde that may be in names.
  private let lowPlain: UInt64
  private let highPlain: UInt64
  /// A component may not end in a dot or a space.
  public var trimsEnds: Bool
  /// A component may not end in a space; a dot is kept.
  public var trimsSpaces: Bool
  /// `A` and `a` are one name.
  public var foldsCase: Bool
  /// Names are in Unicode's Normalization Form C: `é` is one character, never `e` and an accent.
  public var isComposed: Bool

  /// Rules; by default any bytes.
  public init(
    isUTF8: Bool = false, forbidden: [UInt8] = [], trimsEnds: Bool = false, trimsSpaces: Bool = false, foldsCase: Bool = false,
    isComposed: Bool = false
  ) {
    self.isUTF8 = isUTF8
    self.forbidden = forbidden
    self.trimsEnds = trimsEnds
    self.trimsSpaces = trimsSpaces
    self.foldsCase = foldsCase
    self.isComposed = isComposed
    let allowed = (UInt8(0x20)...0x7E).filter { !forbidden.contains($0) }
    lowPlain = allowed.reduce(0) { $0 | ($1 < 64 ? 1 << UInt64($1) : 0) }
    highPlain = allowed.reduce(0) { $0 | ($1 < 64 ? 0 : 1 << UInt64($1 - 64)) }
  }

  /// What Windows and its file systems take.
  public static let windows = NameRules(
    isUTF8: true, forbidden: Array(1...31) + Array("\"*:<>?\\|".utf8), trimsEnds: true, foldsCase: true)

  /// Whether a store with these rules can hold the name.
  public func allow(_ key: ObjectKey) -> Bool {
    if arePlain(key.bytes) || self == NameRules() { return true }
    for component in key.withoutSlash.split(separator: UInt8(ascii: "/")) {
      if trimsEnds, component.last == UInt8(ascii: ".") || component.last == UInt8(ascii: " ") { return false }
      if trimsSpaces, component.last == UInt8(ascii: " ") { return false }
      if component.contains(where: { forbidden.contains($0) }) { return false }
      if isComposed, !ComposedText.isComposed(component) { return false }
      if !isUTF8 { continue }
      var rest = component
      while !rest.isEmpty {
        let length = Self.sequenceLength(rest)
        if length == 0 { return false }
        rest = rest.dropFirst(length)
      }
    }
    return true
  }

  /// Whether all components are printable ASCII that no rules of this kind have anything against, whatever else is asked of names: a
  /// quick yes to nearly every name.
  package func arePlain(_ bytes: [UInt8]) -> Bool {
    var previous: UInt8 = 0
    for byte in bytes {
      guard byte < 0x80, (byte < 64 ? lowPlain : highPlain) >> UInt64(byte & 63) & 1 == 1 else { return false }
      // What ends in a dot or a space needs a second look.
      if byte == UInt8(ascii: "/"), previous == UInt8(ascii: ".") || previous == UInt8(ascii: " ") { return false }
      previous = byte
    }
    return previous != UInt8(ascii: ".") && previous != UInt8(ascii: " ")
  }

  /// How many bytes the valid UTF-8 sequence at the beginning has; 0 if there is none.
  public static func sequenceLength(_ bytes: ArraySlice<UInt8>) -> Int {
    guard let first = bytes.first else { return 0 }
    let start = bytes.startIndex
    func follows(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
      start + offset < bytes.endIndex && range.contains(bytes[start + offset])
    }
    switch first {
    case 0...0x7F: return 1
    case 0xC2...0xDF: return follows(1) ? 2 : 0
    case 0xE0: return follows(1, 0xA0...0xBF) && follows(2) ? 3 : 0
    case 0xED: return follows(1, 0x80...0x9F) && follows(2) ? 3 : 0
    case 0xE1...0xEF: return follows(1) && follows(2) ? 3 : 0
    case 0xF0: return follows(1, 0x90...0xBF) && follows(2) && follows(3) ? 4 : 0
    case 0xF4: return follows(1, 0x80...0x8F) && follows(2) && follows(3) ? 4 : 0
    case 0xF1...0xF3: return follows(1) && follows(2) && follows(3) ? 4 : 0
    default: return 0
    }
  }
}
