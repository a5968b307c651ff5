/// A number of bytes, as people write and read it.
public struct ByteCount: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The number itself.
  public let bytes: Int64

  /// A count of `bytes`; negative counts are allowed (a difference).
  public init(_ bytes: Int64) { self.bytes = bytes }

  /// Reads `512`, `10M`, `1.5GiB`, `512k`, `3 MB`. Units are powers of 1024 whichever way they are spelled (`M`, `MB`, `MiB`), in
  /// either case; without a unit the number is bytes. Nil for anything else, negative numbers and counts above `Int64.max`.
  public init?(parsing text: String) {
    let bytes = Array(text.utf8)
    guard let number = DecimalPrefix(bytes[...]) else { return nil }
    let unit = bytes[number.end...].drop { $0 == 0x20 }.map { $0 | 0x20 }
    guard let power = ByteCount.power(of: unit),
      let count = number.scaled(by: 1 << (10 * Int64(power)))
    else { return nil }
    self.init(count)
  }

  /// `0 B`, `512 B`, `1.5 GiB`: at most one decimal, rounded to nearest.
  public var description: String {
    let magnitude = UInt128(bytes.magnitude)
    let sign = bytes < 0 ? "-" : ""
    if magnitude < 1024 { return "\(sign)\(magnitude) B" }
    var power = 1
    while power < 6 {
      let unit = UInt128(1) << UInt128(10 * power)
      // The next unit is due when rounding would show 1024 of this one.
      if (magnitude * 10 + unit / 2) / unit < 10_240 { break }
      power += 1
    }
    let unit = UInt128(1) << UInt128(10 * power)
    let tenths = (magnitude * 10 + unit / 2) / unit
    let name = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][power]
    return tenths % 10 == 0 ? "\(sign)\(tenths / 10) \(name)" : "\(sign)\(tenths / 10).\(tenths % 10) \(name)"
  }

  public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

  private static func power(of unit: [UInt8]) -> Int? {
    guard let letter = unit.first, unit != [0x62] else { return 0 }
    let rest = unit.dropFirst()
    guard rest.isEmpty || rest.elementsEqual("b".utf8) || rest.elementsEqual("ib".utf8) || rest.elementsEqual("i".utf8) else {
      return nil
    }
    return Array("kmgtpe".utf8).firstIndex(of: letter).map { $0 + 1 }
  }
}

/// An unsigned decimal number at the front of a text, kept exact.
struct DecimalPrefix {
  /// The digits without the point.
  let digits: Int64
  /// How many of them stood after the point.
  let decimals: Int
  /// Where the number ends.
  let end: Int

  /// Nil if there is no digit in front, a point without a digit after it, or more than 18 digits.
  init?(_ text: ArraySlice<UInt8>) {
    var digits: Int64 = 0
    var count = 0
    var decimals = 0
    var position = text.startIndex
    var afterPoint = false
    while position < text.endIndex {
      let byte = text[position]
      if byte == 0x2E, !afterPoint, count > 0 {
        afterPoint = true
      } else if byte >= 0x30, byte <= 0x39 {
        if count == 18 { return nil }
        digits = digits * 10 + Int64(byte - 0x30)
        if digits > 0 || afterPoint { count += 1 } else { count = max(count, 1) }
        if afterPoint { decimals += 1 }
      } else {
        break
      }
      position += 1
    }
    guard count > 0, !afterPoint || decimals > 0 else { return nil }
    (self.digits, self.decimals, end) = (digits, decimals, position)
  }

  /// The number times `factor`, rounded towards zero; nil above `Int64.max`.
  func scaled(by factor: Int64) -> Int64? {
    var divisor: Int128 = 1
    for _ in 0..<decimals { divisor *= 10 }
    return Int64(exactly: Int128(digits) * Int128(factor) / divisor)
  }
}
