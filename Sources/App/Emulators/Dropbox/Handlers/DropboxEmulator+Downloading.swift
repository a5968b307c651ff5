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
    switch DropboxByteRange(call.request.headers["range"], size: size) {
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
