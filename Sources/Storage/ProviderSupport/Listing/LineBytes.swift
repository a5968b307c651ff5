public import ObjectStorage
public import Primitives

/// Writes the fields of a `SortableLine`: numbers in the machine's own order, data behind its length.
public enum LineBytes {
  /// Appends a number.
  public static func put(_ number: UInt64, _ bytes: inout [UInt8]) { withUnsafeBytes(of: number) { bytes += $0 } }

  /// Appends data.
  public static func put(_ data: [UInt8], _ bytes: inout [UInt8]) {
    put(UInt64(data.count), &bytes)
    bytes += data
  }

  /// Appends data that may be missing.
  public static func put(_ data: [UInt8]?, _ bytes: inout [UInt8]) {
    bytes.append(data == nil ? 0 : 1)
    if let data { put(data, &bytes) }
  }

  /// Appends a hash that may be missing.
  public static func put(_ hash: ContentHash?, _ bytes: inout [UInt8]) {
    guard let hash else {
      bytes.append(0)
      return
    }
    switch hash.method {
    case .md5: bytes.append(1)
    case .sha256: bytes.append(2)
    case .crc32c: bytes.append(3)
    case .crc64nvme: bytes.append(4)
    case .sha256OfParts(let size):
      bytes.append(5)
      put(UInt64(bitPattern: size), &bytes)
    }
    put(hash.bytes, &bytes)
  }
}

/// Reads what `LineBytes` wrote. Everything gives nil where the bytes end within it.
public struct LineReader {
  /// A field that may be missing.
  public struct Maybe<Value> {
    /// What it holds.
    public let value: Value?
  }

  private let bytes: [UInt8]
  /// Where the next field begins.
  public private(set) var position: Int

  /// A reader at `position`.
  public init(bytes: [UInt8], position: Int) { (self.bytes, self.position) = (bytes, position) }

  /// One byte.
  public mutating func byte() -> UInt8? {
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  /// A number.
  public mutating func number() -> UInt64? {
    guard position + 8 <= bytes.count else { return nil }
    defer { position += 8 }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: UInt64.self) }
  }

  /// Data.
  public mutating func data() -> [UInt8]? {
    guard let count = number(), Int(count) <= bytes.count - position else { return nil }
    defer { position += Int(count) }
    return Array(bytes[position..<position + Int(count)])
  }

  /// Data that may be missing.
  public mutating func optionalData() -> Maybe<[UInt8]>? {
    guard let isThere = byte() else { return nil }
    if isThere == 0 { return Maybe(value: nil) }
    return data().map { Maybe(value: $0) }
  }

  /// A time that may be missing: a mark, seconds, nanoseconds.
  public mutating func time() -> Maybe<Timestamp>? {
    guard let isThere = byte() else { return nil }
    if isThere == 0 { return Maybe(value: nil) }
    guard let seconds = number(), let nanoseconds = number() else { return nil }
    return Maybe(value: Timestamp(seconds: Int64(bitPattern: seconds), nanoseconds: Int32(nanoseconds)))
  }

  /// A hash that may be missing.
  public mutating func hash() -> Maybe<ContentHash>? {
    guard let kind = byte() else { return nil }
    let method: ContentHash.Method
    switch kind {
    case 0: return Maybe(value: nil)
    case 1: method = .md5
    case 2: method = .sha256
    case 3: method = .crc32c
    case 4: method = .crc64nvme
    default:
      guard let size = number() else { return nil }
      method = .sha256OfParts(partSize: Int64(bitPattern: size))
    }
    return data().map { Maybe(value: ContentHash(method, $0)) }
  }
}
