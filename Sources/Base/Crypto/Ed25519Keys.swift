import COpenSSL

/// Ed25519 keys, as SSH has them, taken for key exchange: the same curve in its other form (RFC 7748, section 4.1).
public enum Ed25519Keys {
  /// The X25519 public key of an Ed25519 public key; nil for bytes that are no point of the curve in its one spelling.
  public static func exchangeKey(of publicKey: [UInt8]) -> [UInt8]? {
    guard publicKey.count == 32, let numbers = Numbers() else { return nil }
    return numbers.montgomery(publicKey)
  }

  /// The X25519 secret of an Ed25519 seed (RFC 8032, section 5.1.5): the first half of its SHA-512. X25519 itself clamps it.
  public static func exchangeSecret(ofSeed seed: SecretBytes) -> SecretBytes {
    let digest = SecretBytes(count: 64) { out in
      let done = seed.withBytes { seed in
        EVP_Q_digest(nil, "SHA512", nil, seed.baseAddress, seed.count, out.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
      }
      precondition(done == 1, "OpenSSL failed to hash")
    }
    return digest.slice(0..<32)
  }

  /// The Ed25519 public key of a seed of 32 bytes.
  public static func publicKey(ofSeed seed: SecretBytes) -> [UInt8] {
    let key = seed.withBytes { bytes in
      EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
    guard let key else { fatalError("OpenSSL on this machine does not provide Ed25519") }
    defer { EVP_PKEY_free(key) }
    return [UInt8](unsafeUninitializedCapacity: 32) { buffer, filled in
      filled = 32
      let done = EVP_PKEY_get_raw_public_key(key, buffer.baseAddress, &filled)
      precondition(done == 1 && filled == 32, "OpenSSL failed to compute a public key")
    }
  }
}

/// Big numbers modulo 2^255 - 19. Only public keys pass through here: the time taken may depend on them.
private final class Numbers {
  private let context: OpaquePointer
  private var owned: [OpaquePointer] = []
  private let prime: OpaquePointer

  init?() {
    guard let context = BN_CTX_new(), let prime = BN_new() else { return nil }
    self.context = context
    self.prime = prime
    BN_set_bit(prime, 255)
    BN_sub_word(prime, 19)
  }

  deinit {
    for number in owned { BN_free(number) }
    BN_free(prime)
    BN_CTX_free(context)
  }

  private func new(_ value: UInt = 0) -> OpaquePointer {
    guard let number = BN_new() else { fatalError("out of memory") }
    owned.append(number)
    BN_set_word(number, value)
    return number
  }

  /// u = (1 + y) / (1 - y), if there is an x with -x² + y² = 1 + d·x²·y², d = -121665/121666.
  func montgomery(_ point: [UInt8]) -> [UInt8]? {
    var bytes = point
    bytes[31] &= 0x7F  // the sign of x: x and -x have the same u
    let (y, one) = (new(), new(1))
    guard BN_lebin2bn(bytes, 32, y) != nil, BN_cmp(y, prime) < 0 else { return nil }
    // x² = (y² - 1) / (d·y² + 1), both sides by 121666: (121666·y² - 121666) / (121666 - 121665·y²).
    let (square, top, bottom, factor, other) = (new(), new(), new(), new(121_666), new(121_665))
    BN_mod_sqr(square, y, prime, context)
    BN_mod_sub(top, square, one, prime, context)
    BN_mod_mul(top, top, factor, prime, context)
    BN_mod_mul(bottom, square, other, prime, context)
    BN_mod_sub(bottom, factor, bottom, prime, context)
    guard BN_mod_inverse(bottom, bottom, prime, context) != nil else { return refused() }
    BN_mod_mul(top, top, bottom, prime, context)
    if BN_is_zero(top) == 1 {
      // x = 0 has no sign; y = 1 has no u, y = -1 is u = 0: of both nothing secret comes.
      return nil
    }
    guard BN_mod_sqrt(bottom, top, prime, context) != nil else { return refused() }
    BN_mod_add(top, one, y, prime, context)
    BN_mod_sub(bottom, one, y, prime, context)
    guard BN_mod_inverse(bottom, bottom, prime, context) != nil else { return refused() }
    BN_mod_mul(top, top, bottom, prime, context)
    return [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      count = Int(BN_bn2lebinpad(top, buffer.baseAddress, 32))
      precondition(count == 32, "a number modulo 2^255 - 19 has 32 bytes")
    }
  }

  private func refused() -> [UInt8]? {
    ERR_clear_error()
    return nil
  }
}
