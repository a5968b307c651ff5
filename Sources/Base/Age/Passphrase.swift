import Crypto

/// A file's key wrapped under a passphrase: `-> scrypt <salt> <log N>`.
struct Passphrase: Sendable, Hashable {
  private static let kind = "scrypt"
  private static let label = Array("age-encryption.org/v1/scrypt".utf8)
  private static let saltCount = 16

  private let text: SecretBytes
  /// The work factor's logarithm: the one to use, or the most to accept.
  private let logN: Int

  init(_ text: SecretBytes, logN: Int) {
    precondition((1...30).contains(logN), "a work factor is 2^1 to 2^30")
    self.text = text
    self.logN = logN
  }

  static func == (left: Passphrase, right: Passphrase) -> Bool { left.logN == right.logN && left.text.isEqual(to: right.text) }

  /// Says nothing of the text.
  func hash(into hasher: inout Hasher) { hasher.combine(logN) }

  func wrap(_ key: FileKey) throws -> Stanza {
    let salt = Random.bytes(Self.saltCount)
    let body = ChaChaPoly.sealOnce(key.bytes, key: try wrapKey(salt, logN))
    return Stanza(Self.kind, [RawBase64.encode(salt), "\(logN)"], body: body)
  }

  func unwrap(_ stanza: Stanza) throws -> FileKey? {
    guard stanza.kind == Self.kind else { return nil }
    guard stanza.arguments.count == 2, let salt = RawBase64.decode(stanza.arguments[0]), salt.count == Self.saltCount,
      stanza.body.count == X25519Stanza.bodyCount
    else { throw AgeError(.header, "the passphrase's stanza is malformed") }
    let digits = Array(stanza.arguments[1].utf8)
    guard digits.first != UInt8(ascii: "0"), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw AgeError(.header, "the passphrase's work factor is malformed")
    }
    guard let work = Int(stanza.arguments[1]), work <= logN else {
      throw AgeError(.header, "the passphrase's work factor 2^\(stanza.arguments[1].prefix(12)) is beyond the limit, 2^\(logN)")
    }
    return ChaChaPoly.openOnce(stanza.body, key: try wrapKey(salt, work)).flatMap { FileKey($0) }
  }

  private func wrapKey(_ salt: [UInt8], _ logN: Int) throws -> SecretBytes {
    guard let key = Scrypt.derive(passphrase: text, salt: Self.label + salt, logN: logN) else {
      throw AgeError(.unsupported, "there is not enough memory for this passphrase's work factor, 2^\(logN) KiB")
    }
    return key
  }
}
