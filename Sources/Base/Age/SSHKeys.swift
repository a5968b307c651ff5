import Crypto
import Primitives

/// The public half of an `ssh-ed25519` key, as in `authorized_keys` and `.pub` files.
struct SSHPublicKey: Hashable, Sendable {
  static let kind = "ssh-ed25519"

  /// The key as SSH sends it: its kind and its bytes, each behind a length.
  let blob: [UInt8]
  /// The same point for key exchange.
  let exchangeKey: [UInt8]

  init(_ text: String) throws {
    let fields = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
    guard fields.count >= 2, fields[0] == Self.kind else {
      throw AgeError(
        .unsupported, "of SSH keys only ssh-ed25519 is known here, not “\(DisplayText.escape(Array(text.utf8.prefix(20))))…”")
    }
    let encoded = fields[1].filter { $0 != "\r" && $0 != "\n" }
    guard let blob = Base64.decode(encoded) else { throw AgeError(.key, "the SSH key is no Base64") }
    var reader = SSHReader(blob[...])
    guard let kind = reader.string(), kind.elementsEqual(Self.kind.utf8), let key = reader.string(), reader.isAtEnd else {
      throw AgeError(.key, "the SSH key is malformed")
    }
    try self.init(publicKey: Array(key))
  }

  init(publicKey: [UInt8]) throws {
    guard let exchangeKey = Ed25519Keys.exchangeKey(of: publicKey) else {
      throw AgeError(.key, "the SSH key is no point of its curve")
    }
    self.exchangeKey = exchangeKey
    let kind = Array(Self.kind.utf8)
    blob = Self.counted(kind) + Self.counted(publicKey)
  }

  private static func counted(_ bytes: [UInt8]) -> [UInt8] {
    (0..<4).map { UInt8(bytes.count >> (24 - 8 * $0) & 255) } + bytes
  }

  /// What a stanza says of whom it is for: four bytes of a hash.
  var fingerprint: String { RawBase64.encode(SHA256.hash(blob).prefix(4)) }

  var description: String { "\(Self.kind) \(Base64.encode(blob))" }
}

/// An `ssh-ed25519` key whose file is not encrypted.
struct SSHSecretKey: Sendable {
  let publicKey: SSHPublicKey
  let exchangeSecret: SecretBytes

  static let begin = "-----BEGIN OPENSSH PRIVATE KEY-----"
  private static let end = "-----END OPENSSH PRIVATE KEY-----"

  /// A key as `ssh-keygen` writes it (OpenSSH's PROTOCOL.key).
  init(file: UnsafeRawBufferPointer) throws {
    let lines = file.split(separator: UInt8(ascii: "\n")).map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
    guard let first = lines.first, first.elementsEqual(Self.begin.utf8), let last = lines.last, last.elementsEqual(Self.end.utf8)
    else { throw AgeError(.key, "the SSH key's file is malformed") }
    var text: [UInt8] = []
    text.reserveCapacity(file.count)
    defer { text.withUnsafeMutableBytes { Wipe.bytes($0) } }
    for line in lines.dropFirst().dropLast() { text += line }
    guard var decoded = Base64.decode(String(decoding: text, as: UTF8.self)) else {
      throw AgeError(.key, "the SSH key's file is no Base64")
    }
    let bytes = SecretBytes(taking: &decoded)
    self = try bytes.withBytes { try SSHSecretKey(decoded: $0) }
  }

  private init(decoded: UnsafeRawBufferPointer) throws {
    let magic = Array("openssh-key-v1\0".utf8)
    let malformed = AgeError(.key, "the SSH key's file is malformed")
    guard decoded.starts(with: magic) else { throw malformed }
    var reader = SSHReader(decoded.dropFirst(magic.count))
    guard let cipher = reader.string(), reader.string() != nil, reader.string() != nil else { throw malformed }
    guard cipher.elementsEqual("none".utf8) else {
      throw AgeError(.unsupported, "the SSH key is protected by a passphrase, which is not supported: use an age key")
    }
    guard reader.number() == 1, reader.string() != nil, let inside = reader.string(), reader.isAtEnd else { throw malformed }
    var secret = SSHReader(inside)
    guard let check = secret.number(), secret.number() == check, let kind = secret.string() else { throw malformed }
    guard kind.elementsEqual(SSHPublicKey.kind.utf8) else {
      throw AgeError(.unsupported, "of SSH keys only ssh-ed25519 is known here")
    }
    guard let stated = secret.string(), let both = secret.string(), both.count == 64, both.suffix(32).elementsEqual(stated) else {
      throw malformed
    }
    let seed = SecretBytes(copying: both.prefix(32))
    let computed = Ed25519Keys.publicKey(ofSeed: seed)
    guard computed.elementsEqual(stated) else { throw AgeError(.key, "the SSH key's halves do not belong together") }
    publicKey = try SSHPublicKey(publicKey: computed)
    exchangeSecret = Ed25519Keys.exchangeSecret(ofSeed: seed)
  }
}

/// SSH's strings: four bytes of length, then the bytes.
struct SSHReader<Bytes: Collection> where Bytes.Element == UInt8, Bytes.SubSequence == Bytes {
  private var rest: Bytes

  init(_ bytes: Bytes) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func number() -> Int? {
    guard rest.count >= 4 else { return nil }
    defer { rest = rest.dropFirst(4) }
    return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  mutating func string() -> Bytes? {
    guard let count = number(), count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}
