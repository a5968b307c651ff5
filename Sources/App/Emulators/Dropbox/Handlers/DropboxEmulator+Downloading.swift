import Files
import HTTPMessages
import HTTPServer
import Markup
import Primitives

extension DropboxEmulator {
  /// `files/download`.
  func download(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["path", "rev"])
    let entry = try tagged(lookup: "path", write: "path") {
      var place = try DropboxPlace.read(call.arguments, "path", .read)
      if let revision = try call.arguments.optionalString("rev") { place = .revision(revision) }
      return try depot.table.transaction { try tree($0).find(place) }
    }
    guard let file = entry.file else { throw DropboxRefusal.endpoint(.nested("path", DropboxLookup.notFile.error)) }
    var headers: HTTPHeaders = ["Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"]
    let tag = "W/\"\(file.revision)\""
    try headers.add("ETag", tag)
    if call.request.headers["if-none-match"] == tag { return HTTPServerResponse(304, headers: headers) }
    try headers.add("Dropbox-API-Result", JSONValue.object(entry.metadata(withTag: false)).headerText)
    let size = file.content.size
    switch ByteRangeHeader(call.request.headers["range"], size: size) {
    case .whole: return HTTPServerResponse(200, headers: headers, body: try body(file.content, 0..<size))
    case .part(let range):
      try headers.add("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
      return HTTPServerResponse(206, headers: headers, body: try body(file.content, range))
    case .beyond:
      try headers.add("Content-Range", "bytes */\(size)")
      return HTTPServerResponse(416, headers: headers)
    }
  }

  private func body(_ content: DropboxContent, _ range: Range<Int64>) throws -> HTTPServerResponse.Body {
    if range.isEmpty { return .none }
    if content.pieces.count == 1 { return .file(try depot.blobs.open(content.pieces[0]), range) }
    return .source(DropboxContentSource(content.pieces, range, depot.blobs), length: Int64(range.count))
  }
}

/// What a `Range` header asks for.
private enum ByteRangeHeader {
  case whole
  case part(Range<Int64>)
  case beyond

  /// A header that is no single range of bytes counts as none.
  init(_ header: String?, size: Int64) {
    self = .whole
    guard let header, header.hasPrefix("bytes="), !header.contains(",") else { return }
    let ends = header.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.count == 2 else { return }
    func number(_ text: Substring) -> Int64? { text.utf8.allSatisfy { (48...57).contains($0) } ? Int64(text) : nil }
    switch (number(ends[0]), number(ends[1])) {
    case (let first?, let last?) where first <= last:
      self = first < size ? .part(first..<min(last, size - 1) + 1) : .beyond
    case (let first?, nil) where ends[1].isEmpty: self = first < size ? .part(first..<size) : .beyond
    case (nil, let count?) where ends[0].isEmpty:
      self = count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .beyond
    default: return
    }
  }
}

/// A range of several blobs, one after another. Used by one caller at a time.
private final class DropboxContentSource: ByteSource, @unchecked Sendable {
  private var waiting: ArraySlice<(blob: Blob, range: Range<Int64>)>
  private var current: FileSource?
  private let blobs: BlobFolder

  init(_ pieces: [Blob], _ range: Range<Int64>, _ blobs: BlobFolder) {
    self.blobs = blobs
    var parts: [(blob: Blob, range: Range<Int64>)] = []
    var start: Int64 = 0
    for piece in pieces {
      let part = range.clamped(to: start..<start + piece.size)
      if !part.isEmpty { parts.append((piece, part.lowerBound - start..<part.upperBound - start)) }
      start += piece.size
    }
    waiting = parts[...]
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    while true {
      if let current {
        let result = try current.read(into: buffer)
        if result != .end { return result }
      }
      guard let next = waiting.popFirst() else { return .end }
      current = FileSource(try blobs.open(next.blob), offset: next.range.lowerBound, length: Int64(next.range.count))
    }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}
