import ObjectStorage
import Primitives

/// What a compressed object says of itself in its user metadata. An object without it is no compressed one, whatever its bytes are.
struct CompressionMark: Hashable, Sendable {
  /// Bytes of the content.
  let length: Int64
  /// The SHA-256 of the content.
  let sha256: [UInt8]

  private static let formName = "isobar-compression"
  private static let lengthName = "isobar-size"
  private static let hashName = "isobar-sha256"
  private static let form = "zstd"

  /// Why entries are no mark.
  struct Unreadable: Error {
    let code: StorageError.Code
    let message: String
  }

  init(length: Int64, sha256: [UInt8]) {
    self.length = length
    self.sha256 = sha256
  }

  /// The mark among an object's entries; nil if there is none.
  /// - Throws: if there is one that makes no sense, or that a later version wrote.
  init?(_ user: [String: String]) throws(Unreadable) {
    guard let form = user[Self.formName] else { return nil }
    guard form == Self.form else {
      throw Unreadable(
        code: .unsupported, message: "it is compressed in a way that is not known here (\(DisplayText.escape(form)))")
    }
    guard let text = user[Self.lengthName], let length = Int64(text), length > 0,
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let hash = user[Self.hashName].flatMap({ Hex.decode($0) }), hash.count == 32
    else {
      throw Unreadable(code: .corrupted, message: "it is marked as compressed, but its metadata does not say what it holds")
    }
    self.init(length: length, sha256: hash)
  }

  /// The hash as stores report hashes.
  var hash: ContentHash { ContentHash(.sha256, sha256) }

  /// The entries of an object with this mark.
  func added(to user: [String: String]) -> [String: String] {
    var user = user
    user[Self.formName] = Self.form
    user[Self.lengthName] = String(length)
    user[Self.hashName] = Hex.encode(sha256)
    return user
  }

  /// Entries without those that make a mark. An object that comes from elsewhere with a mark is not compressed by that.
  static func removed(from user: [String: String]) -> [String: String] {
    user.filter { ![formName, lengthName, hashName].contains($0.key) }
  }
}

extension ObjectMetadata {
  /// This, with a mark or certainly without one.
  func marked(_ mark: CompressionMark?) -> ObjectMetadata {
    var metadata = self
    metadata.user = CompressionMark.removed(from: user)
    if let mark { metadata.user = mark.added(to: metadata.user) }
    return metadata
  }
}
