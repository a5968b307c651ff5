import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import ProviderSupport

/// Asks for the pages of one span, one after the other.
struct ListSpanReader: SpanReader {
  let client: S3Client
  let span: ListSpan
  let scope: ListingScope

  private var token: [UInt8]?
  private var startAfter: [UInt8]?
  private var progress = ListingProgress()
  private var isOver = false

  init(client: S3Client, span: ListSpan, scope: ListingScope) {
    self.client = client
    self.span = span
    self.scope = scope
    startAfter = span.after
  }

  mutating func next() async throws -> ListObjectsPage? {
    while !isOver {
      var page = try await fetch()
      try scope.check(keys: page.objects.lazy.map(\.key), folders: page.commonPrefixes, after: progress.last ?? span.after)
      let largest = try progress.note(key: page.objects.last?.key, folder: page.commonPrefixes.last)
      if let through = span.through, let largest, compareBytes(largest, through) > 0 {
        page.objects.removeAll { compareBytes($0.key, through) > 0 }
        page.commonPrefixes.removeAll { compareBytes($0, through) > 0 }
        isOver = true
      } else if page.isTruncated {
        try advance(page, from: largest)
      } else {
        isOver = true
      }
      if page.objects.isEmpty && page.commonPrefixes.isEmpty { continue }
      return page
    }
    return nil
  }

  private mutating func advance(_ page: ListObjectsPage, from largest: [UInt8]?) throws {
    if let largest, let jump = scope.endOfPrunedFolder(around: largest) {
      token = nil
      startAfter = jump
      return
    }
    guard let next = page.nextToken, !next.isEmpty else {
      // No token: go on from the last key, which every service understands.
      guard let largest else { throw MalformedListing(reason: "it says that there is more, but not where") }
      token = nil
      startAfter = place(behind: largest)
      return
    }
    guard next != token else { throw MalformedListing(reason: "it gives the same page again") }
    token = next
    startAfter = nil
  }

  /// Where to go on behind a key, or behind a folder that stands for all that is in it.
  private func place(behind last: [UInt8]) -> [UInt8] {
    last.last == 0x2F && scope.options.depth == .oneLevel ? ListingScope.behind(last) : last
  }

  /// One page. Plainly first: some services compare the encoded spelling of keys when asked for it, and leave keys out. A page
  /// that may have suffered from being XML is asked for again, encoded.
  private mutating func fetch() async throws -> ListObjectsPage {
    if client.isAWS { return try await fetch(encoded: true) }
    let plain: ListObjectsPage
    do {
      plain = try await fetch(encoded: false)
    } catch is MalformedListing {
      return try await fetch(encoded: true)
    } catch let error as StorageError where error.code == .unavailable && !(error.cause is HTTPError) {
      // A fault of the service: some stumble over their own token for a name beyond ASCII, some over a name that XML cannot hold.
      guard token != nil, let last = progress.last else { return try await fetch(encoded: true) }
      token = nil
      startAfter = place(behind: last)
      return try await fetch(encoded: false)
    }
    guard plain.hasDoubtfulKeys else { return plain }
    let encoded = try await fetch(encoded: true)
    return encoded.objects.count == plain.objects.count && encoded.commonPrefixes.count == plain.commonPrefixes.count
      ? encoded : plain
  }

  private func fetch(encoded: Bool) async throws -> ListObjectsPage {
    var request = S3Request(.listObjects, .get)
    request.query.append("list-type", "2")
    if encoded { request.query.append("encoding-type", "url") }
    if !scope.prefix.isEmpty { request.query.append("prefix", bytes: scope.prefix) }
    if scope.options.depth == .oneLevel { request.query.append("delimiter", "/") }
    if let size = scope.options.pageSize, size < 1000 { request.query.append("max-keys", String(max(size, 1))) }
    if let token {
      request.query.append("continuation-token", bytes: token)
    } else if let startAfter {
      request.query.append("start-after", bytes: startAfter)
    }
    let sink = ListObjectsSink()
    _ = try await client.send(request, into: .body(sink))
    return try sink.finish()
  }
}

/// Reads a listing from the wire.
private final class ListObjectsSink: ByteSink, @unchecked Sendable {
  private var reader = ListObjectsReader()

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    do { try reader.feed(bytes) } catch let error as MalformedListing { throw error } catch {
      throw MalformedListing(reason: "\(error)")
    }
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }

  func restart() { reader = ListObjectsReader() }

  func finish() throws -> ListObjectsPage {
    do { return try reader.finish() } catch let error as MalformedListing { throw error } catch {
      throw MalformedListing(reason: "\(error)")
    }
  }
}
