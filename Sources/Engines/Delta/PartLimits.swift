/// What a store asks of the parts of a write.
public struct PartLimits: Hashable, Sendable {
  /// No part but the last is shorter, and no copied range is, in bytes.
  public let minimum: Int64
  /// No part is longer, in bytes.
  public let maximum: Int64
  /// The most parts.
  public let count: Int

  /// Limits; nil unless 1 ≤ minimum, 2 · minimum ≤ maximum (so that whatever is long enough can be divided), and count ≥ 1.
  public init?(minimum: Int64, maximum: Int64, count: Int) {
    guard minimum >= 1, minimum <= maximum / 2, count >= 1 else { return nil }
    self.minimum = minimum
    self.maximum = maximum
    self.count = count
  }

  private init(trusted minimum: Int64, _ maximum: Int64, _ count: Int) {
    (self.minimum, self.maximum, self.count) = (minimum, maximum, count)
  }

  /// Amazon S3's: 5 MiB to 5 GiB, 10,000 parts.
  public static let s3 = PartLimits(trusted: 5 << 20, 5 << 30, 10_000)
}

/// How long parts should be where the limits leave a choice.
public struct PartWishes: Hashable, Sendable {
  /// Of parts that are sent, in bytes: what is sent again after a failure.
  public var sent: Int64
  /// Of parts that are copied, in bytes: a service copies the bytes of one part one after the other.
  public var copied: Int64

  /// Lengths; both at least 1.
  public init(sent: Int64 = 16 << 20, copied: Int64 = 512 << 20) {
    self.sent = max(sent, 1)
    self.copied = max(copied, 1)
  }
}
