public import ObjectStorage
public import Primitives

/// Which paths take part in a run. What does not take part is left alone on both sides: newly ignored is never deleted.
public struct Filter: Sendable {
  /// Left out, unless a later pattern with `!` takes it back.
  public var exclude: [IgnorePattern]
  /// If not empty, only files that match one of these take part.
  public var include: [IgnorePattern]
  /// Files smaller than this many bytes are left out.
  public var minimumSize: Int64?
  /// Files larger than this many bytes are left out.
  public var maximumSize: Int64?
  /// Files modified before this moment are left out.
  public var notBefore: Timestamp?
  /// Files modified after this moment are left out.
  public var notAfter: Timestamp?

  /// The folder at every root that holds Isobar's own objects.
  public static let reserved = Array(".isobar/".utf8)

  /// The keys of an encrypted store whose files are carried as they are stored: without them no copy could ever be opened. Of Isobar's own
  /// objects the only one that takes part, whatever is left out.
  public static let storeKeys = ObjectKey(trusted: reserved + Array("encryption".utf8))

  /// A filter; by default everything takes part.
  public init(
    exclude: [IgnorePattern] = [], include: [IgnorePattern] = [], minimumSize: Int64? = nil, maximumSize: Int64? = nil,
    notBefore: Timestamp? = nil, notAfter: Timestamp? = nil
  ) {
    self.exclude = exclude
    self.include = include
    self.minimumSize = minimumSize
    self.maximumSize = maximumSize
    self.notBefore = notBefore
    self.notAfter = notAfter
  }

  /// Whether a whole folder is left out, so that it need not be listed.
  public func prunes(_ folder: ObjectKey) -> Bool {
    if folder.bytes.starts(with: Self.reserved) { return folder.bytes.count > Self.reserved.count }
    return !exclude.isEmpty && excludes(folder.bytes)
  }

  /// Whether a path is left out by its name.
  public func excludesName(_ key: ObjectKey) -> Bool {
    if key == Self.storeKeys { return false }
    // A file of that name would be in the way of the folder.
    if key.bytes.starts(with: Self.reserved) || key.bytes[...] == Self.reserved.dropLast() { return true }
    if !exclude.isEmpty, excludes(key.bytes) { return true }
    if include.isEmpty { return false }
    // Patterns include files; the folders on the way to them come into being with them.
    if key.isFolder { return true }
    return !matchesAny(include, key.bytes)
  }

  /// Whether a file is left out by its size or age, as far as the entry knows them.
  public func excludesContent(_ entry: ObjectEntry) -> Bool {
    if entry.key.isFolder || entry.key == Self.storeKeys { return false }
    if entry.knowsContentSize {
      if let minimumSize, entry.size < minimumSize { return true }
      if let maximumSize, entry.size > maximumSize { return true }
    }
    if notBefore != nil || notAfter != nil, let time = entry.modified ?? entry.stored {
      if let notBefore, time < notBefore { return true }
      if let notAfter, time > notAfter { return true }
    }
    return false
  }

  /// As git does it: the last pattern that matches decides, and what lies in an excluded folder cannot be taken back.
  private func excludes(_ key: [UInt8]) -> Bool {
    for (index, byte) in key.enumerated() where byte == UInt8(ascii: "/") {
      if lastMatch(key[..<index], isFolder: true) { return true }
    }
    return key.last == UInt8(ascii: "/") ? false : lastMatch(key[...], isFolder: false)
  }

  private func lastMatch(_ path: ArraySlice<UInt8>, isFolder: Bool) -> Bool {
    for pattern in exclude.reversed() where pattern.matches(path, isFolder: isFolder) { return !pattern.negated }
    return false
  }

  private func matchesAny(_ patterns: [IgnorePattern], _ key: [UInt8]) -> Bool {
    var matched = false
    for pattern in patterns {
      var hit = pattern.matches(key[...], isFolder: false)
      if !hit {
        // A pattern that names a folder includes all that is in it.
        for (index, byte) in key.enumerated() where byte == UInt8(ascii: "/") && !hit {
          hit = pattern.matches(key[..<index], isFolder: true)
        }
      }
      if hit { matched = !pattern.negated }
    }
    return matched
  }
}
