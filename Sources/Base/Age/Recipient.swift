public import Crypto
import Primitives

/// Somebody for whom files can be encrypted.
public struct Recipient: Sendable, Hashable, CustomStringConvertible {
  enum Kind: Hashable, Sendable {
    case x25519([UInt8])
    case ssh(SSHPublicKey)
    case passphrase(Passphrase)
  }

  let kind: Kind

  init(_ kind: Kind) { self.kind = kind }

  /// A recipient spelled `age1…` or `ssh-ed25519 …`.
  /// - Throws: `AgeError`: `.key` for a text that is none, `.unsupported` for kinds that are not known here.
  public init(_ text: String) throws {
    if text.hasPrefix("ssh-") {
      kind = .ssh(try SSHPublicKey(text))
      return
    }
    let decoded = Array(text.utf8).withUnsafeBytes { Bech32.decode($0) }
    // However it is written, and whatever stands before it: it is never shown.
    if text.uppercased().contains("SECRET-KEY") {
      throw AgeError(.key, "a secret key stands where the public one (age1…) belongs")
    }
    guard let (name, data) = decoded else {
      throw AgeError(
        .key, "“\(DisplayText.escape(Array(text.utf8.prefix(80))))” is not a recipient: one begins with age1 or ssh-ed25519")
    }
    guard name == "age" else {
      throw AgeError(
        .unsupported,
        "recipients of the kind “\(DisplayText.escape(Array(name.utf8)))” are not known here: only age1… and ssh-ed25519 are")
    }
    guard data.count == X25519.byteCount else { throw AgeError(.key, "the recipient has \(data.count) bytes instead of 32") }
    kind = .x25519(data.withBytes { Array($0) })
  }

  /// Whoever knows a passphrase. It must be a file's only recipient, and is slow on purpose: `logN` is the work factor's logarithm, 18
  /// takes about a second and 256 MiB.
  public static func passphrase(_ text: SecretBytes, logN: Int = 18) -> Recipient {
    Recipient(.passphrase(Passphrase(text, logN: logN)))
  }

  /// Whether this is a passphrase, which stands alone.
  public var isPassphrase: Bool {
    if case .passphrase = kind { true } else { false }
  }

  /// The public key as age spells it; of a passphrase nothing.
  public var description: String {
    switch kind {
    case .x25519(let key): Bech32.encode("age", SecretBytes(copying: key)).withBytes { String(decoding: $0, as: UTF8.self) }
    case .ssh(let key): key.description
    case .passphrase: "a passphrase"
    }
  }

  /// A file's key for this recipient.
  func wrap(_ key: FileKey) throws -> Stanza {
    switch kind {
    case .x25519(let publicKey): try X25519Stanza.wrap(key, for: publicKey)
    case .ssh(let publicKey): try SSHStanza.wrap(key, for: publicKey)
    case .passphrase(let passphrase): try passphrase.wrap(key)
    }
  }
}
