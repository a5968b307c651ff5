/// A bucket's name as Google allows it: 3…222 characters of `a-z0-9._-`, a little wider for other makers' servers. It becomes part of a
/// path, so nothing else can be let through.
public struct GCSBucketName: Hashable, Sendable, CustomStringConvertible {
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
    guard (1...222).contains(text.utf8.count), isAllowed, text != ".", text != ".." else { return nil }
    self.text = text
  }

  public var description: String { text }
}
