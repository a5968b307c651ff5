import Crypto
import HTTPServer
import Markup
import Primitives

extension GCSEmulator {
  /// Copies an object in one request.
  func copyObject(_ place: GCSPlace, to target: GCSPlace, _ call: GCSCall) async throws -> HTTPServerResponse {
    let body = try await call.document()
    let (source, insertion) = try plan(place, target, body, call)
    return try answer(try await copy(source, insertion), call)
  }

  /// Copies an object; between classes or places in several requests where it is large.
  func rewriteObject(_ place: GCSPlace, to target: GCSPlace, _ call: GCSCall) async throws -> HTTPServerResponse {
    let body = try await call.document()
    let (source, insertion) = try plan(place, target, body, call)
    let most = try call.query.number("maxBytesRewrittenPerCall") ?? settings.rewriteStep
    guard most > 0, most % (1 << 20) == 0 else {
      throw GCSFailure.parameter(
        "maxBytesRewrittenPerCall", "maxBytesRewrittenPerCall must be an integral multiple of 1 MiB (1048576).")
    }
    // What must be the same in each request of one rewrite.
    let identity: JSONObject = [
      "source": .string("\(place.bucket)/\(place.text)"), "generation": .integer(source.generation),
      "target": .string("\(target.bucket)/\(target.text)"), "body": .object(body),
    ]
    let size = source.blob.size
    var done: Int64 = 0
    let token = call.query["rewriteToken"]
    if let token {
      guard let row = try depot.table.get("rewrites", Array(token.utf8)), let copied = row["copied"]?.integerValue,
        row["identity"] == .object(identity)
      else { throw GCSFailure.invalid("The rewrite token is invalid, or was given for another request.") }
      done = copied
    }
    let places = (try bucket(place.bucket, nil, call).location, try bucket(target.bucket, nil, call).location)
    let isLocal = insertion.settings["storageClass"]?.stringValue == source.storageClass && places.0 == places.1
    done += isLocal ? size - done : min(most, size - done)
    var answer: JSONObject = [
      "kind": "storage#rewriteResponse", "totalBytesRewritten": .string(String(done)), "objectSize": .string(String(size)),
      "done": .bool(done == size),
    ]
    if done == size {
      let object = try await copy(source, insertion)
      if let token { try depot.table.remove("rewrites", Array(token.utf8)) }
      answer["resource"] = .object(object.resource(base: call.base))
    } else {
      let next = Hex.encode(Random.bytes(24))
      try depot.table.transaction { rows in
        try rows.put("rewrites", Array(next.utf8), ["copied": .integer(done), "identity": .object(identity)])
        if let token { try rows.remove("rewrites", Array(token.utf8)) }
      }
      answer["rewriteToken"] = .string(next)
    }
    return call.answer(answer)
  }

  /// The source of a copy, its conditions compared, and what is to be made.
  private func plan(
    _ place: GCSPlace, _ target: GCSPlace, _ body: JSONObject, _ call: GCSCall
  ) throws -> (GCSObject, GCSInsertion) {
    try bucket(place.bucket, "storage.objects.get", call)
    let bucket = try bucket(target.bucket, "storage.objects.create", call)
    try target.checkName()
    let generation = try call.query.number("sourceGeneration")
    let source = try depot.table.transaction { try GCSRows(rows: $0).object(place, generation: generation) }
    try GCSConditions(call.query, prefix: "ifSource").check(source)
    var settings: GCSObjectSettings
    if body.count == 0 {
      settings = source.settings
      settings.set("storageClass", nil)
      settings.set("temporaryHold", nil)
      settings.set("eventBasedHold", nil)
    } else {
      // What is named replaces all that the source has.
      settings = try GCSObjectSettings(body)
    }
    settings.setDefault("storageClass", bucket.storageClass)
    return (
      source,
      GCSInsertion(place: target, settings: settings, checksums: GCSChecksums(), conditions: try GCSConditions(call.query))
    )
  }

  private func copy(_ source: GCSObject, _ insertion: GCSInsertion) async throws -> GCSObject {
    let copied = try await depot.blobs.concatenate([(source.blob, 0..<source.blob.size)])
    return try create(insertion, Blob(id: copied.id, digests: source.blob.digests), components: source.components)
  }
}
