import Crypto

/// The head of an age file: who can open it, and a code that proves that nobody changed that.
public struct Header: Sendable {
  /// How much of a header is read, in bytes: some hundred recipients. A longer one is refused.
  public static let maximumLength = 256 << 10
  /// The first line.
  static let intro = Array("age-encryption.org/v1\n".utf8)
  static let family = Array("age-encryption.org/".utf8)

  /// The stanzas, in order; at least one.
  public let stanzas: [Stanza]
  /// Bytes of the header in the file; the payload's nonce comes next.
  public let byteCount: Int
  /// What the code was made of.
  let authenticated: [UInt8]
  let code: [UInt8]

  init(stanzas: [Stanza], authenticated: [UInt8], code: [UInt8], byteCount: Int) {
    self.stanzas = stanzas
    self.authenticated = authenticated
    self.code = code
    self.byteCount = byteCount
  }

  /// The header at the beginning of a file; nil if it goes on behind these bytes.
  /// - Throws: `AgeError` `.notAge` or `.header`.
  public static func parse(_ bytes: [UInt8]) throws -> Header? { try HeaderParser.parse(bytes[...]) }

  /// The header of a new file, as it stands in front of the payload.
  static func encode(_ stanzas: [Stanza], _ key: FileKey) -> [UInt8] {
    let text = intro + stanzas.flatMap(\.encoded) + Array("---".utf8)
    return text + Array(" \(RawBase64.encode(key.headerCode(text)))\n".utf8)
  }

  /// A header in the place of a file's own, for other recipients: key, nonce and chunks stay. Who could open the file until now can still
  /// open copies of it, and knows its key.
  /// - Parameter keeping: stanzas of the old header that are no recipients.
  public static func encode(for recipients: [Recipient], _ key: FileKey, keeping: [Stanza]) throws -> [UInt8] {
    let stanzas = try recipients.map { try $0.wrap(key) } + keeping
    guard !recipients.isEmpty, stanzas.count == 1 || !recipients.contains(where: \.isPassphrase) else {
      throw AgeError(.key, "there must be a recipient, and a passphrase is a file's only one")
    }
    let header = encode(stanzas, key)
    guard header.count <= maximumLength else { throw AgeError(.key, "there are too many recipients") }
    return header
  }

  /// The header as it stands in the file, put together from its parts.
  public var encodedAgain: [UInt8] {
    Self.intro + stanzas.flatMap(\.encoded) + Array("--- \(RawBase64.encode(code))\n".utf8)
  }

  /// The file's key, got out with the first identity that fits, and the header's code checked with it.
  /// - Throws: `AgeError`: `.noMatch`, `.header`, `.headerMAC`, `.unsupported`.
  public func open(_ identities: [Identity]) throws -> FileKey {
    // A passphrase alone says who may have made the file, so that nothing may stand beside it.
    if stanzas.count > 1, stanzas.contains(where: { $0.kind == "scrypt" }) {
      throw AgeError(.header, "the header mixes a passphrase with other recipients")
    }
    for identity in identities {
      guard let key = try identity.unwrap(stanzas) else { continue }
      guard ConstantTime.isEqual(key.headerCode(authenticated), code) else {
        throw AgeError(.headerMAC, "the header was changed: its code is wrong")
      }
      return key
    }
    let kinds = Set(stanzas.map(\.kind)).sorted().joined(separator: ", ")
    throw AgeError(.noMatch, "none of the identities opens this file (its recipients are of the kind \(kinds))")
  }
}
