import HTTPMessages
import HTTPServer
import Markup
import Primitives

extension GCSEmulator {
  /// An upload in one request, or the beginning of one in several.
  func insertObject(_ name: String, _ call: GCSCall) async throws -> HTTPServerResponse {
    guard !call.isInBatch else { throw GCSFailure.badRequest("Uploads cannot be part of a batch.") }
    let bucket = try bucket(name, "storage.objects.create", call)
    switch call.query["uploadType"] {
    case "media":
      guard call.query["name"] != nil else { throw GCSFailure.required("name") }
      var insertion = try GCSInsertion(
        bucket, call, resource: JSONObject(), contentType: call.headers["content-type"])
      try insertion.checksums.add(call.headers)
      return try finish(insertion, try await depot.blobs.receive(call.body, hashes: Self.hashes), call)
    case "multipart":
      guard let boundary = MIMEParts.boundary(call.headers["content-type"], subtype: "related") else {
        throw GCSFailure.badRequest("Multipart uploads must have a content type of multipart/related with a boundary.")
      }
      let related = RelatedBody(call.body, boundary: boundary)
      let blob = try await depot.blobs.receive(related, hashes: Self.hashes)
      var insertion: GCSInsertion
      do {
        insertion = try GCSInsertion(
          bucket, call, resource: try GCSCall.document(related.document), contentType: related.mediaType)
        try insertion.checksums.add(call.headers)
      } catch {
        depot.blobs.remove(blob)
        throw error
      }
      return try finish(insertion, blob, call)
    case "resumable": return try await startUpload(bucket, call)
    case nil: throw GCSFailure.required("uploadType")
    case let type?: throw GCSFailure.parameter("uploadType", "Invalid value '\(type)'.")
    }
  }

  func finish(_ insertion: GCSInsertion, _ blob: Blob, _ call: GCSCall) throws -> HTTPServerResponse {
    let object = try create(insertion, blob)
    return try answer(object, call)
  }

  /// The answer that describes an object.
  func answer(_ object: GCSObject, _ call: GCSCall) throws -> HTTPServerResponse {
    var response = call.answer(object.resource(base: call.base))
    try response.headers.add("ETag", object.etag)
    return response
  }
}
