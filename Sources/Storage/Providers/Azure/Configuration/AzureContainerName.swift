/// A container's name as Azure allows it: 3…63 of `a-z0-9-`, beginning and ending without a hyphen, no two hyphens in a row; or one of
/// the containers with a name of their own, `$root`, `$web` and `$logs`.
public struct AzureContainerName: Hashable, Sendable, CustomStringConvertible {
  /// The name.
  public let text: String

  /// A name; nil if it cannot be one.
  public init?(_ text: String) {
    if !["$root", "$web", "$logs"].contains(text) {
      let bytes = Array(text.utf8)
      guard (3...63).contains(bytes.count), bytes.first != 0x2D, bytes.last != 0x2D else { return nil }
      for (index, byte) in bytes.enumerated() {
        switch byte {
        case 0x30...0x39, 0x61...0x7A: continue
        case 0x2D where bytes[index - 1] != 0x2D: continue
        default: return nil
        }
      }
    }
    self.text = text
  }

  public var description: String { text }
}

/// A storage account's name: 3…24 of `a-z0-9`. It becomes part of a host's name, so nothing else can be let through.
public struct AzureAccountName: Hashable, Sendable, CustomStringConvertible {
  /// The name.
  public let text: String

  /// A name; nil if it cannot be one.
  public init?(_ text: String) {
    let isAllowed = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
    guard (3...24).contains(text.utf8.count), isAllowed else { return nil }
    self.text = text
  }

  public var description: String { text }
}
