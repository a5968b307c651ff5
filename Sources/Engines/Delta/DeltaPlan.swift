import Chunking

/// How a new file is made from an old one: which of its ranges lie in the old one too, and which have to be sent.
public struct DeltaPlan: Hashable, Sendable {
  /// A range of the new file.
  public struct Piece: Hashable, Sendable {
    /// Where its bytes come from.
    public enum Origin: Hashable, Sendable {
      /// The new file alone has them.
      case sent
      /// The old file has them, from this offset on.
      case copied(from: Int64)
    }

    /// Where in the new file it begins.
    public var offset: Int64
    /// Its bytes; never 0.
    public var length: Int64
    /// Where its bytes come from.
    public var origin: Origin

    /// A range.
    public init(offset: Int64, length: Int64, origin: Origin) {
      self.offset = offset
      self.length = length
      self.origin = origin
    }
  }

  /// The ranges in order: they cover the new file, and neighbours that could be one range are one.
  public private(set) var pieces: [Piece] = []

  /// Bytes of the new file.
  public var length: Int64 { pieces.last.map { $0.offset + $0.length } ?? 0 }

  /// Bytes that have to be sent at least.
  public var bytesToSend: Int64 { pieces.reduce(0) { $0 + ($1.origin == .sent ? $1.length : 0) } }

  /// Compares two maps. Two maps of different sizes are compared too, but hardly share a chunk.
  ///
  /// Where the old file has a chunk in several places (zeros), the place that makes the longest range is taken among the one at which
  /// the bytes lie if nothing before moved, or moved as they did last, and the first few others. Time and memory in proportion to
  /// the number of chunks.
  public init(from old: ChunkMap, to new: ChunkMap) {
    var places: [ChunkHash: [Int]] = [:]
    places.reserveCapacity(old.chunks.count)
    for (index, hashed) in old.chunks.enumerated() {
      places[hashed.hash, default: []].append(index)
    }
    var index = 0
    var shift: Int64 = 0
    while index < new.chunks.count {
      let hashed = new.chunks[index]
      guard let candidates = places[hashed.hash] else {
        append(Piece(offset: hashed.chunk.offset, length: Int64(hashed.chunk.length), origin: .sent))
        index += 1
        continue
      }
      var best = (place: 0, count: 0)
      for place in Self.choice(among: candidates, at: hashed.chunk.offset, shifts: [shift, 0], old: old) {
        let count = Self.run(old, from: place, new, from: index)
        if count > best.count { best = (place, count) }
      }
      // Equal hashes are equal bytes, so that lengths agree; a record whose lengths lie is not believed.
      guard best.count > 0 else {
        append(Piece(offset: hashed.chunk.offset, length: Int64(hashed.chunk.length), origin: .sent))
        index += 1
        continue
      }
      let last = new.chunks[index + best.count - 1].chunk
      let source = old.chunks[best.place].chunk.offset
      append(
        Piece(
          offset: hashed.chunk.offset, length: last.offset + Int64(last.length) - hashed.chunk.offset, origin: .copied(from: source)
        ))
      shift = hashed.chunk.offset - source
      index += best.count
    }
  }

  /// The plan without copied ranges of less than `least` bytes between ranges that are sent: they are sent with them.
  public func fetching(gapsBelow least: Int64) -> DeltaPlan {
    DeltaPlan(
      pieces.enumerated().map { index, piece in
        let neighbours = [index - 1, index + 1].filter(pieces.indices.contains)
        let isBetween = neighbours.count == 2 && neighbours.allSatisfy { pieces[$0].origin == .sent }
        var piece = piece
        if isBetween, piece.length < least { piece.origin = .sent }
        return piece
      })
  }

  /// A plan of these ranges, merged where they can be one.
  init(_ pieces: [Piece]) { for piece in pieces { append(piece) } }

  private mutating func append(_ piece: Piece) {
    guard let last = pieces.last, Self.follows(piece, last) else { return pieces.append(piece) }
    pieces[pieces.count - 1].length += piece.length
  }

  private static func follows(_ piece: Piece, _ last: Piece) -> Bool {
    switch (last.origin, piece.origin) {
    case (.sent, .sent): true
    case (.copied(let before), .copied(let source)): source == before + last.length
    default: false
    }
  }

  /// The places worth a look: the first few, and those that the shifts point to.
  private static func choice(among places: [Int], at offset: Int64, shifts: [Int64], old: ChunkMap) -> [Int] {
    var choice = Array(places.prefix(8))
    guard places.count > choice.count else { return choice }
    for shift in shifts {
      // Places are in order of their offsets.
      var (low, high) = (0, places.count)
      while low < high {
        let middle = (low + high) / 2
        if old.chunks[places[middle]].chunk.offset < offset - shift { low = middle + 1 } else { high = middle }
      }
      if low < places.count, old.chunks[places[low]].chunk.offset == offset - shift { choice.insert(places[low], at: 0) }
    }
    return choice
  }

  /// How many chunks are the same from two places on.
  private static func run(_ old: ChunkMap, from place: Int, _ new: ChunkMap, from index: Int) -> Int {
    var count = 0
    while place + count < old.chunks.count, index + count < new.chunks.count {
      let (left, right) = (old.chunks[place + count], new.chunks[index + count])
      guard left.hash == right.hash, left.chunk.length == right.chunk.length else { break }
      count += 1
    }
    return count
  }
}
