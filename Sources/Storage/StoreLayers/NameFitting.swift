import Normalization
import Crypto
public import ObjectStorage
import Primitives

/// Finds a name that a store can hold for one that it cannot.
///
/// A byte that may not be in a name becomes `␛` (U+241B) and two capital hexadecimal digits; `␛` itself does only where it could be
/// taken for such an escape. So `original` gets the name back, and no two names become the same one. What is still too long is cut, and
/// ends in `␛~` and 128 bits of its hash: from that alone the name cannot be had again.
public struct NameFitting: Sendable {
  private let rules: NameRules
  private let maximumName: Int
  private let maximumKey: Int
  private let componentOverhead: Int

  /// `␛`, which no keyboard has.
  static let mark: [UInt8] = [0xE2, 0x90, 0x9B]
  private static let slash = UInt8(ascii: "/")

  /// The names of a store with these capabilities.
  public init(_ capabilities: StoreCapabilities) {
    rules = capabilities.names
    maximumName = capabilities.maximumNameLength ?? .max
    maximumKey = capabilities.maximumKeyLength
    componentOverhead = capabilities.componentOverhead
  }

  /// The names of a store with these rules, whatever their lengths.
  public init(_ rules: NameRules) {
    self.rules = rules
    maximumName = .max
    maximumKey = .max
    componentOverhead = 0
  }

  /// Whether the store can hold the key as it is.
  public func fits(_ key: ObjectKey) -> Bool {
    if length(of: key.bytes) > maximumKey { return false }
    // Nearly every name: nothing in it needs a second look.
    if key.bytes.count <= maximumName, rules.arePlain(key.bytes) { return true }
    return fitted(key) == key
  }

  /// The key under which the store can hold `key`; `key` itself where that is possible.
  public func fitted(_ key: ObjectKey) -> ObjectKey {
    var result: [UInt8] = []
    for component in key.withoutSlash.split(separator: Self.slash) {
      if !result.isEmpty { result.append(Self.slash) }
      result += fitted(component)
    }
    let end = key.isFolder ? 1 : 0
    if length(of: result) + end > maximumKey { result = shortened(path: result, of: key.bytes, to: maximumKey - end) }
    return ObjectKey(trusted: key.isFolder ? result + [Self.slash] : result)
  }

  /// Another name for `key`, for where its own is taken by something that cannot stand beside it.
  public func beside(_ key: ObjectKey) -> ObjectKey {
    let own = fitted(key)
    let mark = Self.hashMark(of: key.bytes)
    let room = min(
      maximumName == .max ? .max : maximumName - mark.count, maximumKey - (length(of: own.bytes) - own.name.count) - mark.count)
    let name = Self.cut(own.name, to: max(room, 1)) + mark
    return ObjectKey(trusted: own.bytes.prefix(own.withoutSlash.count - own.name.count) + name + (key.isFolder ? [Self.slash] : []))
  }

  /// The key that `fitted` made this one from, if it is one that can be had back; else nil.
  public func original(_ key: ObjectKey) -> ObjectKey? {
    guard let decoded = Self.unescaped(key.bytes), let original = try? ObjectKey(decoded), fitted(original) == key else {
      return nil
    }
    return original
  }

  // MARK: one component

  private func fitted(_ name: ArraySlice<UInt8>) -> [UInt8] {
    let escaped = escaped(name)
    if escaped.count <= maximumName { return escaped }
    let mark = Self.hashMark(of: name)
    return Self.cut(escaped[...], to: max(maximumName - mark.count, 1)) + mark
  }

  private func escaped(_ name: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(name.count)
    let mustCompose = rules.isComposed && !ComposedText.isComposed(name)
    var index = name.startIndex
    while index < name.endIndex {
      let length = NameRules.sequenceLength(name[index...])
      let isLast = index + max(length, 1) == name.endIndex
      let byte = name[index]
      if length == 0 {
        if rules.isUTF8 || rules.isComposed || rules.forbidden.contains(byte) {
          Self.escape(byte, &result)
        } else {
          result.append(byte)
        }
        index += 1
        continue
      }
      let sequence = name[index..<index + length]
      index += length
      let isSpace = byte == UInt8(ascii: " ")
      let isTrimmed = isLast && (rules.trimsEnds && (byte == UInt8(ascii: ".") || isSpace) || rules.trimsSpaces && isSpace)
      // Where nothing is escaped nothing is taken for an escape.
      let isMark = rules != NameRules() && sequence.elementsEqual(Self.mark) && Self.looksEscaped(name[index...])
      // What would melt into what stands before it, or become another character by itself.
      let isDecomposed = mustCompose && byte >= 0x80 && !ComposedText.isComposed(result + sequence)
      if isTrimmed || isMark || isDecomposed || sequence.contains(where: { rules.forbidden.contains($0) }) {
        for byte in sequence { Self.escape(byte, &result) }
      } else {
        result += sequence
      }
    }
    return result
  }

  private static func escape(_ byte: UInt8, _ result: inout [UInt8]) {
    result += mark
    result += Hex.encode([byte]).uppercased().utf8
  }

  /// Whether what comes behind a mark would make it an escape or the mark of a hash.
  private static func looksEscaped(_ rest: ArraySlice<UInt8>) -> Bool {
    if rest.first == UInt8(ascii: "~") { return true }
    return rest.count >= 2 && rest.prefix(2).allSatisfy { digit($0) != nil }
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// The bytes without escapes; nil if there are none.
  private static func unescaped(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.contains(mark[0]) else { return nil }
    var result: [UInt8] = []
    var found = false
    var index = 0
    while index < bytes.count {
      if bytes[index] == mark[0], bytes.count - index >= 5, bytes[index + 1] == mark[1], bytes[index + 2] == mark[2],
        let high = digit(bytes[index + 3]), let low = digit(bytes[index + 4])
      {
        result.append(high << 4 | low)
        index += 5
        found = true
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return found ? result : nil
  }

  // MARK: lengths

  private static func hashMark(of bytes: some Collection<UInt8>) -> [UInt8] {
    mark + Array("~\(Hex.encode(SHA256.hash(Array(bytes)).prefix(16)))".utf8)
  }

  /// See `StoreCapabilities.length(of:)`.
  private func length(of key: some Collection<UInt8>) -> Int {
    componentOverhead == 0 ? key.count : key.count + componentOverhead * key.split(separator: Self.slash).count
  }

  /// Keeps as many folders as fit; the rest becomes a hash.
  private func shortened(path: [UInt8], of key: [UInt8], to limit: Int) -> [UInt8] {
    let mark = Self.hashMark(of: key)
    var end = path.count
    repeat {
      end = path[..<max(end - 1, 0)].lastIndex(of: Self.slash).map { $0 + 1 } ?? 0
    } while end > 0 && length(of: path[..<end]) + length(of: mark) > limit
    return Array(path[..<end]) + mark
  }

  /// Cuts without splitting a character or an escape.
  private static func cut(_ bytes: ArraySlice<UInt8>, to count: Int) -> [UInt8] {
    guard bytes.count > count else { return Array(bytes) }
    var end = bytes.startIndex + count
    while end > bytes.startIndex, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    // Not within the two digits behind a mark.
    for back in 3...4 where end - back >= bytes.startIndex && bytes[(end - back)...].starts(with: mark) { end -= back }
    return Array(bytes[..<end])
  }
}
