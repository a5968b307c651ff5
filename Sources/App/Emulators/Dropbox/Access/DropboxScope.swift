/// What a token may be good for.
enum DropboxScope: String, CaseIterable, Sendable {
  case accountRead = "account_info.read"
  case metadataRead = "files.metadata.read"
  case metadataWrite = "files.metadata.write"
  case contentRead = "files.content.read"
  case contentWrite = "files.content.write"

  /// The scopes of a text with spaces between them; nil if it names an unknown one.
  static func list(_ text: String) -> Set<DropboxScope>? {
    var scopes: Set<DropboxScope> = []
    for word in text.split(separator: " ") {
      guard let scope = DropboxScope(rawValue: String(word)) else { return nil }
      scopes.insert(scope)
    }
    return scopes.isEmpty ? nil : scopes
  }

  static func text(_ scopes: Set<DropboxScope>) -> String { scopes.map(\.rawValue).sorted().joined(separator: " ") }
}
