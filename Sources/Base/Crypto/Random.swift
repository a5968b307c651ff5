import Glibc

/// Randomness from the operating system, for secrets, nonces and names that must not collide.
public enum Random {
  /// `count` bytes that nobody can predict. One system call per 256 bytes.
  public static func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      fill(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
      filled = count
    }
  }

  /// Fills memory with bytes that nobody can predict, without a copy elsewhere.
  public static func fill(_ memory: UnsafeMutableRawBufferPointer) {
    var filled = 0
    while filled < memory.count {
      let size = min(256, memory.count - filled)  // getentropy's limit
      // On every kernel since 3.17 this cannot fail; going on without randomness would be worse than stopping.
      let failed = getentropy(memory.baseAddress! + filled, size)
      precondition(failed == 0, "the operating system gives no randomness")
      filled += size
    }
  }
}
