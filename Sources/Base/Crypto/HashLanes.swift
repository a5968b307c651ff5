import CLanes

/// The same digests over several streams of one length, taken side by side: the MD5 of all of them in the lanes of vector registers.
///
/// One MD5 after the other takes 1.3 s a GiB, because each of its steps waits for the one before; sixteen at once wait together, and
/// take 0.2 s with AVX-512. The other algorithms gain nothing and are computed one stream after the other. Used by one caller at a time (unchecked
/// `Sendable`, as `HashStream`).
public final class HashLanes: @unchecked Sendable {
  /// How many streams there may be. Fewer cost as much as all.
  public static let width = Int(CLANES_COUNT)

  private let streams: [HashStream]
  private let wantsMD5: Bool
  private var state = clanes_md5()
  /// What does not fill a block yet: of all streams the same number of bytes.
  private var tails: [[UInt8]]
  private var byteCount: Int64 = 0

  /// `count` streams (1 to `width`) at their beginning.
  public init(_ algorithms: Set<HashAlgorithm>, count: Int) {
    precondition((1...Self.width).contains(count), "there are 1 to \(Self.width) lanes")
    streams = (0..<count).map { _ in HashStream(algorithms.subtracting([.md5])) }
    wantsMD5 = algorithms.contains(.md5)
    tails = Array(repeating: [], count: count)
    clanes_md5_start(&state)
  }

  /// Takes the next bytes: a chunk for each stream, all of the same length, which is a multiple of 64 for all but the last.
  public func update(_ chunks: [UnsafeRawBufferPointer]) {
    precondition(chunks.count == streams.count && tails[0].isEmpty, "a chunk for each stream, and whole blocks before the last")
    let length = chunks[0].count
    precondition(chunks.allSatisfy { $0.count == length }, "chunks of one length")
    byteCount += Int64(length)
    for (stream, chunk) in zip(streams, chunks) { stream.update(chunk) }
    guard wantsMD5 else { return }
    if length >= 64 { hash(chunks.map { $0.baseAddress! }, blocks: length / 64) }
    tails = chunks.map { Array($0[(length - length % 64)...]) }
  }

  /// The digests of each stream. Ends them; called once.
  public func finish() -> [Digests] {
    let found = streams.map { $0.finish() }
    guard wantsMD5 else { return found }
    // The end of a message: a one, zeros, and its length in bits.
    let blocks = tails[0].count < 56 ? 1 : 2
    let ends = tails.map { tail in
      var end = tail + [0x80]
      end += repeatElement(0, count: blocks * 64 - 8 - end.count)
      withUnsafeBytes(of: UInt64(bitPattern: byteCount &* 8).littleEndian) { end += $0 }
      return end
    }
    let all = ends.flatMap { $0 }
    all.withUnsafeBytes { bytes in
      hash(ends.indices.map { bytes.baseAddress! + $0 * blocks * 64 }, blocks: blocks)
    }
    return found.enumerated().map { lane, digests in
      var values: [HashAlgorithm: [UInt8]] = [.md5: md5(lane)]
      for algorithm in digests.algorithms { values[algorithm] = digests[algorithm] }
      return Digests(values, byteCount: byteCount)
    }
  }

  /// A lane without a stream hashes what the first one does.
  private func hash(_ starts: [UnsafeRawPointer], blocks: Int) {
    withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: Self.width) { pointers in
      for lane in 0..<Self.width {
        pointers[lane] = (lane < starts.count ? starts[lane] : starts[0]).assumingMemoryBound(to: UInt8.self)
      }
      clanes_md5_update(&state, pointers.baseAddress, blocks)
    }
  }

  private func md5(_ lane: Int) -> [UInt8] {
    withUnsafeBytes(of: &state) { words in
      (0..<4).flatMap { word in
        let offset = (word * Self.width + lane) * 4
        return words[offset..<offset + 4].map { $0 }
      }
    }
  }
}
