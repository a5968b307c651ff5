import Crypto

/// A file's key wrapped for an X25519 key: `-> X25519 <ephemeral share>`.
enum X25519Stanza {
  static let kind = "X25519"
  private static let label = "age-encryption.org/v1/X25519"
  /// A file's key and its tag. Another length is refused before it is opened, so that nobody can try many keys at once.
  static let bodyCount = FileKey.byteCount + ChaChaPoly.tagSize

  static func wrap(_ key: FileKey, for publicKey: [UInt8]) throws -> Stanza {
    let ephemeral = SecretBytes.random(X25519.byteCount)
    let share = X25519.publicKey(of: ephemeral)
    guard let shared = X25519.sharedSecret(ephemeral, publicKey) else { throw AgeError(.key, "the recipient is no usable key") }
    let wrapKey = HKDFSHA256.derive(shared, salt: share + publicKey, info: label)
    return Stanza(kind, [RawBase64.encode(share)], body: ChaChaPoly.sealOnce(key.bytes, key: wrapKey))
  }

  static func unwrap(_ stanza: Stanza, _ secret: SecretBytes, _ publicKey: [UInt8]) throws -> FileKey? {
    guard stanza.kind == kind else { return nil }
    guard stanza.arguments.count == 1, let share = RawBase64.decode(stanza.arguments[0]), share.count == X25519.byteCount,
      stanza.body.count == bodyCount
    else { throw AgeError(.header, "an X25519 recipient is malformed") }
    guard let shared = X25519.sharedSecret(secret, share) else {
      throw AgeError(.header, "an X25519 recipient has a share that gives away the secret")
    }
    let wrapKey = HKDFSHA256.derive(shared, salt: share + publicKey, info: label)
    return ChaChaPoly.openOnce(stanza.body, key: wrapKey).flatMap { FileKey($0) }
  }
}
