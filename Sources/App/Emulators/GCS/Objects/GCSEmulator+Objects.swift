import HTTPMessages
import HTTPServer
import Markup
import Primitives

extension GCSEmulator {
  func getObject(_ place: GCSPlace, _ call: GCSCall) throws -> HTTPServerResponse {
    try answer(try find(place, call), call)
  }

  /// The object, or the generation of it, that a read names and whose conditions hold.
  func find(_ place: GCSPlace, _ call: GCSCall) throws -> GCSObject {
    try bucket(place.bucket, "storage.objects.get", call)
    let generation = try call.query.number("generation")
    let conditions = try GCSConditions(call.query)
    let object = try depot.table.transaction { try GCSRows(rows: $0).object(place, generation: generation) }
    try conditions.check(object, isRead: true)
    if let tags = call.headers["if-match"], !Self.names(tags, object.etag) { throw GCSFailure.conditionNotMet }
    if let tags = call.headers["if-none-match"], Self.names(tags, object.etag) { throw GCSFailure.notModified }
    return object
  }

  /// Whether a header that lists entity tags, in quotes or without, names this one.
  private static func names(_ header: String, _ etag: String) -> Bool {
    header.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\"" } }.contains { $0 == "*" || $0 == etag }
  }

  /// Changes what is said of an object, not its content: its metageneration grows.
  func changeObject(_ place: GCSPlace, _ call: GCSCall, isPatch: Bool) async throws -> HTTPServerResponse {
    try bucket(place.bucket, "storage.objects.update", call)
    let changes = try await call.document()
    let conditions = try GCSConditions(call.query)
    let generation = try call.query.number("generation")
    let object = try depot.table.transaction { rows in
      let rows = GCSRows(rows: rows)
      var object = try rows.object(place, generation: generation)
      try conditions.check(object)
      let storageClass = object.settings["storageClass"]
      if let wanted = changes["storageClass"]?.stringValue, wanted != storageClass?.stringValue {
        throw GCSFailure.invalid("The storage class of an object is changed by a rewrite.")
      }
      if isPatch {
        try object.settings.merge(changes)
      } else {
        object.settings = try GCSObjectSettings(changes)
      }
      object.settings.set("storageClass", storageClass)
      object.metageneration += 1
      object.updated = clock.now()
      try rows.put(object)
      return object
    }
    return try answer(object, call)
  }

  func deleteObject(_ place: GCSPlace, _ call: GCSCall) throws -> HTTPServerResponse {
    try bucket(place.bucket, "storage.objects.delete", call)
    let conditions = try GCSConditions(call.query)
    let generation = try call.query.number("generation")
    let garbage = try depot.table.transaction { rows -> Blob? in
      let rows = GCSRows(rows: rows)
      let bucket = try rows.bucket(place.bucket)
      let object = try rows.object(place, generation: generation)
      try conditions.check(object)
      if object.isHeld, generation != nil || !bucket.keepsVersions { throw Self.held(object) }
      if generation == nil { return try rows.retire(object, in: bucket, now: clock.now()) }
      // A generation that is named is gone for good.
      if object.deleted == nil {
        try rows.rows.remove("live", GCSRows.key(place))
      } else {
        try rows.rows.remove("past", GCSRows.pastKey(place, object.generation))
      }
      return object.blob
    }
    if let garbage { depot.blobs.remove(garbage) }
    return HTTPServerResponse(204)
  }
}
