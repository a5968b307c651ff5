/// How long chunks may be. Two maps of chunks can be compared only where both were made with the same sizes.
public struct ChunkSizes: Hashable, Sendable {
  /// No chunk but the last is shorter, in bytes.
  public let minimum: Int
  /// Where borders become likelier: most chunks are about this long.
  public let average: Int
  /// No chunk is longer, in bytes.
  public let maximum: Int

  /// The least and the most that any of the three may be.
  public static let limits = 64...64 * 1024 * 1024

  /// Sizes; nil unless 64 ≤ minimum ≤ average ≤ maximum ≤ 64 MiB and the average is at least 256.
  public init?(minimum: Int, average: Int, maximum: Int) {
    guard Self.limits.contains(minimum), Self.limits.contains(maximum), minimum <= average, average <= maximum, average >= 256
    else {
      return nil
    }
    self.minimum = minimum
    self.average = average
    self.maximum = maximum
  }

  /// Sizes around an average: a quarter of it at least, four times as much at most.
  init(average: Int) { (minimum, self.average, maximum) = (average / 4, average, average * 4) }

  /// Sizes for a file of `length` bytes: small enough that an edit costs little beside the least part that stores take, large enough
  /// that a map of the file stays small (half a mebibyte for 4 GiB, two for 64 GiB, nine for a tebibyte).
  public static func suited(to length: Int64) -> ChunkSizes {
    switch length {
    case ..<(Int64(4) << 30): ChunkSizes(average: 256 * 1024)
    case ..<(Int64(64) << 30): ChunkSizes(average: 1024 * 1024)
    default: ChunkSizes(average: 4 * 1024 * 1024)
    }
  }
}
