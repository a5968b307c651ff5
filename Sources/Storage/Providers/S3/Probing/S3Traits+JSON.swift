import Markup

extension S3Traits {
  /// Raised when a trait is added or found out in another way: what was saved before is then tried again.
  private static let formatVersion: Int64 = 1

  /// The traits for `S3ProbeCache`.
  var json: [UInt8] {
    let flags = JSONObject(Self.flags.map { JSONObject.Member($0.0, .bool(self[keyPath: $0.1])) })
    let conditions = JSONObject(Self.conditions.map { JSONObject.Member($0.0, .string(self[keyPath: $0.1].rawValue)) })
    let document: JSONObject = [
      "version": .integer(Self.formatVersion), "flags": .object(flags), "conditions": .object(conditions),
    ]
    return JSONValue.object(document).bytes()
  }

  /// Saved traits; nil if they are of another version or incomplete.
  init?(json bytes: [UInt8]) {
    guard let document = try? JSONValue.parse(bytes), document["version"]?.integerValue == Self.formatVersion,
      let flags = document["flags"], let conditions = document["conditions"]
    else { return nil }
    self = .unknown
    for (name, path) in Self.flags {
      guard let value = flags[name]?.boolValue else { return nil }
      self[keyPath: path] = value
    }
    for (name, path) in Self.conditions {
      guard let value = conditions[name]?.stringValue.flatMap({ TagCondition(rawValue: $0) }) else { return nil }
      self[keyPath: path] = value
    }
  }

  private static var flags: [(String, WritableKeyPath<S3Traits, Bool>)] {
    [
      ("putIfAbsent", \.putIfAbsent), ("putIfAbsentIsAtomic", \.putIfAbsentIsAtomic), ("completeIfAbsent", \.completeIfAbsent),
      ("checksCRC32C", \.checksCRC32C), ("checksMD5", \.checksMD5), ("checksPayloadHash", \.checksPayloadHash),
      ("copyKeepsMetadata", \.copyKeepsMetadata), ("partCopy", \.partCopy), ("completeTagIsFinal", \.completeTagIsFinal),
      ("keepsPartChecksums", \.keepsPartChecksums), ("keepsMetadata", \.keepsMetadata), ("keepsFolders", \.keepsFolders),
    ]
  }

  private static var conditions: [(String, WritableKeyPath<S3Traits, TagCondition>)] {
    [
      ("putIfMatch", \.putIfMatch), ("completeIfMatch", \.completeIfMatch), ("deleteIfMatch", \.deleteIfMatch),
      ("copySourceIfMatch", \.copySourceIfMatch),
    ]
  }
}
