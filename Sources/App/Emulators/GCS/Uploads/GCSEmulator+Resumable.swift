import Crypto
import HTTPMessages
import HTTPServer
import Markup
import Primitives

extension GCSEmulator {
  /// Chunks but the last have a multiple of this many bytes, and of a chunk that breaks off a multiple is kept.
  static let uploadUnit: Int64 = 256 << 10

  func startUpload(_ bucket: GCSBucket, _ call: GCSCall) async throws -> HTTPServerResponse {
    let resource = try await call.document()
    var length: Int64?
    if let text = call.headers["x-upload-content-length"] {
      guard let number = Int64(text), number >= 0 else { throw GCSFailure.badRequest("Invalid X-Upload-Content-Length.") }
      length = number
    }
    var insertion = try GCSInsertion(
      bucket, call, resource: resource, contentType: call.headers["x-upload-content-type"])
    try insertion.checksums.add(call.headers)
    let upload = GCSUpload(id: "AEm" + Hex.encode(Random.bytes(24)), insertion: insertion, started: clock.now(), length: length)
    try depot.table.put("uploads", Array(upload.id.utf8), upload.row)
    var address =
      "\(call.base)/upload/storage/v1/b/\(PercentEncoding.encode(bucket.name.utf8, keepSlash: false))/o?uploadType=resumable"
    address += "&name=\(PercentEncoding.encode(insertion.place.name, keepSlash: false))"
    // What belongs to the answer at the end.
    if let fields = call.query["fields"] { address += "&fields=\(PercentEncoding.encode(fields.utf8, keepSlash: false))" }
    address += "&upload_id=\(upload.id)"
    var response = HTTPServerResponse(200)
    try response.headers.add("Location", address)
    try response.headers.add("X-GUploader-UploadID", upload.id)
    return response
  }

  /// A chunk, a question, or the end of an upload that nobody wants any more.
  func continueUpload(_ id: String, _ bucket: String, _ call: GCSCall) async throws -> HTTPServerResponse {
    let upload = try self.upload(id, bucket)
    switch call.method {
    case .delete: return try cancel(upload)
    case .put, .post: break
    default: throw GCSFailure(405, "methodNotAllowed", "The specified method is not allowed against this resource.")
    }
    if case .done(let object) = upload.state { return try answer(object, call) }
    guard let text = call.headers["content-range"] else {
      // All of it in one request.
      return try await take(nil, upload, call)
    }
    guard let range = GCSContentRange(text) else { throw GCSFailure.badRequest("Invalid Content-Range header: \(text)") }
    if let total = range.total, let length = upload.length, total != length {
      throw GCSFailure.badRequest(
        "Invalid request.  The total size of \(total) byte(s) contradicts the \(length) byte(s) that were announced.")
    }
    guard range.range != nil else {
      guard call.body.length ?? 0 == 0 else { throw GCSFailure.badRequest("A status query has no body.") }
      // All is there, and now the client says so.
      if let total = range.total, total == upload.held { return try await complete(upload, call) }
      return try incomplete(upload, call)
    }
    return try await take(range, upload, call)
  }

  private func upload(_ id: String, _ bucket: String) throws -> GCSUpload {
    guard let upload = GCSUpload(id: id, row: try depot.table.get("uploads", Array(id.utf8))),
      upload.insertion.place.bucket == bucket
    else { throw GCSFailure(404, "notFound", "Upload session not found.") }
    if case .cancelled = upload.state { throw GCSFailure(499, "clientClosedRequest", "The upload was cancelled.") }
    if upload.started + settings.uploadLifetime <= clock.now() {
      for part in upload.parts { depot.blobs.remove(part.blob) }
      throw GCSFailure(410, "gone", "The upload session has expired.")
    }
    return upload
  }

  /// Forgets the uploads that are too old to go on, with what came of them. What cannot be forgotten now can the next time.
  func sweepUploads() {
    let old = try? depot.table.transaction { rows in
      let old = try rows.scan("uploads", limit: .max).compactMap { row in
        GCSUpload(id: String(decoding: row.key, as: UTF8.self), row: row.value)
      }.filter { $0.started + settings.uploadLifetime <= clock.now() }
      for upload in old { try rows.remove("uploads", Array(upload.id.utf8)) }
      return old
    }
    for part in (old ?? []).flatMap(\.parts) { depot.blobs.remove(part.blob) }
  }

  private func cancel(_ upload: GCSUpload) throws -> HTTPServerResponse {
    guard case .open = upload.state else { throw GCSFailure(404, "notFound", "Upload session not found.") }
    var ended = upload
    ended.parts = []
    ended.state = .cancelled
    try depot.table.put("uploads", Array(upload.id.utf8), ended.row)
    for part in upload.parts { depot.blobs.remove(part.blob) }
    return HTTPServerResponse(499)
  }

  /// Says how far the upload got.
  private func incomplete(_ upload: GCSUpload, _ call: GCSCall) throws -> HTTPServerResponse {
    var response = HTTPServerResponse(308)
    // Clients that take 308 for a redirection ask for another status.
    if call.headers["x-guploader-no-308"] == "yes" {
      response.status = 200
      try response.headers.add("X-HTTP-Status-Code-Override", "308")
    }
    if upload.held > 0 { try response.headers.add("Range", "bytes=0-\(upload.held - 1)") }
    try response.headers.add("X-GUploader-UploadID", upload.id)
    return response
  }

  /// Takes a chunk; nil: the rest of the object.
  private func take(_ range: GCSContentRange?, _ upload: GCSUpload, _ call: GCSCall) async throws -> HTTPServerResponse {
    let start = range?.range?.lowerBound ?? 0
    guard start <= upload.held else {
      var failure = GCSFailure(
        503, "backendError",
        "Invalid request.  According to the Content-Range header, the upload offset is \(start) byte(s), which exceeds already uploaded "
          + "size of \(upload.held) byte(s).")
      failure.isText = true
      throw failure
    }
    if let wanted = range?.range.map({ Int64($0.count) }) {
      guard call.body.length ?? wanted == wanted else {
        throw GCSFailure.badRequest(
          "Invalid request.  There were \(call.body.length ?? 0) byte(s) in the request body.  There should have been \(wanted) byte(s) "
            + "according to the Content-Range header.")
      }
      guard wanted % Self.uploadUnit == 0 || range?.range?.upperBound == range?.total else {
        throw GCSFailure.badRequest(
          "Invalid request.  The number of bytes uploaded is required to be equal or greater than \(Self.uploadUnit), except for the "
            + "final request, and a multiple of it.  The received request contained \(wanted) byte(s).")
      }
    }
    let body = BreakableBody(call.body)
    let blob = try await depot.blobs.receive(body)
    let (end, broke) = (start + blob.size, body.failure != nil)
    // Of bytes that were not all that was announced only whole units are kept.
    let kept = broke ? max(start, end / Self.uploadUnit * Self.uploadUnit) : end
    if !broke, let wanted = range?.range?.upperBound, wanted != end {
      depot.blobs.remove(blob)
      throw GCSFailure.badRequest(
        "Invalid request.  There were \(blob.size) byte(s) in the request body, not as many as announced.")
    }
    if !broke, range == nil, let length = upload.length, end != length {
      depot.blobs.remove(blob)
      throw GCSFailure.badRequest("Invalid request.  \(end) byte(s) came instead of the \(length) byte(s) that were announced.")
    }
    let current: GCSUpload
    do {
      current = try append(blob, from: start, to: kept, of: upload.id)
    } catch {
      depot.blobs.remove(blob)
      throw error
    }
    if let failure = body.failure { throw failure }
    if range == nil || range?.total == current.held { return try await complete(current, call) }
    return try incomplete(current, call)
  }

  /// Keeps what of a chunk is new: another request may have brought the same meanwhile.
  private func append(_ blob: Blob, from start: Int64, to end: Int64, of id: String) throws -> GCSUpload {
    let (upload, isKept) = try depot.table.transaction { rows in
      let key = Array(id.utf8)
      guard var upload = GCSUpload(id: id, row: try rows.get("uploads", key)), case .open = upload.state else {
        throw GCSFailure(404, "notFound", "Upload session not found.")
      }
      let held = upload.held
      guard end > held, start <= held else { return (upload, false) }
      upload.parts.append((blob, (held - start)..<(end - start)))
      try rows.put("uploads", key, upload.row)
      return (upload, true)
    }
    if !isKept { depot.blobs.remove(blob) }
    return upload
  }

  /// Makes the object of all that came.
  private func complete(_ upload: GCSUpload, _ call: GCSCall) async throws -> HTTPServerResponse {
    var insertion = upload.insertion
    try insertion.checksums.add(call.headers)
    let key = Array(upload.id.utf8)
    let blob = try await depot.blobs.concatenate(upload.parts, hashes: Self.hashes)
    let object: GCSObject
    do {
      object = try create(insertion, blob) { rows, object in
        // Of two requests that end it one makes the object.
        guard var done = GCSUpload(id: upload.id, row: try rows.rows.get("uploads", key)), case .open = done.state else {
          throw GCSFailure(404, "notFound", "Upload session not found.")
        }
        done.parts = []
        done.state = .done(object)
        try rows.rows.put("uploads", key, done.row)
      }
    } catch {
      // What was refused is over: the bytes cannot become others. But another request may have ended it meanwhile.
      try depot.table.transaction { rows in
        if case .open = GCSUpload(id: upload.id, row: try rows.get("uploads", key))?.state { try rows.remove("uploads", key) }
      }
      for part in upload.parts { depot.blobs.remove(part.blob) }
      throw error
    }
    for part in upload.parts { depot.blobs.remove(part.blob) }
    return try answer(object, call)
  }
}

/// A body whose breaking off is no failure: what came before is kept. Used by one caller at a time (unchecked), as every body.
private final class BreakableBody: HTTPRequestBody, @unchecked Sendable {
  private let inner: any HTTPRequestBody
  /// Why it broke off. Set by the one caller that reads it.
  private(set) var failure: (any Error)?

  init(_ inner: any HTTPRequestBody) { self.inner = inner }

  var length: Int64? { inner.length }

  func read(into sink: any ByteSink) async throws -> Int64 {
    do { return try await inner.read(into: sink) } catch let error as GCSFailure { throw error } catch {
      failure = error
      return 0
    }
  }
}
