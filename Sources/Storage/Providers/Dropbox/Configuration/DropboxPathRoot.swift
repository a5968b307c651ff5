/// What paths are relative to, where an account belongs to a team.
public enum DropboxPathRoot: Sendable, Hashable {
  /// The member's own folder; without a team the whole account.
  case home
  /// The team's space, which holds the members' folders and the team's.
  case root
  /// A shared folder or team folder by its id.
  case namespace(DropboxNamespaceID)
}

/// The id of a namespace: `1234567890`. It goes into a header, so nothing else can be let through.
public struct DropboxNamespaceID: Sendable, Hashable, CustomStringConvertible {
  /// The id.
  public let text: String

  /// An id; nil unless it is 1…64 characters of `-_0-9a-zA-Z:`.
  public init?(_ text: String) {
    let isAllowed = text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
      default: false
      }
    }
    guard (1...64).contains(text.utf8.count), isAllowed else { return nil }
    self.text = text
  }

  public var description: String { text }
}
