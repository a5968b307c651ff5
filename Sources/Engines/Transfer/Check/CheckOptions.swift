public import Sync

/// How two stores are compared.
public struct CheckOptions: Sendable {
  /// What makes two files equal.
  public enum Depth: String, CaseIterable, Hashable, Sendable {
    /// Their sizes. Asks for nothing but the listings.
    case sizes
    /// Their hashes, where both stores report the same kind or one of them can be read for nothing; their bytes else.
    case hashes
    /// Their bytes: both are read whole.
    case contents
  }

  /// Which files are to be found.
  public enum Coverage: String, CaseIterable, Hashable, Sendable {
    /// Those of both sides.
    case both
    /// Those of the left side; what only the right has is not reported.
    case left
  }

  /// See `Depth`.
  public var depth: Depth
  /// See `Coverage`.
  public var coverage: Coverage
  /// Which files take part.
  public var filter: Filter
  /// How many files are compared at once; at least 1.
  public var concurrency: Int

  /// Options; by default by hash, all files of both sides.
  public init(depth: Depth = .hashes, coverage: Coverage = .both, filter: Filter = Filter(), concurrency: Int = 8) {
    self.depth = depth
    self.coverage = coverage
    self.filter = filter
    self.concurrency = max(1, concurrency)
  }
}
