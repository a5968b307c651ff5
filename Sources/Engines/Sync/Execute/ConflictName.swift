import Crypto
import ObjectStorage
import Primitives

/// The name under which a conflict's second version is kept: `notes.conflict-20261120-104223-1a2b3c.txt`.
///
/// It is made from the version alone, so that a run that was interrupted and one that repeats it choose the same name.
enum ConflictName {
  /// - Parameter attempt: another name for each number, for when the first ones are taken.
  static func make(for entry: ObjectEntry, attempt: Int = 0, maximumName: Int, maximumKey: Int) -> ObjectKey {
    let stamp = (entry.modified ?? entry.stored).map { compact($0) } ?? "undated"
    let digest = Hex.encode(SHA256.hash(entry.key.bytes + [UInt8(attempt)] + entry.version.bytes).prefix(3))
    let mark = Array(".conflict-\(stamp)-\(digest)".utf8)
    let name = Array(entry.key.name)
    let folder = entry.key.bytes.dropLast(name.count)
    var (stem, end) = split(name)
    let room = min(maximumName, maximumKey - folder.count) - mark.count
    if end.count > 32 || end.count >= room {
      stem = name[...]
      end = []
    }
    stem = shortened(stem, to: max(1, room - end.count))
    return ObjectKey(trusted: Array(folder) + Array(stem) + mark + Array(end))
  }

  /// The stem and the extension with its dot; a leading dot is no extension.
  private static func split(_ name: [UInt8]) -> (ArraySlice<UInt8>, ArraySlice<UInt8>) {
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return (name[...], []) }
    return (name[..<dot], name[dot...])
  }

  /// Cuts without splitting a UTF-8 sequence.
  private static func shortened(_ bytes: ArraySlice<UInt8>, to count: Int) -> ArraySlice<UInt8> {
    guard bytes.count > count else { return bytes }
    var end = bytes.startIndex + count
    while end > bytes.startIndex, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return end == bytes.startIndex ? bytes.prefix(count) : bytes[..<end]
  }

  private static func compact(_ time: Timestamp) -> String {
    // 20261120T104223Z → 20261120-104223
    let text = time.amzBasic
    return text.dropLast().replacingT()
  }
}

extension Substring {
  fileprivate func replacingT() -> String { String(map { $0 == "T" ? "-" : $0 }) }
}
