import Primitives

/// The random numbers of the gear hash, one for each value of a byte, and the same numbers doubled behind them.
///
/// They decide where borders fall, so they never change: SplitMix64 from a seed whose bytes spell `isobar01`.
enum Gear {
  static let seed: UInt64 = 0x6973_6F62_6172_3031

  /// 512 numbers that live as long as the program: a plain pointer, so that the hot loop indexes without a check.
  nonisolated(unsafe) static let table: UnsafePointer<UInt64> = {
    let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 512)
    var random = SeededRandom(seed: seed)
    for index in 0..<256 {
      table[index] = random.next()
      table[256 + index] = table[index] &<< 1
    }
    return UnsafePointer(table)
  }()

  /// Ones at the bits below the highest, as many as make one position in `distance` (rounded to a power of two) a border. High bits
  /// hang on the most bytes: here on the last 63 down to 63 less the number of ones. The highest of all stays out, because the first
  /// of each two bytes is tested in a hash that is shifted once more.
  static func mask(oneIn distance: Int) -> UInt64 {
    let ones = min(max(Int.bitWidth - 1 - distance.leadingZeroBitCount, 1), 40)
    return ((1 << UInt64(ones)) - 1) << UInt64(63 - ones)
  }

  /// Rolls `hash` over the bytes from `start` to `end` and stops behind the first where the bits of `mask` are all zero.
  /// - Returns: the place behind that byte; `end + 1` if there is none.
  @inline(never)
  static func scan(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, hash: inout UInt64, mask: UInt64, table: UnsafePointer<UInt64>
  ) -> Int {
    var position = start
    var rolled = hash
    let doubledMask = mask &<< 1
    let doubled = table + 256
    // Two bytes a step: the chain from one hash to the next is a single shift and addition for both.
    while position &+ 2 <= end {
      let first = doubled[Int(bytes[position])]
      let both = first &+ table[Int(bytes[position &+ 1])]
      let shifted = rolled &<< 2
      if (shifted &+ first) & doubledMask == 0 {
        hash = rolled
        return position &+ 1
      }
      rolled = shifted &+ both
      position = position &+ 2
      if rolled & mask == 0 {
        hash = rolled
        return position
      }
    }
    if position < end {
      rolled = (rolled &<< 1) &+ table[Int(bytes[position])]
      position = position &+ 1
      if rolled & mask == 0 {
        hash = rolled
        return position
      }
    }
    hash = rolled
    return end &+ 1
  }

  /// Rolls over bytes in which no border is looked for.
  static func roll(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, hash: inout UInt64) {
    for position in start..<end { hash = (hash &<< 1) &+ table[Int(bytes[position])] }
  }
}
