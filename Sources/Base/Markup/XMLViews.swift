import Glibc

/// An element's or attribute's name without its prefix, during one call of a handler.
public struct XMLName {
  private let bytes: UnsafeRawBufferPointer

  init(_ name: UnsafePointer<CChar>) {
    let start = strrchr(name, Int32(UInt8(ascii: ":"))).map { UnsafePointer($0) + 1 } ?? name
    bytes = UnsafeRawBufferPointer(start: start, count: strlen(start))
  }

  /// Whether the name is `other`, byte for byte.
  @inlinable
  public static func == (name: XMLName, other: StaticString) -> Bool { name.equals(other.utf8Start, other.utf8CodeUnitCount) }

  /// So that a `switch` over a name takes string literals.
  @inlinable
  public static func ~= (pattern: StaticString, name: XMLName) -> Bool { name == pattern }

  /// Whether the name is these bytes.
  public func equals(_ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    guard bytes.count == count else { return false }
    for index in 0..<count where bytes[index] != start[index] { return false }
    return true
  }

  /// A copy that outlives the call.
  public var string: String { String(decoding: bytes, as: UTF8.self) }
}

/// An element's text, during one call of a handler. Valid UTF-8: the reader has checked it.
public struct XMLText {
  /// The text's bytes, not copied: valid during the call only.
  public let unsafeBytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { unsafeBytes = bytes }

  /// A copy that outlives the call.
  public var bytes: [UInt8] { [UInt8](unsafeBytes) }
  /// A copy that outlives the call.
  public var string: String { String(decoding: unsafeBytes, as: UTF8.self) }
  /// Whether there is no text.
  public var isEmpty: Bool { unsafeBytes.isEmpty }

  /// Whether the text is `other`, byte for byte.
  public static func == (text: XMLText, other: StaticString) -> Bool {
    text.unsafeBytes.elementsEqual(UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
  }

  /// The text as a decimal number, white space around it ignored; nil if it is none or does not fit.
  public var integer: Int64? {
    var bytes = unsafeBytes[...]
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
    while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
    while let last = bytes.last, isSpace(last) { bytes.removeLast() }
    let isNegative = bytes.first == UInt8(ascii: "-")
    if isNegative { bytes.removeFirst() }
    guard !bytes.isEmpty else { return nil }
    var value: Int64 = 0
    for byte in bytes {
      guard byte >= 0x30 && byte <= 0x39 else { return nil }
      let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
      let digit = Int64(byte - 0x30)
      let (sum, carried) = isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      if overflowed || carried { return nil }
      value = sum
    }
    return value
  }
}

/// A start tag's attributes, during one call of a handler.
public struct XMLAttributes {
  private let pairs: UnsafeMutablePointer<UnsafePointer<CChar>?>

  init(_ pairs: UnsafeMutablePointer<UnsafePointer<CChar>?>) { self.pairs = pairs }

  /// The value of the attribute `name`, nil if the tag has none.
  public subscript(name: StaticString) -> String? {
    var pair = pairs
    while let key = pair[0], let value = pair[1] {
      if XMLName(key) == name { return String(cString: value) }
      pair += 2
    }
    return nil
  }

  /// Calls `body` with each attribute, in order.
  public func forEach(_ body: (XMLName, String) throws -> Void) rethrows {
    var pair = pairs
    while let key = pair[0], let value = pair[1] {
      try body(XMLName(key), String(cString: value))
      pair += 2
    }
  }
}
