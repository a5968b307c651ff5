import CISAL

/// Cyclic redundancy checks, for damage on the way, not against a forger.
///
/// `continuing` takes the value of the bytes before, so that a stream is summed piece by piece; zero starts a new one.
/// CRC-32 and CRC-32C run at memory speed (ISA-L); CRC-64/NVME is in `CRC64NVME.swift`.
public enum CRC {
  /// CRC-32 as in gzip; "123456789" gives 0xCBF43926.
  public static func crc32(_ bytes: UnsafeRawBufferPointer, continuing crc: UInt32 = 0) -> UInt32 {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return crc }
    return crc32_gzip_refl(crc, base.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
  }

  /// CRC-32C; "123456789" gives 0xE3069283.
  public static func crc32c(_ bytes: UnsafeRawBufferPointer, continuing crc: UInt32 = 0) -> UInt32 {
    // ISA-L's function is the bare polynomial division with a C int for the length: inverting is ours, and so is cutting.
    var state = ~crc
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      guard let base = piece.baseAddress else { break }
      // The parameter lacks `const` in ISA-L's header; the function only reads.
      let pointer = UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: UInt8.self))
      state = crc32_iscsi(pointer, Int32(piece.count), state)
      rest = rest.dropFirst(piece.count)
    }
    return ~state
  }

  /// CRC-64/NVME; "123456789" gives 0xAE8B14860A799888.
  public static func crc64nvme(_ bytes: UnsafeRawBufferPointer, continuing crc: UInt64 = 0) -> UInt64 {
    ~CRC64NVME.update(~crc, bytes)
  }

  /// The CRC-32C of A followed by B, from the CRC-32C of each and B's length in bytes. O(log length).
  public static func combineCRC32C(_ first: UInt32, _ second: UInt32, secondLength: UInt64) -> UInt32 {
    combine(first, second, secondLength, polynomial: 0x82F6_3B78)
  }

  /// The CRC-32 of A followed by B, from the CRC-32 of each and B's length in bytes. O(log length).
  public static func combineCRC32(_ first: UInt32, _ second: UInt32, secondLength: UInt64) -> UInt32 {
    combine(first, second, secondLength, polynomial: 0xEDB8_8320)
  }

  /// The CRC-64/NVME of A followed by B, from the CRC-64/NVME of each and B's length in bytes. O(log length).
  public static func combineCRC64NVME(_ first: UInt64, _ second: UInt64, secondLength: UInt64) -> UInt64 {
    combine(first, second, secondLength, polynomial: CRC64NVME.polynomial)
  }

  /// A checksum's bytes in the order S3's headers carry them (big-endian).
  public static func bytes(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
  }

  /// Appending n bytes to A multiplies A's remainder by x^(8n); B's remainder is then added. (The inversions at both ends cancel
  /// out.) Polynomials are reflected: the highest bit is x^0.
  private static func combine<Word: FixedWidthInteger & UnsignedInteger>(
    _ first: Word, _ second: Word, _ length: UInt64, polynomial: Word
  ) -> Word {
    let byte = Word(1) << (Word.bitWidth - 9)  // x^8
    return multiply(power(length, of: byte, polynomial: polynomial), first, polynomial) ^ second
  }

  /// A power of `base`, modulo the polynomial.
  static func power<Word: FixedWidthInteger & UnsignedInteger>(_ exponent: UInt64, of base: Word, polynomial: Word) -> Word {
    var (result, square, bits) = (Word(1) << (Word.bitWidth - 1), base, exponent)
    while bits != 0 {
      if bits & 1 == 1 { result = multiply(result, square, polynomial) }
      square = multiply(square, square, polynomial)
      bits >>= 1
    }
    return result
  }

  private static func multiply<Word: FixedWidthInteger & UnsignedInteger>(_ a: Word, _ b: Word, _ polynomial: Word) -> Word {
    var product: Word = 0
    var shifted = b
    var mask = Word(1) << (Word.bitWidth - 1)
    while mask != 0 {
      if a & mask != 0 { product ^= shifted }
      shifted = shifted & 1 == 1 ? (shifted >> 1) ^ polynomial : shifted >> 1
      mask >>= 1
    }
    return product
  }
}
