import Markup
import ObjectStorage
import ProviderSupport

/// Asks for the pages of one folder, one after the other, in the service's own order.
struct FolderPages: Sendable {
  /// Pages in a row that may bring nothing.
  private static let patience = 1000

  private let client: DropboxClient
  private var next: DropboxRequest?
  private var idle = 0

  init(_ client: DropboxClient, path: JSONValue, recursive: Bool) {
    self.client = client
    next = DropboxRequest(
      .listFolder,
      [
        "path": path, "recursive": .bool(recursive), "include_deleted": false, "include_mounted_folders": true,
        "limit": .integer(Int64(DropboxLimits.page)),
      ])
  }

  /// The next page, nil after the last.
  /// - Throws: `StorageError`, `MalformedListing`, `CancellationError`.
  mutating func page() async throws -> FolderPage? {
    guard let request = next else { return nil }
    try Task.checkCancellation()
    // Who begins anew begins at the first page.
    let page = try FolderPage(
      try await client.patience.run(unless: client.errors.isReset) { try await client.fetch(request, limit: 64 << 20) })
    idle = page.entries.isEmpty ? idle + 1 : 0
    guard idle <= Self.patience else { throw MalformedListing(reason: "it does not end") }
    next = page.hasMore ? DropboxRequest(.listMore, ["cursor": .string(page.cursor)]) : nil
    return page
  }
}
