import COpenSSL

/// Key material: bytes that are overwritten when the last reference goes, never copied by Swift, and never printed.
///
/// Immutable, so that any thread may read it (unchecked: the pointer is written once). Small: keys, not contents.
public final class SecretBytes: @unchecked Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let storage: UnsafeMutableRawBufferPointer

  /// `count` bytes that `fill` writes.
  /// - Throws: what `fill` throws; what it has written is wiped then.
  public init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    storage = .allocate(byteCount: max(count, 1), alignment: 16)
    storage.initializeMemory(as: UInt8.self, repeating: 0)
    self.count = count
    try fill(UnsafeMutableRawBufferPointer(rebasing: storage[..<count]))
  }

  deinit {
    OPENSSL_cleanse(storage.baseAddress, storage.count)
    storage.deallocate()
  }

  /// How many bytes.
  public let count: Int

  /// The same bytes. What they were copied from stays as it is: wipe it where it can be wiped.
  public convenience init(copying bytes: some Collection<UInt8>) {
    self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
  }

  /// The same bytes, taken out of an array, which is wiped and empty afterwards (a copy that somebody else made stays).
  public convenience init(taking bytes: inout [UInt8]) {
    self.init(copying: bytes)
    bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    bytes = []
  }

  /// `count` bytes that nobody can predict.
  public static func random(_ count: Int) -> SecretBytes {
    SecretBytes(count: count) { Random.fill($0) }
  }

  /// Lends the bytes; they are not to be kept beyond the call.
  public func withBytes<T>(_ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(rebasing: storage[..<count]))
  }

  /// Some of the bytes, as a secret of their own. Traps outside `0..<count`.
  public func slice(_ range: Range<Int>) -> SecretBytes {
    withBytes { bytes in SecretBytes(count: range.count) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range])) } }
  }

  /// Whether both hold the same bytes; the time taken depends on the lengths only.
  public func isEqual(to other: SecretBytes) -> Bool {
    guard count == other.count else { return false }
    return withBytes { mine in other.withBytes { CRYPTO_memcmp(mine.baseAddress, $0.baseAddress, count) == 0 } }
  }

  public var description: String { "<redacted>" }
  public var debugDescription: String { "<redacted>" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Overwrites memory in a way that no optimizer leaves out.
public enum Wipe {
  /// Overwrites all of it with zeros.
  public static func bytes(_ memory: UnsafeMutableRawBufferPointer) { OPENSSL_cleanse(memory.baseAddress, memory.count) }
}
