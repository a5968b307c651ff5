import COpenSSL

/// HKDF with SHA-256 (RFC 5869): keys for several purposes from one. Callable from any thread; about 2 µs.
public enum HKDFSHA256 {
  /// `count` bytes of key material for one purpose.
  /// - Parameters:
  ///   - key: the input key, of any length.
  ///   - salt: may be empty.
  ///   - info: names the purpose.
  ///   - count: at most 8160.
  public static func derive(_ key: SecretBytes, salt: [UInt8] = [], info: [UInt8], count: Int = 32) -> SecretBytes {
    precondition((1...8160).contains(count), "HKDF gives 1 to 8160 bytes")
    guard let kdf = FetchedHKDF.shared.kdf, let context = EVP_KDF_CTX_new(kdf) else {
      fatalError("OpenSSL on this machine does not provide HKDF")
    }
    defer { EVP_KDF_CTX_free(context) }
    return SecretBytes(count: count) { out in
      let done = key.withBytes { key in
        isobar_hkdf_sha256(
          context, key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count, salt, salt.count, info, info.count,
          out.baseAddress?.assumingMemoryBound(to: UInt8.self), count)
      }
      precondition(done == 1, "OpenSSL failed to derive a key")
    }
  }

  /// As above, for a purpose that is spelled as text.
  public static func derive(_ key: SecretBytes, salt: [UInt8] = [], info: String, count: Int = 32) -> SecretBytes {
    derive(key, salt: salt, info: Array(info.utf8), count: count)
  }
}

/// Unchecked: a pointer to a reference-counted, immutable OpenSSL object that lives as long as the process.
private struct FetchedHKDF: @unchecked Sendable {
  static let shared = FetchedHKDF()
  let kdf = EVP_KDF_fetch(nil, "HKDF", nil)
}
