/// The header fields of a message in their order; names are found whatever their case.
///
/// Nothing that could end a line and begin another gets in: a name is a token, a value has no CR, LF or NUL.
public struct HTTPHeaders: Sendable, Hashable, Sequence, ExpressibleByDictionaryLiteral {
  /// One field.
  public struct Field: Sendable, Hashable {
    public let name: String
    public let value: String
  }

  private var fields: [Field] = []

  public init() {}

  /// For constants: traps on a field that would be refused.
  public init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements {
      precondition(Self.isToken(name) && Self.isValue(value), "not a header field: \(name)")
      fields.append(Field(name: name, value: value))
    }
  }

  /// How many fields there are; a name may count several times.
  public var count: Int { fields.count }

  public func makeIterator() -> IndexingIterator<[Field]> { fields.makeIterator() }

  /// The first field's value of this name.
  public subscript(_ name: String) -> String? {
    for field in fields where Self.isSameName(field.name, name) { return field.value }
    return nil
  }

  /// The values of all fields of this name, in order.
  public func values(of name: String) -> [String] {
    fields.compactMap { Self.isSameName($0.name, name) ? $0.value : nil }
  }

  public func contains(_ name: String) -> Bool { self[name] != nil }

  /// Adds a field after those that are there.
  /// - Throws: `HTTPError` with `.invalidHeader`; its text has the name, not the value.
  public mutating func add(_ name: String, _ value: String) throws {
    guard Self.isToken(name) else { throw HTTPError(.invalidHeader, "a header name has characters that it must not have") }
    guard Self.isValue(value) else { throw HTTPError(.invalidHeader, "the value of the header \(name) has a line break or NUL") }
    fields.append(Field(name: name, value: value))
  }

  /// Replaces all fields of this name by one.
  /// - Throws: as `add`.
  public mutating func set(_ name: String, _ value: String) throws {
    remove(name)
    try add(name, value)
  }

  /// Removes all fields of this name.
  public mutating func remove(_ name: String) { fields.removeAll { Self.isSameName($0.name, name) } }

  /// The fields that `isWanted` keeps.
  public func filtered(_ isWanted: (Field) -> Bool) -> HTTPHeaders {
    var result = HTTPHeaders()
    result.fields = fields.filter(isWanted)
    return result
  }

  /// Compares two names, ASCII letters in any case.
  public static func isSameName(_ left: String, _ right: String) -> Bool {
    var (left, right) = (left, right)
    return left.withUTF8 { left in
      right.withUTF8 { right in
        guard left.count == right.count else { return false }
        for index in left.indices where lowercase(left[index]) != lowercase(right[index]) { return false }
        return true
      }
    }
  }

  /// Adds one line as a server sent it, without its line end; what is not a field is left out, a folded line continues the last.
  package mutating func addReceived(_ line: UnsafeRawBufferPointer) {
    let line = trim(line)
    guard !line.isEmpty else { return }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
    let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
    guard Self.isToken(name) else { return }
    let value = String(decoding: trim(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...])), as: UTF8.self)
    fields.append(Field(name: String(decoding: name, as: UTF8.self), value: value))
  }

  /// Adds a folded line to the last field.
  package mutating func continueReceived(_ line: UnsafeRawBufferPointer) {
    guard let last = fields.popLast() else { return }
    fields.append(Field(name: last.name, value: last.value + " " + String(decoding: trim(line), as: UTF8.self)))
  }

  static func isToken(_ name: String) -> Bool {
    var name = name
    return name.withUTF8 { isToken(UnsafeRawBufferPointer($0)) }
  }

  private static func isToken(_ name: UnsafeRawBufferPointer) -> Bool {
    for byte in name {
      guard byte < 0x80, (byte < 64 ? lowToken : highToken) >> UInt64(byte & 63) & 1 == 1 else { return false }
    }
    return !name.isEmpty
  }

  /// What RFC 9110 allows in a token, a bit for each ASCII character: digits and `!#$%&'*+-.`
  private static let lowToken: UInt64 = 0x03FF_6CFA_0000_0000
  /// Letters, and ``^_`|~``.
  private static let highToken: UInt64 = 0x57FF_FFFF_C7FF_FFFE

  static func isValue(_ value: String) -> Bool {
    var value = value
    return value.withUTF8 { value in
      for byte in value where byte == 0 || byte == 10 || byte == 13 { return false }
      return true
    }
  }
}

private func lowercase(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte | 0x20 : byte }

private func trim(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
  var (start, end) = (bytes.startIndex, bytes.endIndex)
  while start < end, bytes[start] == 32 || bytes[start] == 9 { start += 1 }
  while end > start, bytes[end - 1] == 32 || bytes[end - 1] == 9 || bytes[end - 1] == 13 || bytes[end - 1] == 10 { end -= 1 }
  return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
}
