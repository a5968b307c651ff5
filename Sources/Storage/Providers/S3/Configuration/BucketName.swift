/// A bucket's name as S3 allows it, a little wider for older buckets and other makers' stores: 1…255 characters of
/// `A-Za-z0-9._-`. It becomes part of a host or path, so nothing else can be let through.
public struct BucketName: Hashable, Sendable, CustomStringConvertible {
  /// The name.
  public let text: String

  /// A name; nil if it cannot be one.
  public init?(_ text: String) {
    let isAllowed = text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
      default: false
      }
    }
    guard (1...255).contains(text.utf8.count), isAllowed, text != ".", text != ".." else { return nil }
    self.text = text
  }

  /// Whether the name can stand before a host: a single DNS label in lower case. A name with dots would not match a wildcard
  /// certificate.
  var fitsHostName: Bool {
    let bytes = Array(text.utf8)
    let isLabel = bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
    return isLabel && (3...63).contains(bytes.count) && bytes.first != 0x2D && bytes.last != 0x2D
  }

  public var description: String { text }
}
