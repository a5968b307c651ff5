/// Reads a header from hostile bytes, as strictly as the format says.
struct HeaderParser {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  private struct Incomplete: Error {}

  private init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The header at the beginning of `bytes`; nil if it goes on behind them.
  static func parse(_ bytes: ArraySlice<UInt8>) throws -> Header? {
    var parser = HeaderParser(bytes.prefix(Header.maximumLength))
    do { return try parser.header() } catch is Incomplete {
      if bytes.count >= Header.maximumLength { throw AgeError(.header, "the header is longer than \(Header.maximumLength) bytes") }
      return nil
    }
  }

  private mutating func header() throws -> Header {
    try intro()
    var stanzas: [Stanza] = []
    while true {
      if try starts(with: "---") {
        if stanzas.isEmpty { throw AgeError(.header, "the header has no recipient") }
        return try end(stanzas)
      }
      stanzas.append(try stanza())
    }
  }

  private mutating func intro() throws {
    let begin = bytes.prefix(Header.intro.count)
    if begin.elementsEqual(Header.intro) {
      position += Header.intro.count
      return
    }
    if !bytes.isEmpty, begin.count < Header.intro.count, Header.intro.starts(with: begin) { throw Incomplete() }
    if bytes.starts(with: Header.family) {
      throw AgeError(.header, "this is an age file of a version that is not known here (only v1 is)")
    }
    throw AgeError(.notAge, bytes.isEmpty ? "the file is empty: no age file is" : "this is not an age file")
  }

  private mutating func end(_ stanzas: [Stanza]) throws -> Header {
    let authenticated = Array(bytes[..<(position + 3)])
    let line = try line()
    guard line.count == 47, line[line.startIndex + 3] == UInt8(ascii: " "), let code = RawBase64.decode(line.dropFirst(4)),
      code.count == 32
    else { throw AgeError(.header, "the header's last line is malformed") }
    return Header(stanzas: stanzas, authenticated: authenticated, code: code, byteCount: position - bytes.startIndex)
  }

  private mutating func stanza() throws -> Stanza {
    guard try starts(with: "-> ") else { throw AgeError(.header, "a line of the header begins neither a recipient nor its end") }
    let arguments = try line().dropFirst(3).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard arguments.allSatisfy(Stanza.isArgument) else { throw AgeError(.header, "a recipient's arguments are malformed") }
    var body: [UInt8] = []
    while true {
      let line = try line()
      guard line.count <= Stanza.columns, let part = RawBase64.decode(line) else {
        throw AgeError(.header, "a recipient's body is malformed")
      }
      body += part
      if line.count < Stanza.columns { break }
    }
    let texts = arguments.map { String(decoding: $0, as: UTF8.self) }
    return Stanza(texts[0], Array(texts.dropFirst()), body: body)
  }

  /// Whether the next line begins with `text`. What can no longer begin with it is false before the line is complete.
  private func starts(with text: String) throws -> Bool {
    let rest = bytes[position...].prefix(text.utf8.count)
    if rest.count < text.utf8.count, text.utf8.starts(with: rest) { throw Incomplete() }
    return rest.elementsEqual(text.utf8)
  }

  /// The next line without its end, which is a line feed and nothing else.
  private mutating func line() throws -> ArraySlice<UInt8> {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { throw Incomplete() }
    defer { position = end + 1 }
    return bytes[position..<end]
  }
}
