import COpenSSL

/// Diffie and Hellman's key exchange on Curve25519 (RFC 7748). Callable from any thread; about 40 µs a call.
public enum X25519 {
  /// Bytes of a secret, a public key and a shared secret.
  public static let byteCount = 32

  /// The public key of a secret of 32 bytes.
  public static func publicKey(of secret: SecretBytes) -> [UInt8] {
    withKey(secret) { key in
      var count = byteCount
      return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, filled in
        let done = EVP_PKEY_get_raw_public_key(key, buffer.baseAddress, &count)
        precondition(done == 1 && count == byteCount, "OpenSSL failed to compute a public key")
        filled = count
      }
    }
  }

  /// What the owner of `secret` and the owner of `publicKey` (32 bytes each) both can compute, and nobody else.
  /// - Returns: nil where the result is all zeros: the point is one of the few that make it so, and must be refused.
  public static func sharedSecret(_ secret: SecretBytes, _ publicKey: [UInt8]) -> SecretBytes? {
    precondition(publicKey.count == byteCount, "a point has 32 bytes")
    return withKey(secret) { key in
      guard let peer = EVP_PKEY_new_raw_public_key_ex(nil, "X25519", nil, publicKey, publicKey.count),
        let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil)
      else { fatalError("OpenSSL failed to begin a key exchange") }
      defer {
        EVP_PKEY_free(peer)
        EVP_PKEY_CTX_free(context)
      }
      var isDone = EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer) == 1
      precondition(isDone, "OpenSSL failed to begin a key exchange")
      let shared = SecretBytes(count: byteCount) { out in
        var count = out.count
        isDone = EVP_PKEY_derive(context, out.baseAddress?.assumingMemoryBound(to: UInt8.self), &count) == 1 && count == out.count
      }
      if !isDone { ERR_clear_error() }
      // OpenSSL refuses such points itself; looked at here too, since the format demands it.
      let isZero = shared.withBytes { $0.reduce(0) { $0 | $1 } } == 0
      return isDone && !isZero ? shared : nil
    }
  }

  private static func withKey<T>(_ secret: SecretBytes, _ body: (OpaquePointer) -> T) -> T {
    precondition(secret.count == byteCount, "a secret has 32 bytes")
    let key = secret.withBytes { bytes in
      EVP_PKEY_new_raw_private_key_ex(nil, "X25519", nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
    guard let key else { fatalError("OpenSSL on this machine does not provide X25519") }
    defer { EVP_PKEY_free(key) }
    return body(key)
  }
}
