import Crypto
import HTTPMessages
import Markup
import Primitives

/// What a client says that the content's checksums are.
struct GCSChecksums: Sendable, Equatable {
  var crc32c: String?
  var md5: String?

  init() {}

  /// Those of a resource.
  init(resource: JSONObject) throws(GCSFailure) {
    crc32c = try Self.text(resource["crc32c"], "crc32c", 4)
    md5 = try Self.text(resource["md5Hash"], "md5Hash", 16)
  }

  private static func text(_ value: JSONValue?, _ name: String, _ count: Int) throws(GCSFailure) -> String? {
    guard let value, !value.isNull else { return nil }
    guard let text = value.stringValue, Base64.decode(text)?.count == count else {
      throw .invalid("Invalid value for \(name): it must be \(count) bytes in base 64.")
    }
    return text
  }

  /// Adds those of `x-goog-hash: crc32c=…,md5=…`, in one field or in several.
  mutating func add(_ headers: HTTPHeaders) throws(GCSFailure) {
    for field in headers.values(of: "x-goog-hash") {
      for part in field.split(separator: ",") {
        let part = part.drop { $0 == " " }
        guard let equals = part.firstIndex(of: "=") else { throw .invalid("Invalid x-goog-hash header: \(part)") }
        let (name, value) = (part[..<equals], JSONValue.string(String(part[part.index(after: equals)...])))
        switch name {
        case "crc32c": crc32c = try Self.text(value, "x-goog-hash", 4)
        case "md5": md5 = try Self.text(value, "x-goog-hash", 16)
        default: throw .invalid("Invalid x-goog-hash header: \(part)")
        }
      }
    }
  }

  /// - Throws: `GCSFailure` where the content has others.
  func check(_ blob: Blob) throws(GCSFailure) {
    if let crc32c, let found = blob[.crc32c].map({ Base64.encode($0) }), found != crc32c {
      throw .invalid("Provided CRC32C \"\(crc32c)\" doesn't match calculated CRC32C \"\(found)\".")
    }
    if let md5, let found = blob[.md5].map({ Base64.encode($0) }), found != md5 {
      throw .invalid("Provided MD5 hash \"\(md5)\" doesn't match calculated MD5 hash \"\(found)\".")
    }
  }

  var row: JSONValue {
    .object(JSONObject([("crc32c", crc32c), ("md5Hash", md5)].compactMap { entry in entry.1.map { .init(entry.0, .string($0)) } }))
  }
}
