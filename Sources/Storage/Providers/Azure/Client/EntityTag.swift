import ObjectStorage

/// Entity tags: a version here is the tag without its quotes, since listings give it without and headers with them.
enum EntityTag {
  /// The tag of a header or a listing.
  static func version(_ text: String?) -> ObjectVersion? {
    guard var bytes = text.map({ Array($0.utf8)[...] }) else { return nil }
    if bytes.count >= 2, bytes.first == 0x22, bytes.last == 0x22 { bytes = bytes.dropFirst().dropLast() }
    return bytes.isEmpty ? nil : ObjectVersion(Array(bytes))
  }

  /// A version for a header; nil if it is no tag.
  static func header(_ version: ObjectVersion) -> String? {
    let bytes = version.bytes
    guard !bytes.isEmpty, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 }) else { return nil }
    return "\"" + String(decoding: bytes, as: UTF8.self) + "\""
  }
}
