/// The pages of one listing, pulled one after the other. Used by one caller at a time.
public protocol Listing: AnyObject, Sendable {
  /// The next page, or nil after the last.
  ///
  /// Entries come in bytewise order of their keys, within a page and from page to page; no key comes twice.
  /// - Throws: `StorageError`; a listing that threw is over, and what it gave so far is not the whole.
  func next() async throws -> ListPage?
}

/// A piece of a listing.
public struct ListPage: Sendable {
  /// The entries, in bytewise order.
  public var entries: [ObjectEntry]
  /// With `ListOptions.Depth.oneLevel`, folders whose content was folded away, in order; they are not in `entries`.
  public var folders: [ObjectKey]
  /// How many of the entries are files that have further names (hard links); each name is an entry by itself.
  public var linkedFiles: Int
  /// What could not be looked at. Whatever lies at or below such a key is unknown, not absent.
  public var problems: [ListProblem]

  /// A page.
  public init(entries: [ObjectEntry] = [], folders: [ObjectKey] = [], problems: [ListProblem] = [], linkedFiles: Int = 0) {
    self.entries = entries
    self.linkedFiles = linkedFiles
    self.folders = folders
    self.problems = problems
  }
}

/// A key about which a listing can say nothing.
public struct ListProblem: Sendable {
  /// Why.
  public enum Reason: Sendable {
    /// A FIFO, device or socket; a symbolic link where links are skipped.
    case notAFile(String)
    /// It could not be read.
    case unreadable(StorageError)
    /// The store has an object whose name no key may have (`a//b`, `..`, an absolute path).
    case invalidName(InvalidKey)
  }

  /// The key (a folder's for a whole subtree); nil where the name itself is not a key.
  public let key: ObjectKey?
  /// Why.
  public let reason: Reason

  /// A problem.
  public init(key: ObjectKey?, reason: Reason) {
    self.key = key
    self.reason = reason
  }
}
