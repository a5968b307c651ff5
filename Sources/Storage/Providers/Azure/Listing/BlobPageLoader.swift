import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives
import ProviderSupport

/// Asks for the pages of a listing, one after the other. The service can be asked to begin at a prefix only: what lies before
/// `ListOptions.after` is fetched and dropped.
struct BlobPageLoader: SpanReader {
  private let client: AzureClient
  private let span: ListSpan
  private let scope: ListingScope
  private var order: ServiceOrder
  private var marker: String?
  private var last: [UInt8]?
  private var idlePages = 0
  private var isOver = false

  init(client: AzureClient, span: ListSpan, scope: ListingScope) {
    self.client = client
    self.span = span
    self.scope = scope
    let (configuration, store) = (client.configuration, client.errors.store)
    order = ServiceOrder(common: scope.prefix.count) {
      ListingSorter(folder: configuration.spoolFolder, memory: configuration.sortMemory, store: store)
    }
  }

  mutating func next() async throws -> [ListedName]? {
    while true {
      try Task.checkCancellation()
      var names = try checked(try await order.take(AzureConfiguration.Limits.page))
      if names.isEmpty {
        if isOver { return nil }
        try await load()
        continue
      }
      if let after = span.after { names.removeAll { compareBytes($0.name, after) <= 0 } }
      if !names.isEmpty { return names }
    }
  }

  private mutating func load() async throws {
    // Who begins anew begins at the first page.
    let page = try await client.pagePatience.run { [self] in
      try await Self.fetch(client, scope: scope, marker: marker, include: "metadata")
    }
    guard page.uncommitted.isEmpty else { throw MalformedListing(reason: "an entry has no state") }
    order.isHierarchical = order.isHierarchical || page.isHierarchical
    order.add(page.names)
    if let next = page.next {
      guard next != marker else { throw MalformedListing(reason: "it gives the same page again") }
      marker = next
    } else {
      isOver = true
      order.finish()
    }
    // Pages may be empty, but not for ever.
    idlePages = page.names.isEmpty ? idlePages + 1 : 0
    guard idlePages <= 1000 else { throw MalformedListing(reason: "it does not end") }
  }

  /// Names must have the prefix and rise. One that stands for a folder and another that is the folder's marker are one.
  private mutating func checked(_ names: [ListedName]) throws -> [ListedName] {
    var kept: [ListedName] = []
    kept.reserveCapacity(names.count)
    for name in names {
      // With a prefix “a/” a folder “a” without its slash is not listed, but the folder itself may be.
      guard name.name.starts(with: scope.prefix) else {
        throw MalformedListing(reason: "a name does not have the prefix asked for")
      }
      if let last {
        let comparison = compareBytes(last, name.name)
        if comparison == 0, name.name.last == 0x2F {
          if let index = kept.indices.last, kept[index].name == name.name, kept[index].blob == nil { kept[index] = name }
          continue
        }
        guard comparison < 0 else { throw MalformedListing(reason: "its names are not in order") }
      }
      last = name.name
      kept.append(name)
    }
    return kept
  }

  /// One page.
  static func fetch(_ client: AzureClient, scope: ListingScope, marker: String?, include: String) async throws -> BlobPage {
    var request = AzureRequest(.list, .get, .container)
    request.ask("restype", "container")
    request.ask("comp", "list")
    request.ask("include", include)
    let most = AzureConfiguration.Limits.page
    request.ask("maxresults", String(min(max(scope.options.pageSize ?? most, 1), most)))
    if !scope.prefix.isEmpty { request.ask("prefix", bytes: scope.prefix) }
    if scope.options.depth == .oneLevel { request.ask("delimiter", "/") }
    if let marker { request.ask("marker", marker) }
    let sink = BlobPageSink()
    do {
      try await client.send(request, into: .body(sink))
      return try sink.finish()
    } catch let error as MarkupError {
      throw MalformedListing(reason: error.description)
    }
  }
}
