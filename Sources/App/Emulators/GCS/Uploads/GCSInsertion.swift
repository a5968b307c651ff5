import Crypto
import HTTPMessages
import Markup
import Primitives

/// An object to be made, as far as it is known without its content.
struct GCSInsertion: Sendable {
  var place: GCSPlace
  var settings: GCSObjectSettings
  var checksums: GCSChecksums
  var conditions: GCSConditions

  init(place: GCSPlace, settings: GCSObjectSettings, checksums: GCSChecksums, conditions: GCSConditions) {
    (self.place, self.settings, self.checksums, self.conditions) = (place, settings, checksums, conditions)
  }

  /// What an upload says.
  /// - Parameters:
  ///   - resource: the object's description; empty where there is none.
  ///   - contentType: the media's, which holds where the description names none.
  /// - Throws: `GCSFailure`.
  init(_ bucket: GCSBucket, _ call: GCSCall, resource: JSONObject, contentType: String?) throws(GCSFailure) {
    let (asked, described) = (call.query["name"], resource["name"]?.stringValue)
    if let asked, let described, !asked.utf8.elementsEqual(described.utf8) {
      throw .invalid("Value '\(described)' in content does not agree with value '\(asked)'.")
    }
    place = GCSPlace(bucket: bucket.name, name: Array((asked ?? described ?? "").utf8))
    try place.checkName()
    if let name = resource["bucket"]?.stringValue, name != bucket.name {
      throw .invalid("Value '\(name)' in content does not agree with value '\(bucket.name)'.")
    }
    if call.query["predefinedAcl"] != nil, bucket.hasUniformAccess {
      throw .invalid("Cannot use ACL API to update bucket policy when uniform bucket-level access is enabled.")
    }
    settings = try GCSObjectSettings(resource)
    settings.setDefault("contentType", contentType)
    if settings["contentEncoding"]?.stringValue == nil, let encoding = call.query["contentEncoding"] {
      try settings.merge(["contentEncoding": .string(encoding)])
    }
    settings.setDefault("storageClass", bucket.storageClass)
    checksums = try GCSChecksums(resource: resource)
    conditions = try GCSConditions(call.query)
  }

  var row: JSONValue {
    [
      "bucket": .string(place.bucket), "name": .string(place.text), "settings": .object(settings.members),
      "checksums": checksums.row, "conditions": conditions.row,
    ]
  }

  init?(row: JSONValue?) {
    guard let row, let bucket = row["bucket"]?.stringValue, let name = row["name"]?.stringValue,
      let members = row["settings"]?.objectValue, let known = row["checksums"]?.objectValue,
      let checksums = try? GCSChecksums(resource: known)
    else { return nil }
    place = GCSPlace(bucket: bucket, name: Array(name.utf8))
    settings = GCSObjectSettings(trusted: members)
    self.checksums = checksums
    conditions = GCSConditions(row: row["conditions"])
  }
}

extension GCSEmulator {
  /// The digests that every upload is hashed for.
  static let hashes: Set<HashAlgorithm> = HashAlgorithm.md5.isAvailable ? [.md5, .crc32c] : [.crc32c]

  /// Makes the object, if its checksums are right and its conditions hold; else its content goes.
  /// - Parameter alongside: runs in the same transaction, with the object made.
  func create(
    _ insertion: GCSInsertion, _ blob: Blob, components: Int64? = nil, alongside: (GCSRows, GCSObject) throws -> Void = { _, _ in }
  ) throws -> GCSObject {
    do {
      try insertion.checksums.check(blob)
      let (object, garbage) = try depot.table.transaction { rows in
        let rows = GCSRows(rows: rows)
        let bucket = try rows.bucket(insertion.place.bucket)
        let found = try rows.live(insertion.place)
        try insertion.conditions.check(found)
        var garbage: Blob?
        let now = clock.now()
        if let found {
          if found.isHeld, !bucket.keepsVersions { throw Self.held(found) }
          garbage = try rows.retire(found, in: bucket, now: now)
        }
        let object = GCSObject(
          insertion.place, generation: try rows.nextGeneration(now: now), blob: blob, components: components, now: now,
          settings: insertion.settings)
        try rows.put(object)
        try alongside(rows, object)
        return (object, garbage)
      }
      if let garbage { depot.blobs.remove(garbage) }
      return object
    } catch {
      depot.blobs.remove(blob)
      throw error
    }
  }

  static func held(_ object: GCSObject) -> GCSFailure {
    GCSFailure(
      403, "objectUnderActiveHold",
      "Object '\(object.place.bucket)/\(object.place.text)' is under active Temporary hold and cannot be deleted, overwritten or archived "
        + "until hold is removed.")
  }
}
