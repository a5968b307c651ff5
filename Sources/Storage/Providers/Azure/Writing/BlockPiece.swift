/// A piece of a range that is to be taken from a blob.
enum BlockPiece: Sendable, Equatable {
  /// A whole block that the blob has, with the checksum that its name tells.
  case block(id: String, crc: UInt64, length: Int64)
  /// Bytes that the service has to copy.
  case bytes(Range<Int64>)

  var length: Int64 {
    switch self {
    case .block(_, _, let length): length
    case .bytes(let range): Int64(range.count)
    }
  }

  var isBlock: Bool { if case .block = self { true } else { false } }

  /// Cuts a range of a blob into the whole blocks that lie in it and what is left. Only blocks whose names tell a checksum count: what
  /// else is taken over could not be proven.
  static func cut(_ range: Range<Int64>, _ blocks: [ListedBlock]) -> [BlockPiece] {
    var pieces: [BlockPiece] = []
    var done = range.lowerBound
    var start: Int64 = 0
    for block in blocks {
      let end = start + block.size
      if block.size > 0, start >= range.lowerBound, end <= range.upperBound, let id = BlockID(block.id), id.crc != 0 {
        if start > done { pieces.append(.bytes(done..<start)) }
        pieces.append(.block(id: block.id, crc: id.crc, length: block.size))
        done = end
      }
      start = end
    }
    if done < range.upperBound { pieces.append(.bytes(done..<range.upperBound)) }
    return pieces
  }
}
