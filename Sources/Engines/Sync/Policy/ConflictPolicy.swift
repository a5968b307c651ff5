/// What to do when a path changed on both sides since they last agreed. Whatever loses goes to the trash.
public enum ConflictPolicy: String, CaseIterable, Hashable, Sendable {
  /// The version with the later modification time wins; equal times keep both, and so do times that cannot be (to come, 1970 or before).
  case newest
  /// The larger version wins; equal sizes keep both.
  case largest
  /// The left version wins.
  case left
  /// The right version wins.
  case right
  /// The left version keeps the name; the right one is kept beside it as `name.conflict-…`, on both sides.
  case keepBoth = "keep-both"
  /// Text is merged against the version both sides last agreed on; what cannot be merged keeps both.
  case merge
  /// Nothing is done; the conflict waits in the list, and the rest of the pair goes on.
  case manual
}

/// Which way changes flow.
public enum SyncDirection: Hashable, Sendable {
  /// Changes of both sides reach the other one.
  case twoWay
  /// New and changed files of the left side reach the right; nothing is deleted there.
  case copy
  /// The right side becomes what the left is: what only the right has is deleted there.
  case mirror
}
