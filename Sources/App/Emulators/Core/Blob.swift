public import Crypto
public import Markup
import Primitives

/// Bytes in a `BlobFolder`, which never change.
public struct Blob: Hashable, Sendable {
  /// Its name in the folder: 32 hexadecimal digits.
  public let id: String
  /// How many bytes it has.
  public let size: Int64
  /// The digests that were asked for when it was made.
  public let digests: Digests

  init(id: String, digests: Digests) {
    self.id = id
    size = digests.byteCount
    self.digests = digests
  }

  /// The blob that `json` describes, for the rows of an `EmulatorTable`; nil unless `json` is one.
  public init?(_ json: JSONValue?) {
    guard let json, let id = json["id"]?.stringValue, Hex.decode(id)?.count == 16, let size = json["size"]?.integerValue, size >= 0
    else { return nil }
    var values: [HashAlgorithm: [UInt8]] = [:]
    for algorithm in HashAlgorithm.allCases {
      guard let text = json[algorithm.rawValue]?.stringValue else { continue }
      guard let digest = Hex.decode(text), digest.count == algorithm.byteCount else { return nil }
      values[algorithm] = digest
    }
    self.init(id: id, digests: Digests(values, byteCount: size))
  }

  /// The blob as JSON: id, size and each digest in hexadecimal.
  public var json: JSONValue {
    var object: JSONObject = ["id": .string(id), "size": .integer(size)]
    for algorithm in HashAlgorithm.allCases {
      if let digest = digests[algorithm] { object[algorithm.rawValue] = .string(Hex.encode(digest)) }
    }
    return .object(object)
  }

  /// A digest by `algorithm`; nil if it was not asked for.
  public subscript(algorithm: HashAlgorithm) -> [UInt8]? { digests[algorithm] }
}
