import Concurrency
import Files
import HTTPMessages
import HTTPServer
import Markup
import Primitives

extension GCSEmulator {
  /// The bytes of an object, or some of them.
  func readObject(_ place: GCSPlace, _ call: GCSCall) async throws -> HTTPServerResponse {
    guard !call.isInBatch else { throw GCSFailure.badRequest("Downloads cannot be part of a batch.") }
    let object = try find(place, call)
    let file = try depot.blobs.open(object.blob)
    var response = HTTPServerResponse(200, headers: try headers(object))
    if isUnpacked(object, call) {
      guard let plain = await unpacked(file, object.blob.size) else {
        throw GCSFailure(503, "backendError", "The object's content is not what its encoding says.")
      }
      // Of a size that the service does not know beforehand; a range is not looked at.
      try response.headers.add("Warning", "214 UploadServer gunzipped")
      try response.headers.add("Vary", "Accept-Encoding")
      response.body = .source(MemorySource(plain[...]), length: nil)
      return response
    }
    if let encoding = object.settings["contentEncoding"]?.stringValue { try response.headers.add("Content-Encoding", encoding) }
    try response.headers.add("Accept-Ranges", "bytes")
    let size = object.blob.size
    guard let text = call.headers["range"], let asked = GCSByteRange(text) else {
      response.body = .file(file, 0..<size)
      return response
    }
    guard let range = asked.range(of: size) else {
      var failure = GCSFailure(416, "requestedRangeNotSatisfiable", "Request range not satisfiable", location: ("header", "Range"))
        .response
      try failure.headers.add("Content-Range", "bytes */\(size)")
      return failure
    }
    response.status = 206
    try response.headers.add("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
    response.body = .file(file, range)
    return response
  }

  /// What the headers of an answer with bytes say. Custom metadata is not among it, as the service's own clients note.
  private func headers(_ object: GCSObject) throws -> HTTPHeaders {
    var headers: HTTPHeaders = [:]
    try headers.add("ETag", object.etag)
    try headers.add("X-Goog-Generation", String(object.generation))
    try headers.add("X-Goog-Metageneration", String(object.metageneration))
    try headers.add("X-Goog-Storage-Class", object.storageClass)
    try headers.add("X-Goog-Stored-Content-Encoding", object.settings["contentEncoding"]?.stringValue ?? "identity")
    try headers.add("X-Goog-Stored-Content-Length", String(object.blob.size))
    if let components = object.components { try headers.add("X-Goog-Component-Count", String(components)) }
    let hashes = [object.crc32c.map { "crc32c=\($0)" }, object.md5.map { "md5=\($0)" }].compactMap { $0 }
    if !hashes.isEmpty { try headers.add("X-Goog-Hash", hashes.joined(separator: ",")) }
    try headers.add("Last-Modified", object.updated.rfc1123)
    for (name, header) in [
      ("contentType", "Content-Type"), ("contentLanguage", "Content-Language"), ("contentDisposition", "Content-Disposition"),
      ("cacheControl", "Cache-Control"),
    ] {
      if let value = object.settings[name]?.stringValue { try headers.add(header, value) }
    }
    if !headers.contains("content-type") { try headers.add("Content-Type", "application/octet-stream") }
    return headers
  }

  private func isUnpacked(_ object: GCSObject, _ call: GCSCall) -> Bool {
    guard object.settings["contentEncoding"]?.stringValue == "gzip" else { return false }
    if object.settings["cacheControl"]?.stringValue?.lowercased().contains("no-transform") == true { return false }
    let accepted = (call.headers["accept-encoding"] ?? "").lowercased().split(separator: ",")
    return !accepted.contains { part in part.split(separator: ";").first.map { $0.filter { $0 != " " } == "gzip" } ?? false }
  }

  private func unpacked(_ file: SharedDescriptor, _ size: Int64) async -> [UInt8]? {
    let sink = MemorySink(limit: 64 << 20)
    guard (try? await Pump.move(FileSource(file, offset: 0, length: size), to: sink)) != nil else { return nil }
    // It computes for long: not on the loop.
    return try? await BlockingPool.shared.run { Gunzip.unpack(sink.bytes, limit: 256 << 20) }
  }
}

/// `Range: bytes=0-9`, `bytes=5-`, `bytes=-3`.
struct GCSByteRange: Sendable, Equatable {
  private let first: Int64?
  private let last: Int64?

  /// - Returns: nil for what is none, or several: the service then gives the whole object.
  init?(_ text: String) {
    guard text.hasPrefix("bytes=") else { return nil }
    let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return nil }
    (first, last) = (Int64(ends[0]), Int64(ends[1]))
    guard first != nil || last != nil, first.map({ $0 <= last ?? .max }) ?? true, ends[0].isEmpty || first != nil else {
      return nil
    }
  }

  /// The bytes of an object of `size`; nil where it has none of them.
  func range(of size: Int64) -> Range<Int64>? {
    guard let first else {
      guard let last, last > 0, size > 0 else { return nil }
      return max(0, size - last)..<size
    }
    guard first < size else { return nil }
    return first..<(min(last ?? .max, size - 1) + 1)
  }
}
