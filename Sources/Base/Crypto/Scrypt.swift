import COpenSSL

/// scrypt (RFC 7914): a key from a passphrase, made slow and large on purpose.
public enum Scrypt {
  /// Derives `count` bytes with N = 2^`logN`, r = 8, p = 1. Takes 2^`logN` KiB of memory and about a second for `logN` = 18: keep
  /// it off threads that must not block.
  /// - Returns: nil where the memory is not there.
  public static func derive(passphrase: SecretBytes, salt: [UInt8], logN: Int, count: Int = 32) -> SecretBytes? {
    precondition((1...30).contains(logN), "scrypt's work factor is 2^1 to 2^30 here")
    let cost = UInt64(1) << UInt64(logN)
    var isDone = false
    let key = SecretBytes(count: count) { out in
      isDone = passphrase.withBytes { passphrase in
        EVP_PBE_scrypt(
          passphrase.baseAddress?.assumingMemoryBound(to: CChar.self), passphrase.count, salt, salt.count, cost, 8, 1,
          cost * 1024 + (4 << 20), out.baseAddress?.assumingMemoryBound(to: UInt8.self), count) == 1
      }
    }
    if !isDone { ERR_clear_error() }
    return isDone ? key : nil
  }
}
