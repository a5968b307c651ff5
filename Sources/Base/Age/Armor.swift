import Primitives

/// The ASCII form of an age file (RFC 7468, strict), for small files that pass through mail or a clipboard.
public enum Armor {
  static let begin = "-----BEGIN AGE ENCRYPTED FILE-----"
  private static let end = "-----END AGE ENCRYPTED FILE-----"
  private static let maximumBlank = 1024

  /// Whether these bytes look like an armored file.
  public static func isArmored(_ bytes: [UInt8]) -> Bool {
    bytes.drop { isBlank($0) }.starts(with: begin.utf8)
  }

  /// The file in the armor. Only blanks may stand around it, and each line has its one spelling.
  /// - Throws: `AgeError` `.armor`.
  public static func decode(_ text: [UInt8]) throws -> [UInt8] {
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
      line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }[...]
    let blank = text.prefix { isBlank($0) }.count
    let blankBehind = text.reversed().prefix { isBlank($0) }.count
    guard blank <= maximumBlank, blankBehind <= maximumBlank else {
      throw AgeError(.armor, "there are too many blanks around the armor")
    }
    while let line = lines.first, line.allSatisfy(isBlank) { lines = lines.dropFirst() }
    while let line = lines.last, line.allSatisfy(isBlank) { lines = lines.dropLast() }
    guard let first = lines.first, first.elementsEqual(begin.utf8) else {
      throw AgeError(.armor, "the armor's first line is wrong")
    }
    guard lines.count > 1, let last = lines.last, isEnd(last) else {
      throw AgeError(.armor, "the armor's last line is missing or wrong")
    }
    let body = lines.dropFirst().dropLast()
    var bytes: [UInt8] = []
    for (index, line) in body.enumerated() {
      let isLast = index == body.count - 1
      guard !line.isEmpty, line.count <= Stanza.columns, isLast || line.count == Stanza.columns,
        let part = Base64.decode(String(decoding: line, as: UTF8.self)), isLast || part.count == Stanza.columns / 4 * 3
      else { throw AgeError(.armor, "line \(index + 2) of the armor is malformed") }
      bytes += part
    }
    return bytes
  }

  /// The armor of a file.
  public static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var text = Array("\(begin)\n".utf8)
    let body = Array(Base64.encode(bytes).utf8)
    for start in stride(from: 0, to: body.count, by: Stanza.columns) {
      text += body[start..<min(start + Stanza.columns, body.count)] + [UInt8(ascii: "\n")]
    }
    return text + Array("\(end)\n".utf8)
  }

  /// Blanks may follow the last line, on it too.
  private static func isEnd(_ line: ArraySlice<UInt8>) -> Bool {
    line.starts(with: end.utf8) && line.dropFirst(end.utf8.count).allSatisfy(isBlank)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
