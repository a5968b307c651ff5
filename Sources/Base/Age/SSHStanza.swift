import Crypto

/// A file's key wrapped for an Ed25519 key of SSH: `-> ssh-ed25519 <fingerprint> <ephemeral share>`.
///
/// As for X25519, with a step between that binds the shared secret to the key as SSH spells it. The fingerprint tells whom the file
/// is for.
enum SSHStanza {
  private static let label = "age-encryption.org/v1/ssh-ed25519"

  static func wrap(_ key: FileKey, for publicKey: SSHPublicKey) throws -> Stanza {
    let ephemeral = SecretBytes.random(X25519.byteCount)
    let share = X25519.publicKey(of: ephemeral)
    guard let wrapKey = wrapKey(ephemeral, publicKey.exchangeKey, share, publicKey) else {
      throw AgeError(.key, "the recipient is no usable key")
    }
    return Stanza(
      SSHPublicKey.kind, [publicKey.fingerprint, RawBase64.encode(share)], body: ChaChaPoly.sealOnce(key.bytes, key: wrapKey))
  }

  static func unwrap(_ stanza: Stanza, _ secret: SSHSecretKey) throws -> FileKey? {
    guard stanza.kind == SSHPublicKey.kind else { return nil }
    guard stanza.arguments.count == 2, let share = RawBase64.decode(stanza.arguments[1]), share.count == X25519.byteCount,
      stanza.body.count == X25519Stanza.bodyCount
    else { throw AgeError(.header, "an ssh-ed25519 recipient is malformed") }
    guard stanza.arguments[0] == secret.publicKey.fingerprint else { return nil }
    guard let wrapKey = wrapKey(secret.exchangeSecret, share, share, secret.publicKey) else {
      throw AgeError(.header, "an ssh-ed25519 recipient has a share that gives away the secret")
    }
    return ChaChaPoly.openOnce(stanza.body, key: wrapKey).flatMap { FileKey($0) }
  }

  private static func wrapKey(_ mine: SecretBytes, _ other: [UInt8], _ share: [UInt8], _ key: SSHPublicKey) -> SecretBytes? {
    let tweak = HKDFSHA256.derive(SecretBytes(count: 0) { _ in }, salt: key.blob, info: label)
    guard let first = X25519.sharedSecret(mine, other),
      let shared = X25519.sharedSecret(tweak, first.withBytes { Array($0) })
    else { return nil }
    return HKDFSHA256.derive(shared, salt: share + key.exchangeKey, info: label)
  }
}
