import Normalization
import Primitives

/// Which names a store can hold, beside their lengths.
public struct NameRules: Hashable, Sendable {
  /// Names must be valid UTF-8.
  public var isUTF8: Bool
  /// Bytes that no name may contain.
  public var forbidden: [UInt8]
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
  }

  /// What Windows and its file systems take.
  public static let windows = NameRules(
    isUTF8: true, forbidden: Array(1...31) + Array("\"*:<>?\\|".utf8), trimsEnds: true, foldsCase: true)

  /// Whether a store with these rules can hold the name.
  public func allow(_ key: ObjectKey) -> Bool {
    if self == NameRules() { return true }
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
