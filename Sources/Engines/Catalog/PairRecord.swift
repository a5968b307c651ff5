public import Primitives

/// One of the two sides of a pair.
public enum PairSide: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
  case left = 0
  case right = 1

  /// The side across.
  public var other: PairSide { self == .left ? .right : .left }
  public var description: String { self == .left ? "left" : "right" }
}

/// One end of a pair: which place it is, and how it is shown.
public struct PairEnd: Hashable, Sendable {
  /// `StoreIdentity.stableID`: the same text in every run for the same place.
  public let stableID: String
  /// `StoreIdentity.displayName`.
  public let displayName: String

  /// An end.
  public init(stableID: String, displayName: String) {
    self.stableID = stableID
    self.displayName = displayName
  }
}

/// Who a pair is.
public struct PairRecord: Hashable, Sendable {
  /// 16 to 32 lower-case hexadecimal digits, made by the caller from the two stable ids.
  public let id: String
  /// The left end.
  public let left: PairEnd
  /// The right end.
  public let right: PairEnd
  /// When the pair was first synced.
  public let created: Timestamp
  /// The marker at the left root as last seen; nil while there is none.
  public let leftRoot: [UInt8]?
  /// The marker at the right root as last seen; nil while there is none.
  public let rightRoot: [UInt8]?

  /// A pair.
  /// - Throws: `CatalogError` `.invalidArgument` if `id` is no id: it becomes a file's name.
  public init(
    id: String, left: PairEnd, right: PairEnd, created: Timestamp, leftRoot: [UInt8]? = nil, rightRoot: [UInt8]? = nil
  ) throws {
    guard Self.isID(id) else {
      throw CatalogError(.invalidArgument, "“\(DisplayText.escape(id))” is no pair id: 16 to 32 lower-case hexadecimal digits are")
    }
    self.init(trusted: id, left: left, right: right, created: created, leftRoot: leftRoot, rightRoot: rightRoot)
  }

  init(trusted id: String, left: PairEnd, right: PairEnd, created: Timestamp, leftRoot: [UInt8]?, rightRoot: [UInt8]?) {
    self.id = id
    self.left = left
    self.right = right
    self.created = created
    self.leftRoot = leftRoot
    self.rightRoot = rightRoot
  }

  /// Whether `text` can be a pair's id.
  public static func isID(_ text: String) -> Bool {
    (16...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
