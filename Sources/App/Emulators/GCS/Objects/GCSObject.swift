import Crypto
import Markup
import Primitives

/// One generation of an object.
struct GCSObject: Sendable {
  let place: GCSPlace
  var generation: Int64
  var metageneration: Int64 = 1
  var blob: Blob
  /// How many uploads a composed object is made of; nil for one that was not composed.
  var components: Int64?
  var created: Timestamp
  var updated: Timestamp
  var classSet: Timestamp
  /// When it stopped being the live one, in a bucket that keeps such.
  var deleted: Timestamp?
  /// What clients may set.
  var settings: GCSObjectSettings

  var isHeld: Bool { settings["temporaryHold"]?.boolValue == true || settings["eventBasedHold"]?.boolValue == true }

  // MARK: Rows

  /// A row of the emulator's table.
  var row: JSONValue {
    var row: JSONObject = [
      "bucket": .string(place.bucket), "name": .string(place.text), "generation": .integer(generation),
      "metageneration": .integer(metageneration), "blob": blob.json, "created": Self.time(created), "updated": Self.time(updated),
      "classSet": Self.time(classSet), "settings": .object(settings.members),
    ]
    if let components { row["components"] = .integer(components) }
    if let deleted { row["deleted"] = Self.time(deleted) }
    return .object(row)
  }

  init?(row: JSONValue?) {
    guard let row, let bucket = row["bucket"]?.stringValue, let name = row["name"]?.stringValue,
      let generation = row["generation"]?.integerValue, let metageneration = row["metageneration"]?.integerValue,
      let blob = Blob(row["blob"]), let created = Self.time(row["created"]), let updated = Self.time(row["updated"]),
      let classSet = Self.time(row["classSet"]), let members = row["settings"]?.objectValue
    else { return nil }
    place = GCSPlace(bucket: bucket, name: Array(name.utf8))
    (self.generation, self.metageneration, self.blob) = (generation, metageneration, blob)
    (self.created, self.updated, self.classSet) = (created, updated, classSet)
    components = row["components"]?.integerValue
    deleted = Self.time(row["deleted"])
    settings = GCSObjectSettings(trusted: members)
  }

  init(_ place: GCSPlace, generation: Int64, blob: Blob, components: Int64? = nil, now: Timestamp, settings: GCSObjectSettings) {
    self.place = place
    self.generation = generation
    self.blob = blob
    self.components = components
    (created, updated, classSet) = (now, now, now)
    self.settings = settings
  }

  private static func time(_ time: Timestamp) -> JSONValue { .string(time.iso8601) }
  private static func time(_ json: JSONValue?) -> Timestamp? { json?.stringValue.flatMap { Timestamp(iso8601: $0) } }

  // MARK: As clients see it

  /// The service's entity tag: generation and metageneration as numbers of a protocol buffer, in base 64.
  var etag: String {
    func varint(_ value: Int64) -> [UInt8] {
      var (bytes, rest): ([UInt8], UInt64) = ([], UInt64(value))
      while rest > 0x7F {
        bytes.append(UInt8(rest & 0x7F) | 0x80)
        rest >>= 7
      }
      return bytes + [UInt8(rest)]
    }
    return Base64.encode([0x08] + varint(generation) + [0x10] + varint(metageneration))
  }

  var crc32c: String? { blob[.crc32c].map { Base64.encode($0) } }
  /// Composed objects have none.
  var md5: String? { components == nil ? blob[.md5].map { Base64.encode($0) } : nil }
  var storageClass: String { settings["storageClass"]?.stringValue ?? "STANDARD" }

  /// The resource of the API.
  func resource(base: String) -> JSONObject {
    let bucket = PercentEncoding.encode(place.bucket.utf8, keepSlash: false)
    let path = "b/\(bucket)/o/" + PercentEncoding.encode(place.name, keepSlash: false)
    var members: [JSONObject.Member] = [
      .init("kind", "storage#object"), .init("id", .string("\(place.bucket)/\(place.text)/\(generation)")),
      .init("selfLink", .string("\(base)/storage/v1/\(path)")),
      .init("mediaLink", .string("\(base)/download/storage/v1/\(path)?generation=\(generation)&alt=media")),
      .init("name", .string(place.text)), .init("bucket", .string(place.bucket)),
      .init("generation", .string(String(generation))), .init("metageneration", .string(String(metageneration))),
    ]
    members += settings.members.members
    members.append(.init("size", .string(String(blob.size))))
    if let md5 { members.append(.init("md5Hash", .string(md5))) }
    if let crc32c { members.append(.init("crc32c", .string(crc32c))) }
    if let components { members.append(.init("componentCount", .integer(components))) }
    members += [
      .init("etag", .string(etag)), .init("timeCreated", Self.time(created)), .init("updated", Self.time(updated)),
      .init("timeStorageClassUpdated", Self.time(classSet)), .init("timeFinalized", Self.time(created)),
    ]
    if let deleted { members.append(.init("timeDeleted", Self.time(deleted))) }
    return JSONObject(members)
  }
}
