import Glibc
import HTTPClient
import Markup
import ObjectStorage
import Primitives

/// The names from one place of a listing to another: `after` is left out, `through` is the last.
struct GCSSpan: Sendable {
  /// Names in the bucket, prefix included.
  var after: [UInt8]?
  var through: [UInt8]?
}

/// One answer of `objects.list`.
struct GCSPage: Sendable {
  var objects: [ObjectResource] = []
  /// Folders, each with its closing delimiter.
  var folders: [[UInt8]] = []
  var next: String?
}

/// An answer that is no listing, or one that contradicts itself.
struct MalformedListing: Error, Sendable {
  let reason: String
}

/// Asks for the pages of one span, one after the other.
struct GCSSpanReader {
  let client: GCSClient
  let span: GCSSpan
  /// What names begin with in the bucket, prefix of the store included.
  let prefix: [UInt8]
  /// Bytes of the store's own prefix, which pruning does not see.
  let rootLength: Int
  let options: ListOptions

  private var token: String?
  /// Where to begin: this name and what follows. Nil for the prefix's beginning.
  private var from: [UInt8]?
  private var last: [UInt8]?
  private var isOver = false
  /// Pages in a row that brought the listing no further.
  private var idlePages = 0

  init(client: GCSClient, span: GCSSpan, prefix: [UInt8], rootLength: Int, options: ListOptions) {
    self.client = client
    self.span = span
    self.prefix = prefix
    self.rootLength = rootLength
    self.options = options
    // A name that begins with another one comes behind it: the one itself is dropped from the page.
    from = span.after
  }

  /// The next page, cut off at the span's ends; nil after the last.
  mutating func next() async throws -> GCSPage? {
    while !isOver {
      var page = try await fetch()
      if let after = span.after {
        page.objects.removeAll { compareBytes($0.name, after) <= 0 }
        page.folders.removeAll { compareBytes($0, after) <= 0 }
      }
      try check(page)
      let largest = Self.largestName(page)
      let isFurther = largest.map { largest in last.map { compareBytes($0, largest) < 0 } ?? true } ?? false
      if let largest { last = largest }
      idlePages = isFurther ? 0 : idlePages + 1
      guard idlePages <= 1000 else { throw MalformedListing(reason: "it does not end") }
      if let through = span.through, let largest, compareBytes(largest, through) > 0 {
        page.objects.removeAll { compareBytes($0.name, through) > 0 }
        page.folders.removeAll { compareBytes($0, through) > 0 }
        isOver = true
      } else if let next = page.next {
        if let largest, let jump = endOfPrunedFolder(around: largest) {
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
    request.ask("maxResults", String(min(max(options.pageSize ?? GCSConfiguration.Limits.page, 1), GCSConfiguration.Limits.page)))
    if !prefix.isEmpty { request.ask("prefix", bytes: prefix) }
    if options.depth == .oneLevel { request.ask("delimiter", "/") }
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

  /// Names must rise bytewise, from page to page too: everything above relies on it.
  private func check(_ page: GCSPage) throws {
    var previous = last
    for object in page.objects {
      guard object.name.starts(with: prefix) else { throw MalformedListing(reason: "a name does not have the prefix asked for") }
      if let previous, compareBytes(previous, object.name) >= 0 { throw MalformedListing(reason: "its names are not in order") }
      previous = object.name
    }
    previous = last
    for folder in page.folders {
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

  private static func largestName(_ page: GCSPage) -> [UInt8]? {
    guard let object = page.objects.last?.name else { return page.folders.last }
    guard let folder = page.folders.last else { return object }
    return compareBytes(object, folder) < 0 ? folder : object
  }

  /// Where to go on if `name` lies in a folder that the caller does not want: behind all of its content.
  private func endOfPrunedFolder(around name: [UInt8]) -> [UInt8]? {
    guard let prune = options.prune, name.count > rootLength else { return nil }
    var index = rootLength
    while let slash = name[index...].firstIndex(of: 0x2F) {
      index = slash + 1
      guard let folder = try? ObjectKey(Array(name[rootLength..<index])) else { return nil }
      // U+10FFFD is the last character.
      if prune(folder) { return Array(name[..<index]) + [0xF4, 0x8F, 0xBF, 0xBD] }
    }
    return nil
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
