import COpenSSL

/// What encryption needs of OpenSSL beyond hashes. A machine in FIPS mode, or an OpenSSL built without parts, may lack it.
public enum EncryptionCiphers {
  /// What is missing on this machine, by its usual name; nothing nearly everywhere. Looked up once.
  public static let missing: [String] = {
    let found: [(name: String, isThere: Bool)] = [
      ("X25519", fetch(EVP_KEYEXCH_fetch(nil, "X25519", nil), EVP_KEYEXCH_free)),
      ("Ed25519", fetch(EVP_SIGNATURE_fetch(nil, "ED25519", nil), EVP_SIGNATURE_free)),
      ("ChaCha20-Poly1305", fetch(EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil), EVP_CIPHER_free)),
      ("AES-256-SIV", fetch(EVP_CIPHER_fetch(nil, "AES-256-SIV", nil), EVP_CIPHER_free)),
      ("HKDF", fetch(EVP_KDF_fetch(nil, "HKDF", nil), EVP_KDF_free)),
      ("scrypt", fetch(EVP_KDF_fetch(nil, "SCRYPT", nil), EVP_KDF_free)),
    ]
    ERR_clear_error()
    return found.filter { !$0.isThere }.map(\.name)
  }()

  /// Why nothing can be encrypted or decrypted here, and what to do; nil where all is there.
  public static var whyUnavailable: String? {
    missing.isEmpty
      ? nil
      : "cannot be used here: OpenSSL on this machine does not provide \(missing.joined(separator: ", ")) (FIPS mode leaves them out)"
  }

  private static func fetch(_ algorithm: OpaquePointer?, _ free: (OpaquePointer?) -> Void) -> Bool {
    free(algorithm)
    return algorithm != nil
  }
}
