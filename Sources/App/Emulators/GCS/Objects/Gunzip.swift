/// Unpacks gzip (RFC 1952, RFC 1951), for answers to clients that do not take it packed.
///
/// Meant for bytes at hand and of moderate size: some 50 MB/s.
enum Gunzip {
  /// The content of all members of `bytes`; nil where they are no gzip, cut, damaged, or larger than `limit`. The checksum at the
  /// end is not compared.
  static func unpack(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    var output: [UInt8] = []
    var reader = Bits(bytes)
    repeat {
      guard let start = header(bytes, reader.byte) else { return nil }
      reader.byte = start
      guard inflate(&reader, &output, limit: limit), reader.byte + 8 <= bytes.count else { return nil }
      reader.byte += 8
    } while reader.byte < bytes.count
    return output
  }

  /// Where the packed bytes begin.
  private static func header(_ bytes: [UInt8], _ start: Int) -> Int? {
    guard bytes.count >= start + 18, bytes[start] == 0x1F, bytes[start + 1] == 0x8B, bytes[start + 2] == 8 else { return nil }
    let flags = bytes[start + 3]
    var at = start + 10
    if flags & 4 != 0 { at += 2 + Int(bytes[at]) + Int(bytes[at + 1]) << 8 }
    for text in [8, 16] as [UInt8] where flags & text != 0 {
      guard at < bytes.count, let end = bytes[at...].firstIndex(of: 0) else { return nil }
      at = end + 1
    }
    if flags & 2 != 0 { at += 2 }
    return at <= bytes.count ? at : nil
  }

  /// Bits of bytes, the lowest first.
  private struct Bits {
    private let bytes: [UInt8]
    private var bit = 0
    /// The byte that the next bit is in; setting it begins with its first bit.
    var byte: Int { didSet { bit = 0 } }

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
      byte = 0
    }

    mutating func next() -> Int? {
      guard byte < bytes.count else { return nil }
      let value = Int(bytes[byte] >> UInt8(bit)) & 1
      if bit == 7 { byte += 1 } else { bit += 1 }
      return value
    }

    mutating func number(_ count: Int) -> Int? {
      var value = 0
      for place in 0..<count {
        guard let bit = next() else { return nil }
        value |= bit << place
      }
      return value
    }

    mutating func align() { if bit != 0 { byte += 1 } }

    mutating func copy(_ count: Int, to output: inout [UInt8]) -> Bool {
      guard byte + count <= bytes.count else { return false }
      output += bytes[byte..<byte + count]
      byte += count
      return true
    }
  }

  /// A canonical Huffman code: how many symbols have each length, and the symbols in the order of their codes.
  private struct Code {
    private var counts = [Int](repeating: 0, count: 16)
    private var symbols: [Int] = []

    init(_ lengths: [Int]) {
      for length in lengths { counts[length] += 1 }
      counts[0] = 0
      for length in 1...15 { symbols += lengths.indices.filter { lengths[$0] == length } }
    }

    func decode(_ bits: inout Bits) -> Int? {
      var (code, first, index) = (0, 0, 0)
      for length in 1...15 {
        guard let bit = bits.next() else { return nil }
        code |= bit
        let count = counts[length]
        if code - count < first { return code >= first ? symbols[index + code - first] : nil }
        index += count
        first = (first + count) << 1
        code <<= 1
      }
      return nil
    }
  }

  private static let fixed = (
    Code(
      [Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112) + [Int](repeating: 7, count: 24) + [8, 8, 8, 8, 8, 8, 8, 8]),
    Code([Int](repeating: 5, count: 30))
  )
  private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  private static func inflate(_ bits: inout Bits, _ output: inout [UInt8], limit: Int) -> Bool {
    let start = output.count
    while true {
      guard let isLast = bits.next(), let kind = bits.number(2) else { return false }
      switch kind {
      case 0:
        bits.align()
        guard let count = bits.number(16), let check = bits.number(16), count == ~check & 0xFFFF, output.count + count <= limit,
          bits.copy(count, to: &output)
        else { return false }
      case 1: guard block(&bits, &output, fixed.0, fixed.1, start, limit) else { return false }
      case 2:
        guard let (literals, distances) = codes(&bits), block(&bits, &output, literals, distances, start, limit) else {
          return false
        }
      default: return false
      }
      if isLast == 1 {
        bits.align()
        return true
      }
    }
  }

  private static func codes(_ bits: inout Bits) -> (Code, Code)? {
    guard let literals = bits.number(5).map({ $0 + 257 }), let distances = bits.number(5).map({ $0 + 1 }),
      let count = bits.number(4).map({ $0 + 4 }), literals <= 286
    else { return nil }
    var lengths = [Int](repeating: 0, count: 19)
    for index in 0..<count {
      guard let length = bits.number(3) else { return nil }
      lengths[order[index]] = length
    }
    let code = Code(lengths)
    var all: [Int] = []
    while all.count < literals + distances {
      guard let symbol = code.decode(&bits) else { return nil }
      switch symbol {
      case 0...15: all.append(symbol)
      case 16:
        guard let last = all.last, let more = bits.number(2) else { return nil }
        all += [Int](repeating: last, count: more + 3)
      default:
        guard let more = bits.number(symbol == 17 ? 3 : 7) else { return nil }
        all += [Int](repeating: 0, count: more + (symbol == 17 ? 3 : 11))
      }
    }
    guard all.count == literals + distances else { return nil }
    return (Code(Array(all[..<literals])), Code(Array(all[literals...])))
  }

  private static let lengthBase = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
  private static let distanceBase = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289,
    16385, 24577,
  ]

  private static func block(
    _ bits: inout Bits, _ output: inout [UInt8], _ literals: Code, _ distances: Code, _ start: Int, _ limit: Int
  ) -> Bool {
    while let symbol = literals.decode(&bits) {
      if symbol == 256 { return true }
      guard output.count < limit else { return false }
      if symbol < 256 {
        output.append(UInt8(symbol))
        continue
      }
      guard symbol < 286, let extra = bits.number(lengthBits[symbol - 257]), let code = distances.decode(&bits), code < 30,
        let more = bits.number(max(0, code / 2 - 1))
      else { return false }
      let (length, distance) = (lengthBase[symbol - 257] + extra, distanceBase[code] + more)
      guard distance <= output.count - start, output.count + length <= limit else { return false }
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
    return false
  }
}
