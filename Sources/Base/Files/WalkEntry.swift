/// One thing that a walk found.
public struct WalkEntry: Sendable {
  /// The path below the walk's root; a folder's ends in `/`.
  public let path: [UInt8]
  /// What it is. If even that could not be asked (`problem` is set), everything but the kind is zero.
  public let status: FileStatus
  /// Why a folder's content, or the entry itself, could not be looked at. Nothing is known then of what is below: it must be taken
  /// as unknown, never as deleted.
  public let problem: FileError?

  /// An entry made by hand, mostly in tests.
  public init(path: [UInt8], status: FileStatus, problem: FileError? = nil) {
    (self.path, self.status, self.problem) = (path, status, problem)
  }
}

/// What a walk takes in.
public struct WalkOptions: Sendable {
  /// What becomes of symbolic links.
  public enum Symlinks: Sendable, Hashable {
    /// They are left out.
    case skip
    /// They are entries of the kind `.symlink`.
    case record
    /// They appear as what they lead to, if that is inside the root; open what was found with the same `LinkFollowing`. A link that
    /// leads out, nowhere, or to a folder above itself is an entry of the kind `.symlink` with a problem.
    case follow(LinkFollowing)
  }

  /// What becomes of symbolic links.
  public var symlinks: Symlinks
  /// Whether folders on other file systems are entered; if not, their entries have the problem `.otherDevice`.
  public var crossDevices: Bool
  /// Says of a folder (path ending in `/`) whether to leave it out with all that is below. Called on the walk's own threads.
  public var prune: (@Sendable (_ folder: [UInt8]) -> Bool)?
  /// Only paths that sort after this one are given; folders that end before it are not even opened.
  public var after: [UInt8]?

  /// Options; as they stand, links are recorded and other file systems entered.
  public init(
    symlinks: Symlinks = .record, crossDevices: Bool = true, prune: (@Sendable (_ folder: [UInt8]) -> Bool)? = nil,
    after: [UInt8]? = nil
  ) {
    (self.symlinks, self.crossDevices, self.prune, self.after) = (symlinks, crossDevices, prune, after)
  }
}

/// What a walk does with the temporary files of this program.
enum WalkTemporaries: Sendable { case skip, only }
