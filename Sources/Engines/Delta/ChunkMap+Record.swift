import Chunking
import Crypto

/// Why a record is not taken for a map.
public struct ChunkMapError: Error, Sendable, CustomStringConvertible {
  /// What it means.
  public enum Code: Sendable {
    /// The record was damaged, or never was one.
    case damaged
    /// A version of this software wrote it whose records are not known here.
    case unknownVersion
  }

  /// What it means.
  public let code: Code
  public var description: String {
    switch code {
    case .damaged: "the record of a file's chunks is damaged"
    case .unknownVersion: "the record of a file's chunks was written by a newer version"
    }
  }
}

/// The record, in bytes:
///
///     "ICM" | version 1 | minimum | average | maximum | count | length of each chunk | hash of each chunk | CRC-32C
///
/// Numbers are varints (seven bits a byte, the lowest first, the high bit says that more follow, no superfluous bytes); offsets follow
/// from the lengths; the sum (big-endian) covers everything before it. There is one record for a map, and equal maps have equal ones.
extension ChunkMap {
  private static let magic: [UInt8] = Array("ICM".utf8)
  private static let version: UInt8 = 1

  /// The map as bytes: about 35 a chunk.
  public var encoded: [UInt8] {
    var bytes = Self.magic + [Self.version]
    bytes.reserveCapacity(32 + chunks.count * 36)
    for number in [sizes.minimum, sizes.average, sizes.maximum, chunks.count] { Varint.append(UInt64(number), to: &bytes) }
    for hashed in chunks { Varint.append(UInt64(hashed.chunk.length), to: &bytes) }
    for hashed in chunks { bytes += hashed.hash.bytes }
    let sum = bytes.withUnsafeBytes { CRC.crc32c($0, continuing: 0) }
    return bytes + CRC.bytes(sum)
  }

  /// The map that `encoded` wrote. Takes memory only in proportion to the record.
  /// - Throws: `ChunkMapError` for everything else, whatever it is.
  public init(encoded record: [UInt8]) throws(ChunkMapError) {
    let damaged = ChunkMapError(code: .damaged)
    guard record.count > 8, record.starts(with: Self.magic) else { throw damaged }
    let body = record.dropLast(4)
    guard CRC.bytes(body.withUnsafeBytes { CRC.crc32c($0, continuing: 0) }).elementsEqual(record.suffix(4)) else { throw damaged }
    guard record[3] == Self.version else { throw ChunkMapError(code: .unknownVersion) }
    var rest = body.dropFirst(4)
    func number() -> Int? { Varint.take(from: &rest).flatMap { Int(exactly: $0) } }
    guard let minimum = number(), let average = number(), let maximum = number(), let count = number(),
      let sizes = ChunkSizes(minimum: minimum, average: average, maximum: maximum),
      count <= rest.count / (ChunkHash.byteCount + 1)
    else { throw damaged }
    var lengths: [Int] = []
    lengths.reserveCapacity(count)
    for _ in 0..<count {
      guard let length = number(), length <= maximum else { throw damaged }
      lengths.append(length)
    }
    guard rest.count == count * ChunkHash.byteCount else { throw damaged }
    var chunks: [HashedChunk] = []
    chunks.reserveCapacity(count)
    var offset: Int64 = 0
    for length in lengths {
      guard let hash = ChunkHash(rest.prefix(ChunkHash.byteCount)) else { throw damaged }
      rest = rest.dropFirst(ChunkHash.byteCount)
      chunks.append(HashedChunk(Chunk(offset: offset, length: length), hash))
      offset += Int64(length)
    }
    guard let map = ChunkMap(sizes: sizes, chunks: chunks) else { throw damaged }
    self = map
  }
}

/// Numbers of variable length.
enum Varint {
  static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// Takes a number off the beginning; nil if none is there, or not as `append` writes it.
  static func take(from bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = bytes.popFirst() else { return nil }
      let part = UInt64(byte & 0x7F)
      if shift == 63, part > 1 { return nil }
      value |= part << shift
      if byte & 0x80 == 0 { return shift > 0 && part == 0 ? nil : value }
    }
    return nil
  }
}
