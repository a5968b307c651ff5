import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import ProviderSupport

/// One answer of `objects.list`.
struct GCSPage: Sendable {
  var objects: [ObjectResource] = []
  /// Folders, each with its closing delimiter.
  var folders: [[UInt8]] = []
  var next: String?
}

/// Asks for the pages of one span, one after the other.
struct GCSSpanReader: SpanReader {
  let client: GCSClient
  let span: ListSpan
  let scope: ListingScope

  private var token: String?
  /// Where to begin: this name and what follows. Nil for the prefix's beginning.
  private var from: [UInt8]?
  private var progress = ListingProgress()
  private var isOver = false

  init(client: GCSClient, span: ListSpan, scope: ListingScope) {
    self.client = client
    self.span = span
    self.scope = scope
    // A name that begins with another one comes behind it: the one itself is dropped from the page.
    from = span.after
  }

  mutating func next() async throws -> GCSPage? {
    while !isOver {
      var page = try await fetch()
      if let after = span.after {
        page.objects.removeAll { compareBytes($0.name, after) <= 0 }
        page.folders.removeAll { compareBytes($0, after) <= 0 }
      }
      try scope.check(keys: page.objects.lazy.map(\.name), folders: page.folders, after: progress.last)
      let largest = try progress.note(key: page.objects.last?.name, folder: page.folders.last)
      if let through = span.through, let largest, compareBytes(largest, through) > 0 {
        page.objects.removeAll { compareBytes($0.name, through) > 0 }
        page.folders.removeAll { compareBytes($0, through) > 0 }
        isOver = true
      } else if let next = page.next {
        if let largest, let jump = scope.endOfPrunedFolder(around: largest) {
          token = nil
          from = jump
        } else {
          guard next != token else { throw MalformedListing(reason: "it gives the same page again") }
          token = next
        }
      } else {
        isOver = true
      }
      if page.objects.isEmpty && page.folders.isEmpty { continue }
      return page
    }
    return nil
  }

  private func fetch() async throws -> GCSPage {
    var request = GCSRequest(.list, .get, client.bucket("/o"))
    request.ask("fields", "nextPageToken,prefixes,items(\(ObjectResource.listFields))")
    request.ask(
      "maxResults", String(min(max(scope.options.pageSize ?? GCSConfiguration.Limits.page, 1), GCSConfiguration.Limits.page)))
    if !scope.prefix.isEmpty { request.ask("prefix", bytes: scope.prefix) }
    if scope.options.depth == .oneLevel { request.ask("delimiter", "/") }
    if let from { request.ask("startOffset", bytes: from) }
    if let token { request.ask("pageToken", token) }
    let json = try await client.fetch(request, limit: 64 << 20)
    guard json.objectValue != nil else { throw MalformedListing(reason: "it is not a listing") }
    var page = GCSPage()
    page.next = json["nextPageToken"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    for item in json["items"]?.arrayValue ?? [] {
      guard let object = ObjectResource(item) else { throw MalformedListing(reason: "an entry has no name, size or generation") }
      page.objects.append(object)
    }
    for folder in json["prefixes"]?.arrayValue ?? [] {
      guard let name = folder.stringValue else { throw MalformedListing(reason: "a folder has no name") }
      page.folders.append(Array(name.utf8))
    }
    return page
  }
}
