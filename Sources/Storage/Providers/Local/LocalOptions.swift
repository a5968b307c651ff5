public import Primitives

/// How a folder acts as a store.
public struct LocalOptions: Sendable {
  /// What symbolic links are.
  public enum Links: Hashable, Sendable {
    /// A problem in the listing (`ListProblem.Reason.notAFile`); never read, replaced or removed.
    case skip
    /// The file or folder they lead to, as long as that lies below the root: for reading. A link that leaves the root, leads nowhere or
    /// back to a folder above is a problem in the listing. Nothing is written through a link or in place of one.
    case follow
    /// Small files that hold the link's text: the link `x` is the key `x.rclonelink`, in the form that rclone's `--links` uses. Writing
    /// such a key makes a link. Texts are carried as they are and never followed.
    case asLinkFiles
  }

  /// When what was written survives a power loss.
  public enum Durability: Hashable, Sendable {
    /// Once `flush` has returned: one sync of the file system for a whole batch, instead of two waits for the disk per file.
    case atFlush
    /// Once each write has returned: the content is synced before the file gets its name, the folder after. Milliseconds per file.
    case everyWrite
  }

  /// Make the folder, and those above it, if it is not there.
  public var create: Bool
  /// See `Links`.
  public var links: Links
  /// See `Durability`.
  public var durability: Durability
  /// Report permission bits and set the ones a write asks for. Off, a new file gets what the umask leaves of 0666, and one that replaces
  /// another gets that one's.
  public var preserveMode: Bool
  /// Keep media type and user metadata in extended attributes (`user.isobar.type`, `user.isobar.meta.NAME`). Dropped from the
  /// capabilities where the file system has none.
  public var metadataAttributes: Bool
  /// Go into folders that are on another file system than the root. Off, such a folder is a problem in the listing: what is
  /// mounted there is neither synced nor taken for deleted.
  public var crossDevices: Bool
  /// The time of day, to tell whether a file changed only just now.
  public var clock: WallClock

  /// Options; by default an existing folder whose links are skipped, durable at `flush`, with all metadata.
  public init(
    create: Bool = false, links: Links = .skip, durability: Durability = .atFlush, preserveMode: Bool = true,
    metadataAttributes: Bool = true, crossDevices: Bool = true, clock: WallClock = .system
  ) {
    self.create = create
    self.links = links
    self.durability = durability
    self.preserveMode = preserveMode
    self.metadataAttributes = metadataAttributes
    self.crossDevices = crossDevices
    self.clock = clock
  }
}
