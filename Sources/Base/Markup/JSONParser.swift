/// The recursive descent behind `JSONDocument.parse`. Lives only while the bytes are pinned.
struct JSONParser {
  private let bytes: UnsafeRawBufferPointer
  private let limits: MarkupLimits
  private var position = 0
  private var duplicates: [JSONDocument.DuplicateKey] = []
  /// Holds a string that has escapes; kept, so that only the longest one allocates.
  private var scratch: [UInt8] = []

  init(_ bytes: UnsafeRawBufferPointer, limits: MarkupLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func document() throws(MarkupError) -> JSONDocument {
    skipSpace()
    let root = try value(depth: 0)
    skipSpace()
    if peek() != nil { throw malformed("something follows the value") }
    return JSONDocument(root: root, duplicateKeys: duplicates)
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private func malformed(_ message: String, at offset: Int? = nil) -> MarkupError {
    MarkupError(.malformed, message, at: .of(offset: offset ?? position, in: bytes))
  }

  private func unexpected(_ wanted: String) -> MarkupError {
    guard let byte = peek() else { return malformed("ends where \(wanted) should be") }
    if byte > 0x20 && byte < 0x7F { return malformed("expected \(wanted), found '\(Character(UnicodeScalar(byte)))'") }
    return malformed("expected \(wanted), found byte \(byte)")
  }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(MarkupError) -> JSONValue {
    guard let byte = peek() else { throw unexpected("a value") }
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(MarkupError) -> JSONValue {
    let start = position
    for index in 0..<word.utf8CodeUnitCount {
      guard take(word.utf8Start[index]) else { throw malformed("expected '\(word)'", at: start) }
    }
    return value
  }

  private func checkDepth(_ depth: Int) throws(MarkupError) {
    if depth > limits.depth { throw MarkupError(.limitExceeded, limits.tooDeep, at: .of(offset: position, in: bytes)) }
  }

  private mutating func array(depth: Int) throws(MarkupError) -> JSONValue {
    try checkDepth(depth)
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      skipSpace()
      elements.append(try value(depth: depth))
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "]")) { return .array(elements) }
      throw unexpected("',' or ']'")
    }
  }

  private mutating func object(depth: Int) throws(MarkupError) -> JSONValue {
    try checkDepth(depth)
    position += 1
    var members: [JSONObject.Member] = []
    // Comparing with each key before is quickest for few; a dictionary keeps a hostile object from costing its square.
    var index: [[UInt8]: Int] = [:]
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(JSONObject(unique: members)) }
    while true {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let keyStart = position
      let key = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
      skipSpace()
      let member = JSONObject.Member(key, try value(depth: depth))
      let earlier: Int?
      if members.count < 16 {
        earlier = members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
      } else {
        if index.isEmpty { for (at, member) in members.enumerated() { index[[UInt8](member.key.utf8)] = at } }
        earlier = index[[UInt8](key.utf8)]
        if earlier == nil { index[[UInt8](key.utf8)] = members.count }
      }
      if let earlier {
        duplicates.append(JSONDocument.DuplicateKey(key: key, place: .of(offset: keyStart, in: bytes)))
        if duplicates.count > 100 {
          // Finding a place is linear: a text of nothing but duplicates must not cost its square.
          throw MarkupError(.limitExceeded, "more than 100 duplicate keys", at: .of(offset: keyStart, in: bytes))
        }
        members[earlier] = member
      } else {
        members.append(member)
      }
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "}")) { return .object(JSONObject(unique: members)) }
      throw unexpected("',' or '}'")
    }
  }

  private mutating func number() throws(MarkupError) -> JSONValue {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    var magnitude: UInt64 = 0
    var isExact = true
    let firstDigit = position
    while let byte = peek(), byte >= 0x30, byte <= 0x39 {
      let (product, overflowed) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, carried) = product.addingReportingOverflow(UInt64(byte - 0x30))
      if overflowed || carried { isExact = false }
      magnitude = sum
      position += 1
    }
    if position == firstDigit { throw unexpected("a digit") }
    if bytes[firstDigit] == 0x30 && position > firstDigit + 1 { throw malformed("a number starts with 0", at: start) }
    if take(UInt8(ascii: ".")) {
      isExact = false
      try digits()
    }
    if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
      isExact = false
      position += 1
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    if isExact, !isNegative, let value = Int64(exactly: magnitude) { return .integer(value) }
    if isExact, isNegative, magnitude != 0, magnitude <= UInt64(Int64.max) + 1 {
      return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else { throw malformed("a number too large", at: start) }
    return .number(value)
  }

  private mutating func digits() throws(MarkupError) {
    let start = position
    while let byte = peek(), byte >= 0x30, byte <= 0x39 { position += 1 }
    if position == start { throw unexpected("a digit") }
  }

  private mutating func string() throws(MarkupError) -> String {
    let start = position
    position += 1
    var runStart = position
    scratch.removeAll(keepingCapacity: true)
    var hasEscapes = false
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        let run = UnsafeRawBufferPointer(rebasing: bytes[runStart..<position])
        position += 1
        let text: String?
        if hasEscapes {
          scratch.append(contentsOf: run)
          text = String(validating: scratch, as: UTF8.self)
        } else {
          text = String(validating: run, as: UTF8.self)
        }
        guard let text else { throw malformed("a string that is not UTF-8", at: start) }
        return text
      case UInt8(ascii: "\\"):
        hasEscapes = true
        scratch.append(contentsOf: bytes[runStart..<position])
        try escape()
        runStart = position
      case 0..<0x20: throw malformed("an unescaped control character in a string")
      default: position += 1
      }
    }
    throw malformed("a string without its closing quote", at: start)
  }

  private mutating func escape() throws(MarkupError) {
    let start = position
    position += 1
    guard let byte = peek() else { throw unexpected("an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(byte)
    case UInt8(ascii: "b"): scratch.append(0x08)
    case UInt8(ascii: "f"): scratch.append(0x0C)
    case UInt8(ascii: "n"): scratch.append(0x0A)
    case UInt8(ascii: "r"): scratch.append(0x0D)
    case UInt8(ascii: "t"): scratch.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal(start)
      if code >= 0xD800 && code < 0xDC00 && take(UInt8(ascii: "\\")) && take(UInt8(ascii: "u")) {
        let low = try hexadecimal(start)
        guard low >= 0xDC00 && low < 0xE000 else { throw malformed("half of a surrogate pair", at: start) }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
      }
      guard let scalar = UnicodeScalar(code) else { throw malformed("half of a surrogate pair", at: start) }
      scratch.append(contentsOf: UTF8.encode(scalar)!)
    default: throw malformed("an unknown escape", at: start)
    }
  }

  private mutating func hexadecimal(_ start: Int) throws(MarkupError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch peek() {
      case let byte? where byte >= 0x30 && byte <= 0x39: digit = byte - 0x30
      case let byte? where byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66: digit = (byte | 0x20) - 0x61 + 10
      default: throw malformed("an escape needs four hexadecimal digits", at: start)
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
