import Crypto
import Markup
import ObjectStorage
import Primitives

/// An object as the service describes it.
struct ObjectResource: Sendable {
  /// The whole name in the bucket.
  var name: [UInt8]
  var size: Int64
  var generation: String
  var metageneration: String?
  var md5: [UInt8]?
  var crc32c: [UInt8]?
  /// When this generation was written.
  var created: Timestamp?
  var storageClass: StorageClass?
  var contentType: String?
  var metadata: [String: String]
  /// What is said to those who fetch the object over HTTP.
  var headers: ContentHeaders

  /// What is asked for of one object.
  static let fields =
    "name,size,generation,metageneration,md5Hash,crc32c,timeCreated,updated,storageClass,contentType,metadata,"
    + "contentEncoding,contentLanguage,contentDisposition,cacheControl"
  /// What is asked for of the objects of a listing.
  static let listFields = "name,size,generation,md5Hash,crc32c,timeCreated,storageClass,metadata"

  /// Reads one; nil if it lacks a name, a size or a generation, or they are none.
  init?(_ json: JSONValue) {
    guard let object = json.objectValue, let name = object["name"]?.stringValue, !name.isEmpty,
      let size = Self.number(object["size"]), let generation = object["generation"].flatMap(Self.text),
      Self.isGeneration(generation)
    else { return nil }
    self.name = Array(name.utf8)
    self.size = size
    self.generation = generation
    metageneration = object["metageneration"].flatMap(Self.text)
    md5 = object["md5Hash"]?.stringValue.flatMap { Base64.decode($0) }.flatMap { $0.count == 16 ? $0 : nil }
    crc32c = object["crc32c"]?.stringValue.flatMap { Base64.decode($0) }.flatMap { $0.count == 4 ? $0 : nil }
    created = (object["timeCreated"] ?? object["updated"])?.stringValue.flatMap { Timestamp(iso8601: $0) }
    storageClass = object["storageClass"]?.stringValue.flatMap { StorageClass($0) }
    contentType = object["contentType"]?.stringValue
    metadata = [:]
    for member in object["metadata"]?.objectValue?.members ?? [] {
      if let text = member.value.stringValue { metadata[member.key] = text }
    }
    headers = ContentHeaders()
    for (name, path) in ObjectAttributes.contentHeaders {
      // What could not be sent again is left out.
      if let value = object[name]?.stringValue, !value.isEmpty, ObjectAttributes.isHeaderValue(value) {
        headers[keyPath: path] = value
      }
    }
  }

  /// Whether a text is a generation: a number above zero, which means “no object”.
  static func isGeneration(_ text: String) -> Bool { Int64(text).map { $0 > 0 && !text.hasPrefix("+") } ?? false }

  /// Numbers of 64 bits come as texts.
  private static func text(_ json: JSONValue) -> String? { json.stringValue ?? json.integerValue.map { String($0) } }
  private static func number(_ json: JSONValue?) -> Int64? {
    guard let value = json.flatMap(text).flatMap({ Int64($0) }), value >= 0 else { return nil }
    return value
  }

  var version: ObjectVersion { ObjectVersion(generation) }

  /// The entry under a key of the store.
  func entry(_ key: ObjectKey) -> ObjectEntry {
    let known = ObjectAttributes.read(metadata)
    return ObjectEntry(
      key: key, size: size, version: version, modified: known.modified, stored: created, mode: known.mode,
      hash: md5.map { ContentHash(.md5, $0) } ?? crc32c.map { ContentHash(.crc32c, $0) }, storageClass: storageClass)
  }

  /// All that is known, under a key of the store.
  func info(_ key: ObjectKey) -> ObjectInfo {
    var hashes: [ContentHash] = []
    if let crc32c { hashes.append(ContentHash(.crc32c, crc32c)) }
    if let md5 { hashes.append(ContentHash(.md5, md5)) }
    return ObjectInfo(
      entry: entry(key), hashes: hashes, contentType: contentType, userMetadata: ObjectAttributes.read(metadata).user,
      headers: headers)
  }
}
