/// How hard to compress: higher levels are slower and make less of the same. Reading is equally fast for all.
public struct CompressionLevel: Hashable, Sendable {
  /// The levels there are. Those above need windows that a reader need not accept.
  public static let range = -7...19

  /// The level as zstd counts them: 1 is fast, 3 usual, 19 slow; negative ones are faster still.
  public let value: Int

  /// A level; nil outside `range`. 0 is the usual one.
  public init?(_ value: Int) {
    guard Self.range.contains(value) else { return nil }
    self.value = value == 0 ? 3 : value
  }

  private init(usual value: Int) { self.value = value }

  /// Level 3.
  public static let usual = CompressionLevel(usual: 3)
  /// Level 1.
  public static let fast = CompressionLevel(usual: 1)
}
