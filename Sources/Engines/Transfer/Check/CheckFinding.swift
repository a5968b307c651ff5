public import Catalog
public import ObjectStorage

/// What a comparison found out about one file.
public enum CheckFinding: Sendable {
  /// How two files differ.
  public enum Difference: String, Hashable, Sendable {
    case size
    case content
  }

  /// Both sides have it, and it is the same.
  case equal(ObjectKey, bytes: Int64)
  /// Both sides have it, and it is not the same.
  case differs(ObjectKey, Difference)
  /// The named side lacks it.
  case missing(ObjectKey, on: PairSide)
  /// Nothing can be said: it could not be looked at or read on this side (nil: on one of the two).
  case unknown(ObjectKey?, on: PairSide?, reason: String)

  /// The file; nil where the name itself is not a key.
  public var key: ObjectKey? {
    switch self {
    case .equal(let key, _), .differs(let key, _), .missing(let key, _): key
    case .unknown(let key, _, _): key
    }
  }
}

/// What a comparison found, in numbers.
public struct CheckSummary: Hashable, Sendable {
  /// Files that are the same on both sides.
  public var equal = 0
  /// Bytes in them.
  public var equalBytes: Int64 = 0
  /// Files that are not the same.
  public var differing = 0
  /// Files that the left side lacks.
  public var missingLeft = 0
  /// Files that the right side lacks.
  public var missingRight = 0
  /// Files of which nothing can be said.
  public var unknown = 0

  /// Nothing found.
  public init() {}

  /// Whether nothing but equal files was found.
  public var isEqual: Bool { differing + missingLeft + missingRight + unknown == 0 }

  mutating func add(_ finding: CheckFinding) {
    switch finding {
    case .equal(_, let bytes):
      equal += 1
      equalBytes += bytes
    case .differs: differing += 1
    case .missing(_, .left): missingLeft += 1
    case .missing(_, .right): missingRight += 1
    case .unknown: unknown += 1
    }
  }
}
