import Markup
import Primitives

/// A bucket.
struct GCSBucket: Sendable {
  let name: String
  let project: String
  var metageneration: Int64 = 1
  var generation: Int64
  let created: Timestamp
  var updated: Timestamp
  /// What clients may set: location, class, versioning, …
  var settings: JSONObject

  var keepsVersions: Bool { settings["versioning"]?["enabled"]?.boolValue == true }
  var requesterPays: Bool { settings["billing"]?["requesterPays"]?.boolValue == true }
  var storageClass: String { settings["storageClass"]?.stringValue ?? "STANDARD" }
  var location: String { settings["location"]?.stringValue ?? "US" }
  var hasUniformAccess: Bool {
    settings["iamConfiguration"]?["uniformBucketLevelAccess"]?["enabled"]?.boolValue == true
  }

  init(name: String, project: String, generation: Int64, now: Timestamp, settings: JSONObject) {
    self.name = name
    self.project = project
    self.generation = generation
    (created, updated) = (now, now)
    self.settings = settings
  }

  init?(row: JSONValue?) {
    guard let row, let name = row["name"]?.stringValue, let project = row["project"]?.stringValue,
      let generation = row["generation"]?.integerValue, let metageneration = row["metageneration"]?.integerValue,
      let created = row["created"]?.stringValue.flatMap({ Timestamp(iso8601: $0) }),
      let updated = row["updated"]?.stringValue.flatMap({ Timestamp(iso8601: $0) }),
      let settings = row["settings"]?.objectValue
    else { return nil }
    self.init(name: name, project: project, generation: generation, now: created, settings: settings)
    self.metageneration = metageneration
    self.updated = updated
  }

  var row: JSONValue {
    .object([
      "name": .string(name), "project": .string(project), "generation": .integer(generation),
      "metageneration": .integer(metageneration), "created": .string(created.iso8601), "updated": .string(updated.iso8601),
      "settings": .object(settings),
    ])
  }

  /// The resource of the API.
  func resource(base: String) -> JSONObject {
    var members: [JSONObject.Member] = [
      .init("kind", "storage#bucket"), .init("id", .string(name)),
      .init("selfLink", .string("\(base)/storage/v1/b/\(PercentEncoding.encode(name.utf8, keepSlash: false))")),
      .init("name", .string(name)), .init("projectNumber", "1234567890"), .init("generation", .string(String(generation))),
      .init("metageneration", .string(String(metageneration))), .init("timeCreated", .string(created.iso8601)),
      .init("updated", .string(updated.iso8601)), .init("etag", .string(Base64.encode("\(metageneration)".utf8))),
      .init("locationType", .string(["US", "EU", "ASIA"].contains(location) ? "multi-region" : "region")),
    ]
    members += settings.members
    return JSONObject(members)
  }

  // MARK: Rules

  /// What clients may set.
  private static let settable = [
    "autoclass", "billing", "cors", "customPlacementConfig", "defaultEventBasedHold", "encryption", "hierarchicalNamespace",
    "iamConfiguration", "labels", "lifecycle", "location", "logging", "objectRetention", "retentionPolicy", "rpo",
    "softDeletePolicy", "storageClass", "versioning", "website",
  ]

  /// The settings of a new bucket.
  static func settings(of resource: JSONObject) throws(GCSFailure) -> JSONObject {
    var settings: JSONObject = [
      "location": "US", "storageClass": "STANDARD",
      "iamConfiguration": [
        "uniformBucketLevelAccess": ["enabled": false], "publicAccessPrevention": "inherited",
      ],
      "softDeletePolicy": ["retentionDurationSeconds": "604800"],
    ]
    try merge(resource, into: &settings)
    if let location = settings["location"]?.stringValue { settings["location"] = .string(location.uppercased()) }
    return settings
  }

  /// Changes what `patch` names, and removes what it names with null.
  static func merge(_ patch: JSONObject, into settings: inout JSONObject) throws(GCSFailure) {
    for name in settable {
      guard let value = patch[name] else { continue }
      if name == "storageClass", !GCSObjectSettings.classes.contains(value.stringValue ?? "") {
        throw .invalid("Invalid argument: storage class")
      }
      if let merged = merged(settings[name], value) { settings[name] = merged } else { settings.drop(name) }
    }
  }

  private static func merged(_ old: JSONValue?, _ new: JSONValue) -> JSONValue? {
    if new.isNull { return .none }
    guard let changes = new.objectValue else { return new }
    var object = old?.objectValue ?? JSONObject()
    for change in changes.members {
      if let merged = merged(object[change.key], change.value) { object[change.key] = merged } else { object.drop(change.key) }
    }
    return .object(object)
  }

  /// - Throws: `GCSFailure` for a name that no bucket can have.
  static func checkName(_ name: String) throws(GCSFailure) {
    let bytes = Array(name.utf8)
    func isEdge(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    let isPossible =
      (3...(labels.count > 1 ? 222 : 63)).contains(bytes.count)
      && bytes.allSatisfy { isEdge($0) || Array("-_.".utf8).contains($0) }
      && isEdge(bytes[0]) && isEdge(bytes[bytes.count - 1]) && labels.allSatisfy { !$0.isEmpty && $0.utf8.count <= 63 }
      && !(labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }) && !name.hasPrefix("goog") && !name.contains("google")
    guard isPossible else { throw .invalid("Invalid bucket name: '\(name)'") }
  }
}
