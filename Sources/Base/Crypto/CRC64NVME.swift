import CLanes

/// The polynomial division of CRC-64/NVME (NVM Express base specification; S3's default checksum, and Azure's only CRC).
///
/// ISA-L before 2.31 has other CRC-64 polynomials only. Where the processor multiplies polynomials, 64 bytes a step; else, and for
/// what is left, sixteen bytes a step through sixteen tables (32 KiB, made once).
enum CRC64NVME {
  /// 0xAD93D23594C93659 with its bits reversed.
  static let polynomial: UInt64 = 0x9A6C_9329_AC4B_C9B5

  /// `tables[256 * k + b]`: what byte `b` followed by `k` zero bytes leaves. Never freed: one per process.
  private struct Tables: @unchecked Sendable {
    let pointer: UnsafePointer<UInt64>

    init() {
      let tables = UnsafeMutablePointer<UInt64>.allocate(capacity: 16 * 256)
      for byte in 0..<256 {
        var value = UInt64(byte)
        for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ CRC64NVME.polynomial : value >> 1 }
        tables[byte] = value
      }
      for index in 256..<16 * 256 {
        let before = tables[index - 256]
        tables[index] = (before >> 8) ^ tables[Int(before & 0xFF)]
      }
      pointer = UnsafePointer(tables)
    }
  }

  private static let tables = Tables()

  /// Below this the tables are as quick.
  private static let foldable = 256

  /// What the sum of earlier bytes is multiplied by where as many bits follow.
  private struct Factors: Sendable {
    let far: [UInt64]
    let near: [UInt64]

    init() {
      func power(_ exponent: UInt64) -> UInt64 { CRC.power(exponent, of: 1 << 62, polynomial: CRC64NVME.polynomial) }
      far = [power(512 + 63), power(512 - 1)]
      near = [power(128 + 63), power(128 - 1)]
    }
  }

  private static let factors: Factors? = clanes_can_multiply() != 0 ? Factors() : nil

  static func update(_ initial: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
    guard bytes.count >= foldable, let factors, let start = bytes.baseAddress else { return divide(initial, bytes) }
    let blocks = bytes.count / 64
    let state = withUnsafeTemporaryAllocation(byteCount: 16, alignment: 16) { left in
      let (from, to) = (start.assumingMemoryBound(to: UInt8.self), left.assumingMemoryBound(to: UInt8.self))
      clanes_crc64_fold(initial, factors.far, factors.near, from, blocks, to.baseAddress)
      return divide(0, UnsafeRawBufferPointer(left))
    }
    return divide(state, UnsafeRawBufferPointer(rebasing: bytes[(blocks * 64)...]))
  }

  /// The same through the tables.
  static func divide(_ initial: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
    guard var next = bytes.baseAddress else { return initial }
    let table = tables.pointer
    var state = initial
    var left = bytes.count
    while left >= 16 {
      let low = state ^ UInt64(littleEndian: next.loadUnaligned(as: UInt64.self))
      let high = UInt64(littleEndian: next.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      // The high half does not depend on the last step, so its eight look-ups overlap with it.
      state = fold(high, table) ^ fold(low, table + 8 * 256)
      next += 16
      left -= 16
    }
    while left > 0 {
      state = (state >> 8) ^ table[Int((state ^ UInt64(next.load(as: UInt8.self))) & 0xFF)]
      next += 1
      left -= 1
    }
    return state
  }

  @inline(__always)
  private static func fold(_ word: UInt64, _ table: UnsafePointer<UInt64>) -> UInt64 {
    let a = table[7 &* 256 &+ Int(word & 0xFF)] ^ table[6 &* 256 &+ Int((word &>> 8) & 0xFF)]
    let b = table[5 &* 256 &+ Int((word &>> 16) & 0xFF)] ^ table[4 &* 256 &+ Int((word &>> 24) & 0xFF)]
    let c = table[3 &* 256 &+ Int((word &>> 32) & 0xFF)] ^ table[2 &* 256 &+ Int((word &>> 40) & 0xFF)]
    let d = table[256 &+ Int((word &>> 48) & 0xFF)] ^ table[Int(word &>> 56)]
    return (a ^ b) ^ (c ^ d)
  }
}
