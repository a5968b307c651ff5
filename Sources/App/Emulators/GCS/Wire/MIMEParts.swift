import Glibc
import HTTPMessages

/// The parts of a body of type `multipart`.
enum MIMEParts {
  /// The boundary that a content type names; nil unless it is that of `subtype`.
  static func boundary(_ contentType: String?, subtype: String) -> [UInt8]? {
    guard let contentType else { return nil }
    let pieces = contentType.split(separator: ";", maxSplits: 1)
    guard pieces.count == 2, pieces[0].filter({ $0 != " " }).lowercased() == "multipart/\(subtype)" else { return nil }
    for piece in pieces[1].split(separator: ";") {
      let parts = piece.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].filter({ $0 != " " }).lowercased() == "boundary" else { continue }
      var value = Array(parts[1].utf8)
      while value.last == 0x20 { value.removeLast() }
      if value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\""), value.count > 1 {
        value = Array(value.dropFirst().dropLast())
      }
      return value.isEmpty || value.count > 200 ? nil : value
    }
    return nil
  }

  /// Where `mark` first stands in `bytes`.
  static func position(of mark: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let first = mark.first, bytes.count >= mark.count else { return nil }
    var at = 0
    while at <= bytes.count - mark.count {
      guard let found = memchr(base + at, Int32(first), bytes.count - mark.count - at + 1) else { return nil }
      at = UnsafeRawPointer(found) - base
      if memcmp(base + at, mark, mark.count) == 0 { return at }
      at += 1
    }
    return nil
  }

  static func position(of mark: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    bytes.withUnsafeBytes { position(of: mark, in: $0) }.map { bytes.startIndex + $0 }
  }

  /// A part's or message's lines of headers.
  /// - Returns: nil for what is none.
  static func headers(_ bytes: ArraySlice<UInt8>) -> HTTPHeaders? {
    var headers = HTTPHeaders()
    for line in bytes.split(separator: 0x0A) {
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.isEmpty { continue }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      let name = String(decoding: line[..<colon], as: UTF8.self)
      var value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
      while value.last == 0x20 || value.last == 0x09 { value.removeLast() }
      guard (try? headers.add(name, String(decoding: value, as: UTF8.self))) != nil else { return nil }
    }
    return headers
  }

  /// Headers and what follows the empty line behind them. Lines may end without a carriage return, as Python's do.
  static func message(_ bytes: ArraySlice<UInt8>) -> (head: ArraySlice<UInt8>, body: ArraySlice<UInt8>)? {
    var lineStart = bytes.startIndex
    while let end = bytes[lineStart...].firstIndex(of: 0x0A) {
      let line = bytes[lineStart..<end]
      if line.isEmpty || line.elementsEqual([0x0D]) { return (bytes[..<lineStart], bytes[(end + 1)...]) }
      lineStart = end + 1
    }
    return nil
  }

  /// All parts of a body at hand.
  /// - Returns: nil where the body does not end with its closing boundary, or a part does not begin with a line of its own.
  static func split(_ bytes: [UInt8], boundary: [UInt8]) -> [ArraySlice<UInt8>]? {
    let mark = Array("\n--".utf8) + boundary
    // So that the first boundary looks as the others.
    let bytes = [0x0A] + bytes
    guard let first = position(of: mark, in: bytes[...]) else { return nil }
    var rest = bytes[(first + mark.count)...]
    var parts: [ArraySlice<UInt8>] = []
    while !rest.starts(with: Array("--".utf8)) {
      if rest.first == 0x0D { rest.removeFirst() }
      guard rest.first == 0x0A, let end = position(of: mark, in: rest) else { return nil }
      var part = rest[..<end].dropFirst()
      if part.last == 0x0D { part.removeLast() }
      parts.append(part)
      rest = rest[(end + mark.count)...]
    }
    return parts
  }
}
