import Crypto
import ObjectStorage
import Primitives

/// The stored form of a `BaseEntry`, without its key, which is the table's.
///
/// `checksum(4) flags(2) size [hash] [modified] [mode] left right`, where a side is `[version] [modified] [identity]` and a flag says
/// which of the bracketed are there. SQLite has no checksums of its own: the CRC-32C of key and record tells a flipped bit from
/// a changed file, so that damage never poses as somebody's edit.
enum BaseRecord {
  private struct Flags: OptionSet {
    let rawValue: UInt16

    static let hash = Flags(rawValue: 1)
    static let modified = Flags(rawValue: 2)
    static let mode = Flags(rawValue: 4)
    static let leftVersion = Flags(rawValue: 8)
    static let leftModified = Flags(rawValue: 16)
    static let leftIdentity = Flags(rawValue: 32)
    static let rightVersion = Flags(rawValue: 64)
    static let rightModified = Flags(rawValue: 128)
    static let rightIdentity = Flags(rawValue: 256)
    /// The side's time is the agreed one: the common case, and stored once.
    static let leftSame = Flags(rawValue: 512)
    static let rightSame = Flags(rawValue: 1024)
    static let known = Flags(rawValue: 2047)
  }

  // MARK: Writing

  static func write(_ entry: BaseEntry, to writer: inout RecordWriter) {
    writer.clear()
    writer.word(0)
    let flags = flags(of: entry)
    writer.byte(UInt8(truncatingIfNeeded: flags.rawValue))
    writer.byte(UInt8(truncatingIfNeeded: flags.rawValue >> 8))
    writer.unsigned(UInt64(bitPattern: entry.size))
    if let hash = entry.hash { write(hash, to: &writer) }
    if let modified = entry.modified { writer.timestamp(modified) }
    if let mode = entry.mode { writer.unsigned(UInt64(mode)) }
    write(entry.left, isSame: flags.contains(.leftSame), to: &writer)
    write(entry.right, isSame: flags.contains(.rightSame), to: &writer)
    writer.seal(key: entry.key)
  }

  private static func flags(of entry: BaseEntry) -> Flags {
    var flags: Flags = []
    if entry.hash != nil { flags.insert(.hash) }
    if entry.modified != nil { flags.insert(.modified) }
    if entry.mode != nil { flags.insert(.mode) }
    if entry.left.version != nil { flags.insert(.leftVersion) }
    if entry.left.identity != nil { flags.insert(.leftIdentity) }
    if entry.right.version != nil { flags.insert(.rightVersion) }
    if entry.right.identity != nil { flags.insert(.rightIdentity) }
    if let time = entry.left.modified { flags.insert(time == entry.modified ? .leftSame : .leftModified) }
    if let time = entry.right.modified { flags.insert(time == entry.modified ? .rightSame : .rightModified) }
    return flags
  }

  private static func write(_ hash: ContentHash, to writer: inout RecordWriter) {
    switch hash.method {
    case .md5: writer.byte(0)
    case .sha256: writer.byte(1)
    case .crc32c: writer.byte(2)
    case .crc64nvme: writer.byte(3)
    case .sha256OfParts(let size):
      writer.byte(4)
      writer.unsigned(UInt64(bitPattern: size))
    }
    writer.block(hash.bytes)
  }

  private static func write(_ state: SideState, isSame: Bool, to writer: inout RecordWriter) {
    if let version = state.version { writer.block(version.bytes) }
    if let modified = state.modified, !isSame { writer.timestamp(modified) }
    if let identity = state.identity { writer.block(identity) }
  }

  // MARK: Reading

  static func read(_ record: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) throws -> BaseEntry {
    var reader = RecordReader(record)
    guard try reader.word() == RecordWriter.checksum(key: key, record: record) else { throw RecordReader.Malformed() }
    let flags = Flags(rawValue: UInt16(try reader.byte()) | UInt16(try reader.byte()) << 8)
    guard flags.isSubset(of: .known) else { throw RecordReader.Malformed() }
    let size = Int64(bitPattern: try reader.unsigned())
    let hash = flags.contains(.hash) ? try readHash(&reader) : nil
    let modified = flags.contains(.modified) ? try reader.timestamp() : nil
    let mode = flags.contains(.mode) ? UInt16(truncatingIfNeeded: try reader.unsigned()) : nil
    let left = try readSide(
      &reader, version: flags.contains(.leftVersion), time: flags.contains(.leftModified), identity: flags.contains(.leftIdentity),
      same: flags.contains(.leftSame) ? modified : nil)
    let right = try readSide(
      &reader, version: flags.contains(.rightVersion), time: flags.contains(.rightModified),
      identity: flags.contains(.rightIdentity), same: flags.contains(.rightSame) ? modified : nil)
    try reader.end()
    // The checksum vouches for the key: only what was a valid key was ever written.
    return BaseEntry(
      key: ObjectKey(trusted: [UInt8](key)), size: size, hash: hash, modified: modified, mode: mode, left: left, right: right)
  }

  private static func readHash(_ reader: inout RecordReader) throws(RecordReader.Malformed) -> ContentHash {
    let method: ContentHash.Method
    switch try reader.byte() {
    case 0: method = .md5
    case 1: method = .sha256
    case 2: method = .crc32c
    case 3: method = .crc64nvme
    case 4: method = .sha256OfParts(partSize: Int64(bitPattern: try reader.unsigned()))
    default: throw RecordReader.Malformed()
    }
    return ContentHash(method, try reader.block())
  }

  /// A hash by itself.
  static func encode(_ hash: ContentHash) -> [UInt8] {
    var writer = RecordWriter()
    write(hash, to: &writer)
    return writer.bytes
  }

  /// The hash that `encode` made; nil if the bytes are no such thing.
  static func decodeHash(_ bytes: UnsafeRawBufferPointer) -> ContentHash? {
    var reader = RecordReader(bytes)
    guard let hash = try? readHash(&reader), (try? reader.end()) != nil else { return nil }
    return hash
  }

  private static func readSide(
    _ reader: inout RecordReader, version: Bool, time: Bool, identity: Bool, same: Timestamp?
  ) throws(RecordReader.Malformed) -> SideState {
    let token = version ? ObjectVersion(try reader.block()) : nil
    let modified = time ? try reader.timestamp() : same
    return SideState(version: token, modified: modified, identity: identity ? try reader.block() : nil)
  }
}

extension RecordWriter {
  /// Puts the checksum of key and record into the four bytes that were left for it at the front.
  mutating func seal(key: ObjectKey) {
    let sum = key.bytes.withUnsafeBytes { key in bytes.withUnsafeBytes { Self.checksum(key: key, record: $0) } }
    patch(sum)
  }

  static func checksum(key: UnsafeRawBufferPointer, record: UnsafeRawBufferPointer) -> UInt32 {
    CRC.crc32c(UnsafeRawBufferPointer(rebasing: record.dropFirst(4)), continuing: CRC.crc32c(key))
  }
}
