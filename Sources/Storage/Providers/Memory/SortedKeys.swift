import ObjectStorage

/// Keys in bytewise order: arrays of at most `chunkLimit` keys, one after the other.
///
/// Insertion and removal move one chunk only, so a million keys can come in any order; a walk costs an addition a key.
struct SortedKeys {
  private static let chunkLimit = 512
  /// No chunk is empty.
  private var chunks: [[ObjectKey]] = []

  /// Inserts `key` unless it is there.
  mutating func insert(_ key: ObjectKey) {
    guard !chunks.isEmpty else {
      chunks.append([key])
      return
    }
    let chunk = chunkIndex(for: key)
    let offset = lowerBound(of: key, in: chunk)
    if offset < chunks[chunk].count, chunks[chunk][offset] == key { return }
    // Keys that come in order fill their chunks instead of leaving each half empty.
    if chunk == chunks.count - 1, offset == chunks[chunk].count, offset >= Self.chunkLimit {
      chunks.append([key])
      return
    }
    chunks[chunk].insert(key, at: offset)
    if chunks[chunk].count > Self.chunkLimit {
      let upper = Array(chunks[chunk][(Self.chunkLimit / 2)...])
      chunks[chunk].removeSubrange((Self.chunkLimit / 2)...)
      chunks.insert(upper, at: chunk + 1)
    }
  }

  /// Removes `key` if it is there.
  mutating func remove(_ key: ObjectKey) {
    guard !chunks.isEmpty else { return }
    let chunk = chunkIndex(for: key)
    let offset = lowerBound(of: key, in: chunk)
    guard offset < chunks[chunk].count, chunks[chunk][offset] == key else { return }
    chunks[chunk].remove(at: offset)
    if chunks[chunk].isEmpty { chunks.remove(at: chunk) }
  }

  /// A place between keys.
  struct Position {
    fileprivate var chunk: Int
    fileprivate var offset: Int
  }

  /// The place before the first key whose bytes are not less than `bytes`.
  func position(of bytes: [UInt8]) -> Position {
    var position = Position(chunk: 0, offset: 0)
    guard !chunks.isEmpty else { return position }
    let probe = Probe(bytes)
    var low = 0
    var high = chunks.count
    while low < high {
      let middle = (low + high) / 2
      if probe.isGreater(than: chunks[middle][0]) { low = middle + 1 } else { high = middle }
    }
    position.chunk = max(low - 1, 0)
    position.offset = lowerBound(of: probe, in: position.chunk)
    return position
  }

  /// The key at `position`, which moves on behind it; nil at the end.
  func next(_ position: inout Position) -> ObjectKey? {
    while position.chunk < chunks.count {
      if position.offset < chunks[position.chunk].count {
        defer { position.offset += 1 }
        return chunks[position.chunk][position.offset]
      }
      position.chunk += 1
      position.offset = 0
    }
    return nil
  }

  /// Bytes that need not be a key, compared with keys.
  private struct Probe {
    let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }
    func isGreater(than key: ObjectKey) -> Bool { key.bytes.lexicographicallyPrecedes(bytes) }
  }

  /// The last chunk whose first key is not greater than `key`, or the first.
  private func chunkIndex(for key: ObjectKey) -> Int {
    var low = 0
    var high = chunks.count
    while low < high {
      let middle = (low + high) / 2
      if chunks[middle][0] < key || chunks[middle][0] == key { low = middle + 1 } else { high = middle }
    }
    return max(low - 1, 0)
  }

  private func lowerBound(of key: ObjectKey, in chunk: Int) -> Int {
    lowerBound(in: chunk) { $0 < key }
  }

  private func lowerBound(of probe: Probe, in chunk: Int) -> Int {
    lowerBound(in: chunk) { probe.isGreater(than: $0) }
  }

  private func lowerBound(in chunk: Int, isBefore: (ObjectKey) -> Bool) -> Int {
    var low = 0
    var high = chunks[chunk].count
    while low < high {
      let middle = (low + high) / 2
      if isBefore(chunks[chunk][middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
