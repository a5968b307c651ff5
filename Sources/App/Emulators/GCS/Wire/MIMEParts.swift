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

  /// Headers and what follows the empty line behind them.
  static func message(_ bytes: ArraySlice<UInt8>) -> (head: ArraySlice<UInt8>, body: ArraySlice<UInt8>)? {
    if bytes.starts(with: [13, 10]) { return (bytes.prefix(0), bytes.dropFirst(2)) }
    guard let end = position(of: [13, 10, 13, 10], in: bytes) else { return nil }
    return (bytes[..<end], bytes[(end + 4)...])
  }

  /// All parts of a body at hand.
  /// - Returns: nil where the body does not end with its closing boundary, or has anything else between parts.
  static func split(_ bytes: [UInt8], boundary: [UInt8]) -> [ArraySlice<UInt8>]? {
    let opening = Array("--".utf8) + boundary
    let mark = [13, 10] + opening
    var rest = bytes[...]
    if rest.starts(with: opening) {
      rest = rest.dropFirst(opening.count)
    } else {
      guard let first = position(of: mark, in: rest) else { return nil }
      rest = rest[(first + mark.count)...]
    }
    var parts: [ArraySlice<UInt8>] = []
    while !rest.starts(with: Array("--".utf8)) {
      guard rest.starts(with: [13, 10]), let end = position(of: mark, in: rest) else { return nil }
      parts.append(end >= rest.startIndex + 2 ? rest[(rest.startIndex + 2)..<end] : rest.prefix(0))
      rest = rest[(end + mark.count)...]
    }
    return parts
  }
}
