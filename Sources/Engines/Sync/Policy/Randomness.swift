/// Tells what a cipher leaves from what people and programs write.
enum Randomness {
  /// Fewer bytes tell nothing.
  static let least = 1024
  /// As many bytes from the beginning of a file are looked at.
  static let most = 4096

  /// Whether these first bytes of a file look like chance: no format that is known to be dense, and every byte value as frequent as any
  /// other. Nil if there are too few of them.
  static func looksScrambled(_ bytes: [UInt8]) -> Bool? {
    guard bytes.count >= least else { return nil }
    if isDenseFormat(bytes) { return false }
    var counts = [Int](repeating: 0, count: 256)
    for byte in bytes { counts[Int(byte)] += 1 }
    // Chi-square over 256 values: chance gives 255, and more than 350 less than once in ten thousand files. Text gives tens of thousands.
    let expected = Double(bytes.count) / 256
    let deviation = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) } / expected
    return deviation < 350
  }

  /// What begins like this is compressed, or holds pictures or sound: dense by nature, and named as it should be.
  private static let heads: [(offset: Int, bytes: [UInt8])] = [
    (0, [0x1F, 0x8B]), (0, [0x50, 0x4B]), (0, [0xFF, 0xD8, 0xFF]), (0, [0x89, 0x50, 0x4E, 0x47]), (0, [0x37, 0x7A, 0xBC, 0xAF]),
    (0, [0xFD, 0x37, 0x7A, 0x58, 0x5A]), (0, Array("BZh".utf8)), (0, [0x28, 0xB5, 0x2F, 0xFD]), (0, [0x04, 0x22, 0x4D, 0x18]),
    (4, Array("ftyp".utf8)), (0, [0x1A, 0x45, 0xDF, 0xA3]), (0, Array("OggS".utf8)), (0, Array("ID3".utf8)), (0, [0xFF, 0xFB]),
    (0, Array("RIFF".utf8)), (0, Array("%PDF".utf8)), (0, Array("Rar!".utf8)), (0, Array("GIF8".utf8)), (0, Array("fLaC".utf8)),
    (0, [0x78, 0x01]), (0, [0x78, 0x9C]), (0, [0x78, 0xDA]), (0, Array("LZIP".utf8)), (0, Array("MSCF".utf8)),
    (0, Array("PACK".utf8)), (0, Array("PAR1".utf8)), (0, Array("wOF2".utf8)),
  ]

  private static func isDenseFormat(_ bytes: [UInt8]) -> Bool {
    heads.contains { bytes.dropFirst($0.offset).starts(with: $0.bytes) }
  }
}
