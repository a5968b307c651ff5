import Markup
import ObjectStorage
import ProviderSupport

/// What the service calls the place in a folder's history up to which something was listed.
struct FolderPage: Sendable {
  var entries: [FileResource]
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

/// Asks for the pages of one folder, one after the other, in the service's own order.
struct FolderPages: Sendable {
  /// Pages in a row that may bring nothing.
  private static let patience = 1000

  private let client: DropboxClient
  private var next: DropboxRequest?
  private var idle = 0

  init(_ client: DropboxClient, path: JSONValue, recursive: Bool, limit: Int) {
    self.client = client
    next = DropboxRequest(
      .listFolder,
      [
        "path": path, "recursive": .bool(recursive), "include_deleted": false, "include_mounted_folders": true,
        "limit": .integer(Int64(limit)),
      ])
  }

  /// The next page, nil after the last.
  /// - Throws: `StorageError`, `MalformedListing`, `CancellationError`.
  mutating func page() async throws -> FolderPage? {
    guard let request = next else { return nil }
    try Task.checkCancellation()
    let page = try FolderPage(try await client.fetch(request, limit: 64 << 20))
    idle = page.entries.isEmpty ? idle + 1 : 0
    guard idle <= Self.patience else { throw MalformedListing(reason: "it does not end") }
    next = page.hasMore ? DropboxRequest(.listMore, ["cursor": .string(page.cursor)]) : nil
    return page
  }
}
