import Crypto
import Primitives

/// A map of an object's chunks that lies in the store beside it, for those who have an older version of the file.
///
/// In bytes: `isobar chunks 1`, the key and the version in hexadecimal digits, each on a line of its own, and the map's record.
public struct SharedMap: Hashable, Sendable {
  private static let title = Array("isobar chunks 1\n".utf8)
  /// More than the map of any file that a store takes: 5 TiB are about 10 MiB of it.
  public static let largest = 64 << 20

  /// The object's key.
  public let key: [UInt8]
  /// The version that has these chunks.
  public let version: [UInt8]
  /// The chunks.
  public let map: ChunkMap

  /// The map of an object.
  public init(key: [UInt8], version: [UInt8], map: ChunkMap) {
    self.key = key
    self.version = version
    self.map = map
  }

  /// Where maps lie, with a slash at the end.
  public static let folder = ".isobar/maps/"

  /// Under which key the map of an object lies.
  public static func place(of key: [UInt8]) -> String { folder + Hex.encode(SHA256.hash(key).prefix(16)) }

  /// The bytes that are stored.
  public var encoded: [UInt8] {
    Self.title + Array(Hex.encode(key).utf8) + [0x0A] + Array(Hex.encode(version).utf8) + [0x0A] + map.encoded
  }

  /// The map that `encoded` wrote; nil for everything else.
  public init?(encoded bytes: [UInt8]) {
    guard bytes.starts(with: Self.title) else { return nil }
    let parts = bytes.dropFirst(Self.title.count).split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let key = Hex.decode(String(decoding: parts[0], as: UTF8.self)),
      let version = Hex.decode(String(decoding: parts[1], as: UTF8.self)), let map = try? ChunkMap(encoded: Array(parts[2]))
    else { return nil }
    self.init(key: key, version: version, map: map)
  }
}
