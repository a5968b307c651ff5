/// Where the frames of an object lie: zstd's seekable format, a skippable frame at the end, which every decompressor passes over.
///
///     5E 2A 4D 18 | length of what follows | per frame: length stored, length of content | count | 00 | B1 EA 92 8F
///
/// All numbers have 32 bits, little-endian.
struct SeekTable: Hashable, Sendable {
  /// A frame's lengths, in bytes.
  struct Frame: Hashable, Sendable {
    let stored: UInt32
    let content: UInt32
  }

  let frames: [Frame]

  static let footerLength = 9
  private static let headerLength = 8
  private static let skippable: UInt32 = 0x184D_2A5E
  private static let magic: UInt32 = 0x8F92_EAB1

  init(_ frames: [Frame]) { self.frames = frames }

  /// The whole skippable frame.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.headerLength + frames.count * 8 + Self.footerLength)
    func append(_ number: UInt32) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
    append(Self.skippable)
    append(UInt32(frames.count * 8 + Self.footerLength))
    for frame in frames {
      append(frame.stored)
      append(frame.content)
    }
    append(UInt32(frames.count))
    bytes.append(0)
    append(Self.magic)
    return bytes
  }

  /// How long the table is, whose last bytes are `tail`; nil if they are not a table's last ones.
  static func length(endingIn tail: ArraySlice<UInt8>) -> Int? {
    guard tail.count >= footerLength, number(tail, at: tail.count - 4) == magic, tail[tail.endIndex - 5] == 0 else { return nil }
    return headerLength + Int(number(tail, at: tail.count - footerLength)) * 8 + footerLength
  }

  /// The table of an object.
  /// - Parameters:
  ///   - bytes: the object's last bytes, of which the table is the last part.
  ///   - stored: how long the object is.
  ///   - content: how long its content is.
  /// - Returns: nil unless all lengths agree, so that no frame lies elsewhere than it says.
  init?(_ bytes: ArraySlice<UInt8>, stored: Int64, content: Int64) {
    guard let length = Self.length(endingIn: bytes), length <= bytes.count, length > Self.headerLength + Self.footerLength else {
      return nil
    }
    let table = bytes.suffix(length)
    guard Self.number(table, at: 0) == Self.skippable, Int(Self.number(table, at: 4)) == length - Self.headerLength else {
      return nil
    }
    frames = stride(from: Self.headerLength, to: length - Self.footerLength, by: 8).map { place in
      Frame(stored: Self.number(table, at: place), content: Self.number(table, at: place + 4))
    }
    // Not more than 2³² numbers below 2³²: no overflow.
    guard frames.allSatisfy({ $0.stored > 0 && $0.content > 0 }),
      frames.reduce(0, { $0 + Int64($1.stored) }) == stored - Int64(length),
      frames.reduce(0, { $0 + Int64($1.content) }) == content
    else { return nil }
  }

  /// Frames that cover a range of the content.
  struct Cover: Hashable, Sendable {
    /// Where the frames lie in the object.
    var stored: Range<Int64>
    /// What they hold of the content.
    var content: Range<Int64>
  }

  /// The frames that `range`, which is not empty and lies in the content, needs.
  func cover(_ range: Range<Int64>) -> Cover {
    var (storedStart, contentStart): (Int64, Int64) = (0, 0)
    var index = 0
    while index < frames.count, contentStart + Int64(frames[index].content) <= range.lowerBound {
      storedStart += Int64(frames[index].stored)
      contentStart += Int64(frames[index].content)
      index += 1
    }
    var cover = Cover(stored: storedStart..<storedStart, content: contentStart..<contentStart)
    while index < frames.count, cover.content.upperBound < range.upperBound {
      cover.stored = storedStart..<cover.stored.upperBound + Int64(frames[index].stored)
      cover.content = contentStart..<cover.content.upperBound + Int64(frames[index].content)
      index += 1
    }
    return cover
  }

  private static func number(_ bytes: ArraySlice<UInt8>, at place: Int) -> UInt32 {
    let start = bytes.startIndex + place
    return bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
