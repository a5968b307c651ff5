import Glibc
public import ObjectStorage

/// The keys from one place of a listing to another: `after` is left out, `through` is the last.
public struct ListSpan: Sendable {
  /// Keys in the bucket, prefix included.
  public var after: [UInt8]?
  /// See `after`.
  public var through: [UInt8]?
}

/// What of a bucket is listed, and what its pages must look like.
public struct ListingScope: Sendable {
  /// What keys begin with in the bucket, prefix of the store included.
  public let prefix: [UInt8]
  /// Bytes of the store's own prefix, which its user does not see.
  public let rootLength: Int
  /// What was asked for.
  public let options: ListOptions
  /// The listing, cut at the hints that lie in it.
  public let spans: [ListSpan]

  /// A listing of the keys below `root` that begin with `prefix`.
  public init(root: [UInt8], prefix: KeyPrefix, options: ListOptions) {
    self.prefix = root + prefix.bytes
    rootLength = root.count
    self.options = options
    var after = options.after.map { root + $0.bytes }
    var spans: [ListSpan] = []
    for hint in options.splitHints where options.depth == .recursive && prefix.matches(hint) {
      let key = root + hint.bytes
      if let after, compareBytes(after, key) >= 0 { continue }
      spans.append(ListSpan(after: after, through: key))
      after = key
    }
    spans.append(ListSpan(after: after, through: nil))
    self.spans = spans
  }

  /// Keys must rise bytewise, from page to page too: everything above relies on it.
  /// - Parameter last: the last key before the page.
  /// - Throws: `MalformedListing`.
  public func check(keys: some Sequence<[UInt8]>, folders: [[UInt8]], after last: [UInt8]?) throws {
    var previous = last
    for key in keys {
      guard key.starts(with: prefix) else { throw MalformedListing(reason: "a key does not have the prefix asked for") }
      if let previous, compareBytes(previous, key) >= 0 { throw MalformedListing(reason: "its keys are not in order") }
      previous = key
    }
    previous = last
    for folder in folders {
      guard folder.starts(with: prefix), folder.last == UInt8(ascii: "/") else {
        throw MalformedListing(reason: "a folder does not have the prefix asked for")
      }
      // A folder may be named again by a page that begins inside of it.
      if let previous, compareBytes(previous, folder) >= 0, !previous.starts(with: folder) {
        throw MalformedListing(reason: "its folders are not in order")
      }
      previous = folder
    }
  }

  /// Where to go on if `key` lies in a folder that the caller does not want: behind all of its content.
  public func endOfPrunedFolder(around key: [UInt8]) -> [UInt8]? {
    guard let prune = options.prune, key.count > rootLength else { return nil }
    var index = rootLength
    while let slash = key[index...].firstIndex(of: UInt8(ascii: "/")) {
      index = slash + 1
      guard let folder = try? ObjectKey(Array(key[rootLength..<index])) else { return nil }
      if prune(folder) { return Self.behind(Array(key[..<index])) }
    }
    return nil
  }

  /// A key behind all of a folder's content: U+10FFFD is the last character.
  public static func behind(_ folder: [UInt8]) -> [UInt8] { folder + [0xF4, 0x8F, 0xBF, 0xBD] }

  /// Adds the folders of a page, as the store's user sees them.
  public func add(folders: [[UInt8]], to page: inout ListPage) {
    for folder in folders {
      do { page.folders.append(try ObjectKey(Array(folder[rootLength...]))) } catch {
        page.problems.append(ListProblem(key: nil, reason: .invalidName(error)))
      }
    }
  }

  /// Adds an object of a page, as the store's user sees it.
  /// - Parameters:
  ///   - key: in the bucket.
  ///   - entry: describes the object under the key that it has for the store's user.
  public func add(_ key: [UInt8], size: Int64, to page: inout ListPage, entry: (ObjectKey) -> ObjectEntry) {
    // The marker of the store's own root names nothing in it.
    if key.count == rootLength { return }
    do {
      let key = try ObjectKey(rootLength == 0 ? key : Array(key[rootLength...]))
      if key.isFolder, size > 0 {
        page.problems.append(ListProblem(key: key, reason: .notAFile("a folder's marker with content")))
      } else {
        page.entries.append(entry(key))
      }
    } catch {
      page.problems.append(ListProblem(key: nil, reason: .invalidName(error)))
    }
  }
}

/// How far a span has come.
public struct ListingProgress: Sendable {
  /// The last key or folder seen; nil before the first.
  public private(set) var last: [UInt8]?
  /// Pages in a row that brought the listing no further.
  private var idlePages = 0

  /// At the beginning.
  public init() {}

  /// Notes a page.
  /// - Parameters:
  ///   - key: its last key.
  ///   - folder: its last folder.
  /// - Returns: which of them is the last.
  /// - Throws: `MalformedListing` if pages come and nothing new is in them, for a long time.
  public mutating func note(key: [UInt8]?, folder: [UInt8]?) throws -> [UInt8]? {
    let largest: [UInt8]? =
      if let key, let folder { compareBytes(key, folder) < 0 ? folder : key } else { key ?? folder }
    let isFurther = largest.map { largest in last.map { compareBytes($0, largest) < 0 } ?? true } ?? false
    if let largest { last = largest }
    idlePages = isFurther ? 0 : idlePages + 1
    guard idlePages <= 1000 else { throw MalformedListing(reason: "it does not end") }
    return largest
  }
}

/// Bytewise order: negative, zero or positive.
public func compareBytes(_ left: [UInt8], _ right: [UInt8]) -> Int {
  left.withUnsafeBytes { l in
    right.withUnsafeBytes { r in
      let shared = min(l.count, r.count)
      let order = shared == 0 ? 0 : Int(memcmp(l.baseAddress!, r.baseAddress!, shared))
      return order == 0 ? l.count - r.count : order
    }
  }
}
