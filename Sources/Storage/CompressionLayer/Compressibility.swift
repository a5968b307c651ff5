import Compression
import ObjectStorage
import Primitives

/// Whether content is worth being compressed.
enum Compressibility {
  /// What a sample has.
  static let sampleLength = 64 << 10
  /// Files up to here are compressed, and then it is seen.
  static let judgedByResult: Int64 = 1 << 20

  /// Whether `stored` bytes instead of `content` are worth it.
  static func isWorthwhile(stored: Int64, content: Int64) -> Bool { stored <= content - content / 16 - 1 }

  /// Whether a sample shrinks.
  static func shrinks(_ sample: UnsafeRawBufferPointer, _ compressor: Compressor) -> Bool {
    var frame: [UInt8] = []
    guard let length = try? compressor.appendFrame(of: sample, to: &frame) else { return false }
    return isWorthwhile(stored: Int64(length), content: Int64(sample.count))
  }

  /// Whether files of such a name hold what is compressed or encrypted already, as a rule.
  static func isKnown(_ key: ObjectKey) -> Bool {
    guard let dot = key.name.lastIndex(of: UInt8(ascii: ".")) else { return false }
    let end = key.name[(dot + 1)...].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return end.count <= 5 && known.contains(String(decoding: end, as: UTF8.self))
  }

  private static let known: Set<String> = [
    "jpg", "jpeg", "png", "gif", "webp", "heic", "heif", "avif", "jxl", "jp2",
    "mp3", "m4a", "aac", "ogg", "oga", "opus", "flac", "wma",
    "mp4", "m4v", "mov", "mkv", "webm", "avi", "wmv", "mpg", "mpeg", "ogv", "3gp", "ts",
    "zip", "gz", "tgz", "bz2", "tbz2", "xz", "txz", "zst", "tzst", "lz4", "lzma", "br", "7z", "rar", "cab",
    "jar", "apk", "aab", "whl", "deb", "rpm", "docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "woff", "woff2",
    "age", "gpg", "pgp",
  ]

  /// Judges a large payload: by its beginning, and where that does not shrink and the name does not explain it, by its middle and its
  /// end. One to three short reads.
  static func isLikely(
    _ payload: Payload, _ key: ObjectKey, _ compressor: Compressor,
    fail: @escaping @Sendable (StorageError.Code, String) -> StorageError
  ) async throws -> Bool {
    let last = payload.length - Int64(sampleLength)
    let places = isKnown(key) ? [0] : [0, payload.length / 2, last]
    for place in places {
      let range = place..<min(place + Int64(sampleLength), payload.length)
      let sample = Sample()
      let reader = BodyReader(try payload.unseen.makeSource(range), length: Int64(range.count), fail: fail)
      _ = try await reader.read { bytes in
        sample.bytes.append(contentsOf: bytes)
        return false
      }
      if sample.bytes.withUnsafeBytes({ shrinks($0, compressor) }) { return true }
    }
    return false
  }

  private final class Sample: @unchecked Sendable {
    var bytes: [UInt8] = []
  }
}
