import Age
import Crypto

/// What is known of an object beside its bytes, in a stanza of its header that only Isobar reads.
///
/// `-> isobar.object v1`; the body is 16 random bytes and then what was sealed with a key from these and the file's key, so that who cannot
/// read the object cannot read this, and a file whose record changes (another set of recipients) never uses one key for two. It holds fields, each a tag, a length of two bytes, and its bytes, and zeros up to a multiple of 64 bytes, which hide how much is
/// said. Fields with other tags are left for later versions.
struct ObjectRecord: Hashable, Sendable {
  /// Bytes of content, nil if that was not known when the header was written.
  var size: Int64?
  /// SHA-256 of the content, nil if it was not known when the header was written.
  var sha256: [UInt8]?
  var contentType: String?
  var user: [String: String] = [:]
  /// For whom the object was encrypted: `fingerprint(of:)`. Nil where it was not said.
  var recipients: [UInt8]?

  static let kind = "isobar.object"
  private static let version = "v1"
  private static let purpose = "isobar.object v1"
  private static let step = 64
  private static let saltCount = 16

  private enum Tag: UInt8 { case end = 0, size, sha256, contentType, user, recipients }

  /// The stanza for a header; nil if the metadata are too long to be kept.
  func stanza(_ key: FileKey) -> Stanza? {
    var fields: [UInt8] = []
    var fits = true
    func put(_ tag: Tag, _ bytes: [UInt8]) {
      guard bytes.count <= Int(UInt16.max) else {
        fits = false
        return
      }
      fields += [tag.rawValue, UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
    }
    if let size { put(.size, (0..<8).map { UInt8(truncatingIfNeeded: size >> (56 - 8 * $0)) }) }
    if let sha256 { put(.sha256, sha256) }
    if let contentType { put(.contentType, Array(contentType.utf8)) }
    for (name, value) in user.sorted(by: { $0.key < $1.key }) { put(.user, Array(name.utf8) + [0] + Array(value.utf8)) }
    if let recipients { put(.recipients, recipients) }
    guard fits, fields.count <= Header.maximumLength / 4 else { return nil }
    fields += [UInt8](repeating: Tag.end.rawValue, count: (Self.step - fields.count % Self.step) % Self.step)
    let salt = Random.bytes(Self.saltCount)
    let sealed = ChaChaPoly.sealOnce(SecretBytes(copying: fields), key: key.derived(for: Self.purpose, salt: salt))
    return Stanza(Self.kind, [Self.version], body: salt + sealed)
  }

  /// The record in a header; nil if there is none that is known here.
  /// - Throws: `AgeError` `.header` for one that was not made with the file's key.
  static func read(_ header: Header, _ key: FileKey) throws -> ObjectRecord? {
    guard let stanza = header.stanzas.first(where: { $0.kind == kind && $0.arguments == [version] }) else { return nil }
    let salt = Array(stanza.body.prefix(saltCount))
    guard
      let opened = ChaChaPoly.openOnce(
        Array(stanza.body.dropFirst(saltCount)), key: key.derived(for: purpose, salt: salt)),
      let record = opened.withBytes({ ObjectRecord(Array($0)) })
    else { throw AgeError(.header, "the header's record of the object is malformed") }
    return record
  }

  /// Tells sets of recipients apart.
  static func fingerprint(of recipients: [Recipient]) -> [UInt8] {
    Array(SHA256.hash(Array(recipients.map(\.description).sorted().joined(separator: "\n").utf8)).prefix(16))
  }

  init(
    size: Int64? = nil, sha256: [UInt8]? = nil, contentType: String? = nil, user: [String: String] = [:], recipients: [UInt8]? = nil
  ) {
    self.recipients = recipients
    self.size = size
    self.sha256 = sha256
    self.contentType = contentType
    self.user = user
  }

  private init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while let tag = rest.first, tag != Tag.end.rawValue {
      guard rest.count >= 3 else { return nil }
      let start = rest.startIndex
      let length = Int(rest[start + 1]) << 8 | Int(rest[start + 2])
      let field = rest.dropFirst(3).prefix(length)
      guard field.count == length else { return nil }
      rest = rest.dropFirst(3 + length)
      switch Tag(rawValue: tag) {
      case .size:
        let value = field.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length == 8, value <= UInt64(Int64.max) else { return nil }
        size = Int64(value)
      case .sha256:
        guard length == 32 else { return nil }
        sha256 = Array(field)
      case .contentType: contentType = String(decoding: field, as: UTF8.self)
      case .user:
        guard let zero = field.firstIndex(of: 0) else { return nil }
        user[String(decoding: field[..<zero], as: UTF8.self)] = String(decoding: field[(zero + 1)...], as: UTF8.self)
      case .recipients: recipients = Array(field)
      case .end, nil: break
      }
    }
  }
}
