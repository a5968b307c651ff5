public import ObjectStorage

/// One file that is not as it was at the last look.
public struct FileChange: Hashable, Sendable {
  /// What happened to it.
  public enum Kind: String, Sendable {
    case added
    case changed
    case removed
  }

  /// What happened.
  public var kind: Kind
  /// Its key.
  public var key: ObjectKey
  /// Bytes, as the listing gives them; of what is gone, as it was.
  public var size: Int64

  init(_ kind: Kind, _ key: ObjectKey, size: Int64) {
    self.kind = kind
    self.key = key
    self.size = size
  }
}

/// What one look has found.
public struct ChangeTally: Sendable {
  /// How the changes were found.
  public enum Way: String, Sendable {
    /// The store was listed.
    case listing
    /// The store told of its changes.
    case feed
  }

  /// See `Way`.
  public var way: Way
  /// Whether nobody had looked before: then everything that is there is new, and nothing of it was reported.
  public var isFirst: Bool
  public var added = 0
  public var changed = 0
  public var removed = 0
  /// Names about which nothing can be said; what is remembered of them stays.
  public var problems: [ListProblem] = []

  init(_ way: Way, isFirst: Bool) {
    self.way = way
    self.isFirst = isFirst
  }

  /// All changes.
  public var total: Int { added + changed + removed }

  mutating func count(_ change: FileChange) {
    switch change.kind {
    case .added: added += 1
    case .changed: changed += 1
    case .removed: removed += 1
    }
  }
}
