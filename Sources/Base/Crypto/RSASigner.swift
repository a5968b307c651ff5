import COpenSSL
public import Primitives

/// An RSA private key that signs with PKCS #1 v1.5 over SHA-256: the RS256 of JSON Web Tokens (RFC 7518).
///
/// Callable from any thread (unchecked: OpenSSL keys are only read after they were made). About 1 ms a signature.
public final class RSASigner: @unchecked Sendable {
  private let key: OpaquePointer

  /// The key of a PEM text (PKCS #8 or PKCS #1), not protected by a passphrase; nil if it is none, or shorter than 2048 bits.
  public init?(pem: [UInt8]) {
    guard !pem.isEmpty, pem.count <= 1 << 16,
      let bio = pem.withUnsafeBytes({ bytes in
        let bio = BIO_new(BIO_s_mem())
        if let bio { _ = BIO_write(bio, bytes.baseAddress, Int32(bytes.count)) }
        return bio
      })
    else { return nil }
    defer { BIO_free(bio) }
    // Without a callback of ours OpenSSL would ask for a passphrase on the terminal.
    guard let key = PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in 0 }, nil) else {
      ERR_clear_error()
      return nil
    }
    guard EVP_PKEY_is_a(key, "RSA") == 1, EVP_PKEY_get_bits(key) >= 2048 else {
      EVP_PKEY_free(key)
      return nil
    }
    self.key = key
  }

  private init(owning key: OpaquePointer) { self.key = key }

  deinit { EVP_PKEY_free(key) }

  /// A new key of 2048 bits; nil if OpenSSL refuses. Takes about a tenth of a second.
  public static func generate() -> RSASigner? {
    guard let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else { return nil }
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) == 1,
      EVP_PKEY_generate(context, &key) == 1, let key
    else {
      ERR_clear_error()
      return nil
    }
    return RSASigner(owning: key)
  }

  /// The private key as PEM text (PKCS #8), not protected; nil if memory is short.
  public var pem: Secret? {
    guard let bio = BIO_new(BIO_s_mem()) else { return nil }
    defer { BIO_free(bio) }
    guard PEM_write_bio_PKCS8PrivateKey(bio, key, nil, nil, 0, nil, nil) == 1 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    let count = BIO_read(bio, &bytes, Int32(bytes.count))
    return count > 0 ? Secret(String(decoding: bytes[..<Int(count)], as: UTF8.self)) : nil
  }

  /// Whether `signature` is this key's for `message`.
  public func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1,
      EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    else {
      ERR_clear_error()
      return false
    }
    return true
  }

  /// The signature of `message`; nil if OpenSSL refuses (a policy that forbids it).
  public func sign(_ message: [UInt8]) -> [UInt8]? {
    guard let context = EVP_MD_CTX_new() else { return nil }
    defer { EVP_MD_CTX_free(context) }
    var count = 0
    guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
      EVP_DigestSign(context, nil, &count, message, message.count) == 1, count > 0
    else {
      ERR_clear_error()
      return nil
    }
    var isDone = false
    let signature = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      isDone = EVP_DigestSign(context, buffer.baseAddress, &count, message, message.count) == 1
      filled = isDone ? count : 0
    }
    return isDone ? signature : nil
  }
}
