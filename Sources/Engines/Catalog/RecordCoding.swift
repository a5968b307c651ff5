import Primitives

/// Writes the compact binary form of the catalog's records: variable-length integers, length-prefixed bytes.
struct RecordWriter {
  private(set) var bytes: [UInt8] = []

  mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  mutating func byte(_ value: UInt8) { bytes.append(value) }

  /// Seven bits a byte, the lowest first; the high bit says that more follow.
  mutating func unsigned(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// Small magnitudes of either sign stay short.
  mutating func signed(_ value: Int64) { unsigned(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

  mutating func block(_ value: some Collection<UInt8>) {
    unsigned(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  mutating func optionalBlock(_ value: [UInt8]?) {
    byte(value == nil ? 0 : 1)
    if let value { block(value) }
  }

  mutating func text(_ value: String) { block(Array(value.utf8)) }

  mutating func timestamp(_ value: Timestamp) {
    signed(value.seconds)
    unsigned(UInt64(value.nanoseconds))
  }

  mutating func optionalTimestamp(_ value: Timestamp?) {
    byte(value == nil ? 0 : 1)
    if let value { timestamp(value) }
  }

  mutating func word(_ value: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  /// Replaces the first four bytes.
  mutating func patch(_ value: UInt32) {
    for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: value >> UInt32(index * 8)) }
  }
}

/// Reads what `RecordWriter` wrote, from bytes that may be damaged: every length is checked, and whatever makes no sense throws.
struct RecordReader {
  /// The bytes are not what the writer makes.
  struct Malformed: Error {}

  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func byte() throws(Malformed) -> UInt8 {
    guard position < bytes.count else { throw Malformed() }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func unsigned() throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte()
      let part = UInt64(next & 0x7F)
      guard shift < 63 || part <= 1 else { throw Malformed() }
      value |= part << shift
      if next & 0x80 == 0 { return value }
      shift += 7
      guard shift < 64 else { throw Malformed() }
    }
  }

  mutating func signed() throws(Malformed) -> Int64 {
    let value = try unsigned()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// An unsigned number that fits `Int64`.
  mutating func count() throws(Malformed) -> Int64 {
    guard let value = Int64(exactly: try unsigned()) else { throw Malformed() }
    return value
  }

  mutating func block() throws(Malformed) -> [UInt8] {
    guard let length = Int(exactly: try unsigned()), length <= bytes.count - position else { throw Malformed() }
    defer { position += length }
    return [UInt8](UnsafeRawBufferPointer(rebasing: bytes[position..<position + length]))
  }

  mutating func optionalBlock() throws(Malformed) -> [UInt8]? { try flag() ? try block() : nil }

  mutating func text() throws(Malformed) -> String {
    guard let text = String(validating: try block(), as: UTF8.self) else { throw Malformed() }
    return text
  }

  mutating func flag() throws(Malformed) -> Bool {
    switch try byte() {
    case 0: return false
    case 1: return true
    default: throw Malformed()
    }
  }

  mutating func timestamp() throws(Malformed) -> Timestamp {
    let seconds = try signed()
    let nanoseconds = try unsigned()
    guard nanoseconds < 1_000_000_000 else { throw Malformed() }
    return Timestamp(seconds: seconds, nanoseconds: Int32(nanoseconds))
  }

  mutating func optionalTimestamp() throws(Malformed) -> Timestamp? { try flag() ? try timestamp() : nil }

  mutating func word() throws(Malformed) -> UInt32 {
    var value: UInt32 = 0
    for shift in stride(from: UInt32(0), to: 32, by: 8) { value |= UInt32(try byte()) << shift }
    return value
  }

  /// Throws unless everything was read.
  func end() throws(Malformed) { if position != bytes.count { throw Malformed() } }
}
