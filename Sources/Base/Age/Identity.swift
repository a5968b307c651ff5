public import Crypto
import Primitives

/// What opens files: a secret key or a passphrase. Never printed.
public struct Identity: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  enum Kind: Sendable {
    case x25519(SecretBytes, publicKey: [UInt8])
    case ssh(SSHSecretKey)
    case passphrase(Passphrase)
  }

  let kind: Kind

  init(_ kind: Kind) { self.kind = kind }

  /// A new X25519 key.
  public static func generate() -> Identity {
    let secret = SecretBytes.random(X25519.byteCount)
    return Identity(.x25519(secret, publicKey: X25519.publicKey(of: secret)))
  }

  /// A passphrase.
  /// - Parameter maximumLogN: the most work a file may ask for, as a logarithm: 22 takes some 15 seconds and 4 GiB.
  public static func passphrase(_ text: SecretBytes, maximumLogN: Int = 22) -> Identity {
    Identity(.passphrase(Passphrase(text, logN: maximumLogN)))
  }

  /// An identity spelled `AGE-SECRET-KEY-1…`.
  /// - Throws: `AgeError`: `.key`, `.unsupported`. The message never shows the text.
  public init(_ text: UnsafeRawBufferPointer) throws {
    guard let (name, data) = Bech32.decode(text) else {
      throw AgeError(.key, "this is not an identity: one begins with AGE-SECRET-KEY-1 (a character may be missing or wrong)")
    }
    guard name == "AGE-SECRET-KEY-" else {
      if name == "age" { throw AgeError(.key, "a public key stands where the secret one (AGE-SECRET-KEY-1…) belongs") }
      if name.hasPrefix("AGE-") { throw AgeError(.unsupported, "post-quantum and plugin identities are not known here") }
      throw AgeError(.key, "this is not an identity: one begins with AGE-SECRET-KEY-1")
    }
    guard data.count == X25519.byteCount else { throw AgeError(.key, "the identity has \(data.count) bytes instead of 32") }
    kind = .x25519(data, publicKey: X25519.publicKey(of: data))
  }

  /// Who can encrypt for this identity; nil for a passphrase.
  public var recipient: Recipient? {
    switch kind {
    case .x25519(_, let publicKey): Recipient(.x25519(publicKey))
    case .ssh(let key): Recipient(.ssh(key.publicKey))
    case .passphrase: nil
    }
  }

  /// The secret key as age spells it; nil for one that has no such spelling.
  public var text: SecretBytes? {
    guard case .x25519(let secret, _) = kind else { return nil }
    return Bech32.encode("age-secret-key-", secret, isUpper: true)
  }

  /// The file's key, if one of the stanzas is for this identity.
  /// - Throws: for a stanza of this identity's kind that is malformed.
  func unwrap(_ stanzas: [Stanza]) throws -> FileKey? {
    for stanza in stanzas {
      let key: FileKey?
      switch kind {
      case .x25519(let secret, let publicKey): key = try X25519Stanza.unwrap(stanza, secret, publicKey)
      case .ssh(let secret): key = try SSHStanza.unwrap(stanza, secret)
      case .passphrase(let passphrase): key = try passphrase.unwrap(stanza)
      }
      if let key { return key }
    }
    return nil
  }

  public var description: String { recipient.map { "the identity of \($0)" } ?? "a passphrase" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
