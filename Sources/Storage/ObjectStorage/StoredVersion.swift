public import Primitives

/// A state of an object that a service keeps: the current one, or one that was replaced or deleted (S3's and Azure's versions, Azure's
/// snapshots, Google's generations, Dropbox's revisions).
public struct StoredVersion: Hashable, Sendable {
  /// The service's name of the state, to ask for it by.
  public var id: String
  /// Bytes; zero for a deletion.
  public var size: Int64
  /// When it came into being, by the service's clock.
  public var stored: Timestamp?
  /// Whether it is what a read without a name gives.
  public var isCurrent: Bool
  /// Whether it says that there was nothing from then on: it has no bytes to read.
  public var isDeletion: Bool

  /// A state.
  public init(id: String, size: Int64, stored: Timestamp?, isCurrent: Bool, isDeletion: Bool = false) {
    self.id = id
    self.size = size
    self.stored = stored
    self.isCurrent = isCurrent
    self.isDeletion = isDeletion
  }
}

extension Sequence<StoredVersion> {
  /// The newest `limit`: the current one first, then by their times; of two with one time the one that stands first here.
  public func newest(_ limit: Int) -> [StoredVersion] {
    let sorted = sorted { left, right in
      if left.isCurrent != right.isCurrent { return left.isCurrent }
      guard let ours = left.stored, let theirs = right.stored else { return left.stored != nil && right.stored == nil }
      return ours > theirs
    }
    return Array(sorted.prefix(Swift.max(limit, 1)))
  }
}
