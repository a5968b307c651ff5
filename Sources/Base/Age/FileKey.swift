public import Crypto

/// The key of one file, from which all others of that file are derived.
public struct FileKey: Sendable {
  /// Bytes of a file's key.
  public static let byteCount = 16

  let bytes: SecretBytes

  /// A new key. Never used for two files.
  public init() { bytes = .random(Self.byteCount) }

  /// A key that came out of a header; nil for a wrong length.
  init?(_ bytes: SecretBytes) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// A key for a purpose of one's own; `purpose` names it and must be neither of the format's own two, `header` and `payload`.
  public func derived(for purpose: String, salt: [UInt8] = []) -> SecretBytes {
    precondition(purpose != "header" && purpose != "payload", "these keys are the format's own")
    return HKDFSHA256.derive(bytes, salt: salt, info: purpose)
  }

  /// The code of a header's bytes, up to and including `---`.
  func headerCode(_ bytes: [UInt8]) -> [UInt8] {
    let key = HKDFSHA256.derive(self.bytes, info: "header")
    return HMACSHA256(key: key).code(bytes)
  }

  /// The key of the chunks.
  func payloadKey(nonce: [UInt8]) -> SecretBytes { HKDFSHA256.derive(bytes, salt: nonce, info: "payload") }
}
