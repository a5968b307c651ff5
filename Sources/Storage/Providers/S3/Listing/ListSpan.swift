import Concurrency
import Glibc
import HTTPClient
import ObjectStorage
import Primitives

/// The keys from one place of a listing to another, asked for page by page: `after` is left out, `through` is the last.
struct ListSpan: Sendable {
  /// Keys in the bucket, prefix included.
  var after: [UInt8]?
  var through: [UInt8]?
}

/// Asks for the pages of one span, one after the other.
struct ListSpanReader {
  let client: S3Client
  let span: ListSpan
  /// What keys begin with in the bucket, prefix of the store included.
  let prefix: [UInt8]
  /// Bytes of the store's own prefix, which pruning does not see.
  let rootLength: Int
  let options: ListOptions

  private var token: [UInt8]?
  private var startAfter: [UInt8]?
  private var last: [UInt8]?
  private var isOver = false
  /// Pages in a row that brought the listing no further.
  private var idlePages = 0

  init(client: S3Client, span: ListSpan, prefix: [UInt8], rootLength: Int, options: ListOptions) {
    self.client = client
    self.span = span
    self.prefix = prefix
    self.rootLength = rootLength
    self.options = options
    startAfter = span.after
  }

  /// The next page, cut off at the span's end; nil after the last.
  mutating func next() async throws -> ListObjectsPage? {
    while !isOver {
      var page = try await fetch()
      try check(page)
      let largest = Self.largestKey(page)
      let isFurther = largest.map { largest in last.map { compareBytes($0, largest) < 0 } ?? true } ?? false
      if let largest { last = largest }
      idlePages = isFurther ? 0 : idlePages + 1
      guard idlePages <= 1000 else { throw MalformedListing(reason: "it does not end") }
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
    if let largest, let jump = endOfPrunedFolder(around: largest) {
      token = nil
      startAfter = jump
      return
    }
    guard let next = page.nextToken, !next.isEmpty else {
      // No token: go on from the last key, which every service understands.
      guard let largest else { throw MalformedListing(reason: "it says that there is more, but not where") }
      token = nil
      startAfter = largest.last == 0x2F && options.depth == .oneLevel ? Self.behind(largest) : largest
      return
    }
    guard next != token else { throw MalformedListing(reason: "it gives the same page again") }
    token = next
    startAfter = nil
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
      guard token != nil, let last else { return try await fetch(encoded: true) }
      token = nil
      startAfter = last.last == 0x2F && options.depth == .oneLevel ? Self.behind(last) : last
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
    if !prefix.isEmpty { request.query.append("prefix", bytes: prefix) }
    if options.depth == .oneLevel { request.query.append("delimiter", "/") }
    if let size = options.pageSize, size < 1000 { request.query.append("max-keys", String(max(size, 1))) }
    if let token {
      request.query.append("continuation-token", bytes: token)
    } else if let startAfter {
      request.query.append("start-after", bytes: startAfter)
    }
    let sink = ListObjectsSink()
    _ = try await client.send(request, into: .body(sink))
    return try sink.finish()
  }

  /// Keys must rise bytewise, from page to page too: everything above relies on it.
  private func check(_ page: ListObjectsPage) throws {
    var previous = last ?? span.after
    for object in page.objects {
      guard object.key.starts(with: prefix) else { throw MalformedListing(reason: "a key does not have the prefix asked for") }
      if let previous, compareBytes(previous, object.key) >= 0 { throw MalformedListing(reason: "its keys are not in order") }
      previous = object.key
    }
    previous = last ?? span.after
    for folder in page.commonPrefixes {
      guard folder.starts(with: prefix), folder.last == 0x2F else {
        throw MalformedListing(reason: "a folder does not have the prefix asked for")
      }
      // A folder may be named again by a page that begins inside of it.
      if let previous, compareBytes(previous, folder) >= 0, !previous.starts(with: folder) {
        throw MalformedListing(reason: "its folders are not in order")
      }
      previous = folder
    }
  }

  private static func largestKey(_ page: ListObjectsPage) -> [UInt8]? {
    guard let object = page.objects.last?.key else { return page.commonPrefixes.last }
    guard let folder = page.commonPrefixes.last else { return object }
    return compareBytes(object, folder) < 0 ? folder : object
  }

  /// Where to go on if `key` lies in a folder that the caller does not want: behind all of its content.
  private func endOfPrunedFolder(around key: [UInt8]) -> [UInt8]? {
    guard let prune = options.prune, key.count > rootLength else { return nil }
    var index = rootLength
    while let slash = key[index...].firstIndex(of: 0x2F) {
      index = slash + 1
      guard let folder = try? ObjectKey(Array(key[rootLength..<index])) else { return nil }
      if prune(folder) { return Self.behind(Array(key[..<index])) }
    }
    return nil
  }

  /// A key behind all of a folder's content: U+10FFFD is the last character.
  private static func behind(_ folder: [UInt8]) -> [UInt8] { folder + [0xF4, 0x8F, 0xBF, 0xBD] }
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

/// Bytewise order: negative, zero or positive.
func compareBytes(_ left: [UInt8], _ right: [UInt8]) -> Int {
  left.withUnsafeBytes { l in
    right.withUnsafeBytes { r in
      let shared = min(l.count, r.count)
      let order = shared == 0 ? 0 : Int(memcmp(l.baseAddress!, r.baseAddress!, shared))
      return order == 0 ? l.count - r.count : order
    }
  }
}
