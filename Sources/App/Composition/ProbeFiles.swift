import Crypto
import Files
import Primitives
import S3Storage

/// Keeps what was found out about S3 services as one small file each in the state folder.
///
/// A file that cannot be written or read costs another probe and nothing else.
struct ProbeFiles: S3ProbeCache {
  let folder: [UInt8]

  /// Larger than any answer; a file beyond it is not one of ours.
  private static let largest: Int64 = 64 << 10

  func load(_ place: String) async -> [UInt8]? {
    guard let root = try? ConfinedDirectory.open(folder, create: false), let file = try? root.openForReading(name(of: place)),
      let size = try? file.status().size, size <= Self.largest
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(size))
    let count = bytes.withUnsafeMutableBytes { (try? file.read(into: $0, at: 0)) ?? 0 }
    return count == bytes.count ? bytes : nil
  }

  func save(_ bytes: [UInt8], for place: String) async {
    guard let root = try? ConfinedDirectory.open(folder, create: true),
      let file = try? root.temporaryFile(beside: name(of: place))
    else { return }
    guard (try? bytes.withUnsafeBytes { try file.write($0, at: 0) }) != nil else { return }
    _ = try? file.commit(to: name(of: place), mode: .replace, sync: .none)
  }

  /// The place is a URL: its hash can be a file's name.
  private func name(of place: String) -> [UInt8] {
    Array((Hex.encode(SHA256.hash(Array(place.utf8)).prefix(16)) + ".json").utf8)
  }
}
