import Crypto

/// Bech32 (BIP 173) without its limit of length: how age spells keys. The data may be secret, so that what is decoded is held as such.
enum Bech32 {
  private static let symbols = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for (value, symbol) in symbols.enumerated() { table[Int(symbol)] = UInt8(value) }
    return table
  }()
  private static let separator = UInt8(ascii: "1")
  private static let checksumCount = 6

  /// The text of `data` behind a human-readable part in lower case; `isUpper` spells the whole in capitals. Lends the text's bytes,
  /// which are wiped afterwards.
  static func encode(_ name: String, _ data: SecretBytes, isUpper: Bool = false) -> SecretBytes {
    let prefix = Array(name.utf8)
    let count = (data.count * 8 + 4) / 5
    return SecretBytes(count: prefix.count + 1 + count + checksumCount) { out in
      out.copyBytes(from: prefix + [separator])
      var checksum = Checksum(prefix)
      var position = prefix.count + 1
      func put(_ value: UInt8) {
        out[position] = symbols[Int(value)]
        position += 1
      }
      data.withBytes { data in
        var held: UInt32 = 0
        var bits: UInt32 = 0
        for byte in data {
          held = (held << 8 | UInt32(byte)) & 0xFFF
          bits += 8
          while bits >= 5 {
            bits -= 5
            let value = UInt8(held >> bits & 31)
            checksum.take(value)
            put(value)
          }
        }
        if bits > 0 {
          let value = UInt8(held << (5 - bits) & 31)
          checksum.take(value)
          put(value)
        }
      }
      for value in checksum.end() { put(value) }
      if isUpper { for index in out.indices where (0x61...0x7A).contains(out[index]) { out[index] -= 0x20 } }
    }
  }

  /// The human-readable part as it is spelled, and the data.
  /// - Returns: nil for a text that is not Bech32: mixed case, a wrong checksum, foreign characters, bits left over.
  static func decode(_ text: UnsafeRawBufferPointer) -> (name: String, data: SecretBytes)? {
    let isUpper = text.contains { (0x41...0x5A).contains($0) }
    if isUpper, text.contains(where: { (0x61...0x7A).contains($0) }) { return nil }
    guard let end = text.lastIndex(of: separator), end >= 1, text.count - end - 1 >= checksumCount,
      text[..<end].allSatisfy({ (33...126).contains($0) })
    else { return nil }
    func lowered(_ byte: UInt8) -> UInt8 { isUpper && (0x41...0x5A).contains(byte) ? byte + 0x20 : byte }
    var checksum = Checksum(text[..<end].map(lowered))
    for byte in text[(end + 1)...] {
      let value = values[Int(lowered(byte))]
      if value > 31 { return nil }
      checksum.take(value)
    }
    guard checksum.isGood else { return nil }
    let count = text.count - end - 1 - checksumCount
    let spare = count * 5 % 8
    var isCanonical = spare < 5
    let data = SecretBytes(count: count * 5 / 8) { out in
      var held: UInt32 = 0
      var bits: UInt32 = 0
      var position = 0
      for byte in text[(end + 1)...].prefix(count) {
        held = (held << 5 | UInt32(values[Int(lowered(byte))])) & 0x1FFF
        bits += 5
        if bits >= 8 {
          bits -= 8
          out[position] = UInt8(held >> bits & 255)
          position += 1
        }
      }
      if held & (1 << bits - 1) != 0 { isCanonical = false }
    }
    return isCanonical ? (String(decoding: text[..<end], as: UTF8.self), data) : nil
  }

  /// BIP 173's code over groups of five bits.
  private struct Checksum {
    private var state: UInt32 = 1

    init(_ name: [UInt8]) {
      for byte in name { take(byte >> 5) }
      take(0)
      for byte in name { take(byte & 31) }
    }

    mutating func take(_ value: UInt8) {
      let top = state >> 25
      state = (state & 0x1FF_FFFF) << 5 ^ UInt32(value)
      let generator: [UInt32] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3]
      for bit in 0..<5 where top >> UInt32(bit) & 1 == 1 { state ^= generator[bit] }
    }

    /// After the data and its checksum.
    var isGood: Bool { state == 1 }

    mutating func end() -> [UInt8] {
      for _ in 0..<checksumCount { take(0) }
      let code = state ^ 1
      return (0..<checksumCount).map { UInt8(code >> UInt32(5 * (checksumCount - 1 - $0)) & 31) }
    }
  }
}
