import Markup
import ProviderSupport

/// A page of a folder's listing, or of what changed in it.
struct FolderPage: Sendable {
  var entries: [FileResource]
  /// The service's name for the place in the folder's history up to which this goes.
  var cursor: String
  var hasMore: Bool

  /// - Throws: `MalformedListing`.
  init(_ json: JSONValue) throws {
    guard let entries = json["entries"]?.arrayValue, let cursor = json["cursor"]?.stringValue, !cursor.isEmpty,
      let hasMore = json["has_more"]?.boolValue
    else { throw MalformedListing(reason: "it is not a listing") }
    self.cursor = cursor
    self.hasMore = hasMore
    self.entries = []
    self.entries.reserveCapacity(entries.count)
    for entry in entries {
      guard let found = FileResource(entry) else {
        throw MalformedListing(reason: "an entry has no name, size or revision")
      }
      self.entries.append(found)
    }
  }
}
