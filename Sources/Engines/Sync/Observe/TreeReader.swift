public import ObjectStorage

/// One side's tree as a sorted stream of paths, folders before what is in them.
///
/// An object store lists no folders, so they are made up from the keys: `a/b/c` implies `a/` and `a/b/`. The order stays right
/// because `a/` is the least key that begins with `a/`. Memory: one page of the listing and one path. Used by one task.
public final class TreeReader {
  /// One path.
  public struct Item: Sendable {
    /// The path; it ends in `/` for a folder.
    public let key: ObjectKey
    /// Nil for a folder that only its content implies.
    public let entry: ObjectEntry?
    var observation: Observation { entry.map(Observation.present) ?? .implicitFolder }
  }

  /// What could not be looked at, in the order met; the first `problemLimit`.
  public private(set) var problems: [ListProblem] = []
  /// How much could not be looked at.
  public private(set) var problemCount = 0
  /// The most problems that are kept to be shown.
  public static let problemLimit = 10_000
  /// How many files were seen, without Isobar's own.
  public private(set) var fileCount = 0

  /// How many of them have further names (hard links).
  public private(set) var linkedFiles = 0

  private let listing: any Listing
  private let impliesFolders: Bool
  private var page: [ObjectEntry] = []
  private var position = 0
  private var ended = false
  private var head: Item?
  private var waiting: [Item] = []
  private var openFolder: [UInt8] = []
  private var unknown: Set<[UInt8]> = []

  /// Reads `listing`.
  /// - Parameter impliesFolders: whether folders are made up; see `StoreIdentity.listsFolders`.
  public init(listing: any Listing, impliesFolders: Bool) {
    self.listing = listing
    self.impliesFolders = impliesFolders
  }

  /// The next path, not yet taken; nil at the end.
  public func peek() async throws -> Item? {
    if let head { return head }
    if let item = waiting.popLast() {
      head = item
      return item
    }
    guard let entry = try await nextEntry() else { return nil }
    if !entry.key.isFolder, !entry.key.bytes.starts(with: Filter.reserved) { fileCount += 1 }
    let item = Item(key: entry.key, entry: entry)
    if impliesFolders { implyFolders(before: item) }
    head = waiting.popLast() ?? item
    return head
  }

  /// The next entry whose name is that of no other. Several objects of one name (some stores have them) are one problem: which of them
  /// a path means nobody can tell, so that all of them are left alone.
  private func nextEntry() async throws -> ObjectEntry? {
    while let entry = try await look() {
      position += 1
      var count = 1
      while let other = try await look(), other.key <= entry.key {
        guard other.key == entry.key else { throw Disorder(key: other.key) }
        position += 1
        count += 1
      }
      if count == 1 { return entry }
      note([ListProblem(key: entry.key, reason: .notAFile("there are \(count) objects of this name: rename all but one of them"))])
    }
    return nil
  }

  /// The entry at the position, not yet taken.
  private func look() async throws -> ObjectEntry? {
    while position == page.count {
      if ended { return nil }
      guard let next = try await listing.next() else {
        ended = true
        return nil
      }
      page = next.entries
      position = 0
      note(next.problems)
      linkedFiles += next.linkedFiles
    }
    return page[position]
  }

  /// A store that does not list in order: what seems to be missing may only come later.
  private struct Disorder: Error, CustomStringConvertible {
    let key: ObjectKey
    var description: String {
      "the store does not list its names in order (“\(key)” comes too late): nothing is concluded from that"
    }
  }

  /// Removes what `peek` gave.
  public func advance() { head = nil }

  /// Whether nothing may be concluded from the absence of `key`. Right for every key up to the one `peek` gives.
  public func isUnknown(_ key: ObjectKey) -> Bool {
    if unknown.isEmpty { return false }
    if unknown.contains(key.bytes) { return true }
    if key.isFolder, unknown.contains(Array(key.withoutSlash)) { return true }
    for (index, byte) in key.bytes.enumerated() where byte == UInt8(ascii: "/") {
      if unknown.contains(Array(key.bytes[...index])) || unknown.contains(Array(key.bytes[..<index])) { return true }
    }
    return false
  }

  private func note(_ found: [ListProblem]) {
    for problem in found {
      problemCount += 1
      if problems.count < Self.problemLimit { problems.append(problem) }
      if let key = problem.key { unknown.insert(key.bytes) }
    }
  }

  /// Queues the folders on the way to `item` that have not been given yet, outermost first, then `item`.
  private func implyFolders(before item: Item) {
    let path = item.key.bytes
    var shared = 0
    while shared < openFolder.count, shared < path.count, openFolder[shared] == path[shared] { shared += 1 }
    // Only whole components are shared.
    while shared > 0, openFolder[shared - 1] != UInt8(ascii: "/") { shared -= 1 }
    let end = item.key.isFolder ? path.count - 1 : path.count
    var made: [Item] = []
    var index = shared
    while index < end {
      if path[index] == UInt8(ascii: "/") {
        made.append(Item(key: ObjectKey(trusted: Array(path[...index])), entry: nil))
      }
      index += 1
    }
    if let lastSlash = path.lastIndex(of: UInt8(ascii: "/")) {
      openFolder = Array(path[...lastSlash])
    } else {
      openFolder = []
    }
    guard !made.isEmpty else { return }
    waiting = [item] + made.reversed()
  }
}
