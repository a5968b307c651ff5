import HTTPServer
import Markup
import Primitives

extension GCSEmulator {
  func insertBucket(_ call: GCSCall) async throws -> HTTPServerResponse {
    guard let project = call.query["project"], !project.isEmpty else { throw GCSFailure.required("project") }
    try accounts.require("storage.buckets.create", call)
    let resource = try await call.document()
    guard let name = resource["name"]?.stringValue else { throw GCSFailure.required("name") }
    try GCSBucket.checkName(name)
    let settings = try GCSBucket.settings(of: resource)
    let bucket = try depot.table.transaction { rows in
      let rows = GCSRows(rows: rows)
      if GCSBucket(row: try rows.rows.get("buckets", Array(name.utf8))) != nil {
        throw GCSFailure(409, "conflict", "Your previous request to create the named bucket succeeded and you already own it.")
      }
      let now = clock.now()
      let bucket = GCSBucket(
        name: name, project: project, generation: try rows.nextGeneration(now: now), now: now, settings: settings)
      try rows.put(bucket)
      return bucket
    }
    return call.answer(bucket.resource(base: call.base))
  }

  func listBuckets(_ call: GCSCall) throws -> HTTPServerResponse {
    guard let project = call.query["project"], !project.isEmpty else { throw GCSFailure.required("project") }
    try accounts.require("storage.buckets.list", call)
    let limit = try GCSListing.pageSize(call.query)
    let prefix = Array((call.query["prefix"] ?? "").utf8)
    let after = try GCSListing.position(call.query)?.name
    var items: [JSONValue] = []
    var last: [UInt8]?
    var answer: JSONObject = ["kind": "storage#buckets"]
    for row in try depot.table.scan("buckets", prefix: prefix, after: after, limit: 10_000) {
      guard let bucket = GCSBucket(row: row.value), bucket.project == project else { continue }
      if items.count == limit, let last {
        answer["nextPageToken"] = .string(GCSListing.Position(name: last, generation: nil).token)
        break
      }
      items.append(.object(bucket.resource(base: call.base)))
      last = row.key
    }
    if !items.isEmpty { answer["items"] = .array(items) }
    return call.answer(answer)
  }

  func getBucket(_ name: String, _ call: GCSCall) throws -> HTTPServerResponse {
    let bucket = try bucket(name, "storage.buckets.get", call)
    try GCSConditions(call.query).check((bucket.generation, bucket.metageneration), isRead: true)
    return call.answer(bucket.resource(base: call.base))
  }

  func patchBucket(_ name: String, _ call: GCSCall) async throws -> HTTPServerResponse {
    _ = try bucket(name, "storage.buckets.update", call)
    let patch = try await call.document()
    let conditions = try GCSConditions(call.query)
    let bucket = try depot.table.transaction { rows in
      let rows = GCSRows(rows: rows)
      var bucket = try rows.bucket(name)
      try conditions.check((bucket.generation, bucket.metageneration))
      if let location = patch["location"]?.stringValue, location.uppercased() != bucket.location {
        throw GCSFailure.invalid("The location of a bucket cannot be changed.")
      }
      try GCSBucket.merge(patch, into: &bucket.settings)
      bucket.metageneration += 1
      bucket.updated = clock.now()
      try rows.put(bucket)
      return bucket
    }
    return call.answer(bucket.resource(base: call.base))
  }

  func deleteBucket(_ name: String, _ call: GCSCall) throws -> HTTPServerResponse {
    _ = try bucket(name, "storage.buckets.delete", call)
    let conditions = try GCSConditions(call.query)
    try depot.table.transaction { rows in
      let bucket = try GCSRows(rows: rows).bucket(name)
      try conditions.check((bucket.generation, bucket.metageneration))
      let prefix = Array("\(name)/".utf8)
      for collection in ["live", "past"] where try !rows.scan(collection, prefix: prefix, limit: 1).isEmpty {
        throw GCSFailure(409, "conflict", "The bucket you tried to delete is not empty.")
      }
      try rows.remove("buckets", Array(name.utf8))
    }
    return HTTPServerResponse(204)
  }

  func testPermissions(_ name: String, _ call: GCSCall) throws -> HTTPServerResponse {
    _ = try bucket(name, nil, call)
    let asked = call.query.all("permissions")
    guard !asked.isEmpty else { throw GCSFailure.required("permissions") }
    let granted = asked.filter { accounts.allows($0, call) }
    var answer: JSONObject = ["kind": "storage#testIamPermissionsResponse"]
    if !granted.isEmpty { answer["permissions"] = .array(granted.map { .string($0) }) }
    return call.answer(answer)
  }

  func bucketLayout(_ name: String, _ call: GCSCall) throws -> HTTPServerResponse {
    let bucket = try bucket(name, "storage.buckets.get", call)
    return call.answer([
      "kind": "storage#storageLayout", "bucket": .string(name), "location": .string(bucket.location),
      "hierarchicalNamespace": ["enabled": false],
    ])
  }

  /// A bucket that the caller may use in a way.
  /// - Throws: `GCSFailure`.
  @discardableResult
  func bucket(_ name: String, _ permission: String?, _ call: GCSCall) throws -> GCSBucket {
    guard let bucket = GCSBucket(row: try depot.table.get("buckets", Array(name.utf8))) else { throw GCSFailure.noBucket }
    if bucket.requesterPays, call.query["userProject"]?.isEmpty ?? true {
      throw GCSFailure(400, "userProjectMissing", "Bucket is a requester pays bucket but no user project provided.")
    }
    if let permission { try accounts.require(permission, call) }
    return bucket
  }
}
