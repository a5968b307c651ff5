/// Tells what changes in a store without listing it.
///
/// Take a cursor, list the store, and then ask for what happened since: nothing is missed. What a feed says is a hint: events may come
/// twice, late, or be of something that has changed again, and that something is gone is believed only after a look. Keys are those of
/// the provider, below its prefix.
public protocol ChangeFeed: Sendable {
  /// Where the store's history is now. One request.
  /// - Throws: `StorageError`, `CancellationError`; so do the others.
  func latestCursor() async throws -> ChangeCursor

  /// A page of what happened since. One request.
  func changes(since cursor: ChangeCursor) async throws -> ChangeAnswer

  /// Waits until something changes, about so long at most; costs a request that stays open. Cancel the task to leave earlier.
  func wait(since cursor: ChangeCursor, atMost limit: Duration) async throws -> ChangeWait
}

/// A place in the history of a store, as the service names it. Good for a long time, also for another process.
public struct ChangeCursor: Hashable, Sendable {
  /// The service's text, which means nothing to anybody else.
  public let text: String

  /// A cursor that was kept.
  public init(_ text: String) { self.text = text }
}

/// What a service says of the time since a cursor.
public enum ChangeAnswer: Sendable {
  /// What happened.
  case changes(ChangePage)
  /// The cursor is worth nothing any more: list everything, after taking a new one.
  case reset
}

/// What happened in a store since a cursor, as far as one page goes.
public struct ChangePage: Sendable {
  /// One change; they are to be applied in order.
  public enum Change: Sendable {
    /// A file or folder is new or changed.
    case isThere(ObjectEntry)
    /// Nothing seems to be at the key any more, nor below it.
    case isGone(ObjectKey)
    /// Something changed about which nothing can be said.
    case isUnknown(ListProblem)
  }

  /// The changes, in the order in which they happened.
  public var changes: [Change]
  /// Where to go on.
  public var cursor: ChangeCursor
  /// Whether there are more already.
  public var hasMore: Bool

  /// A page.
  public init(changes: [Change], cursor: ChangeCursor, hasMore: Bool) {
    self.changes = changes
    self.cursor = cursor
    self.hasMore = hasMore
  }
}

/// What a wait for changes ended with.
public enum ChangeWait: Sendable, Equatable {
  /// Something has changed.
  case changed
  /// Nothing has.
  case unchanged
  /// The cursor is worth nothing any more.
  case reset
}
