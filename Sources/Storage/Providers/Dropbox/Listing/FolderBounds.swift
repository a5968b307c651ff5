/// The folder that a listing, or what tells of changes, must keep to.
///
/// The service folds case in a way of its own: a path that is spelled as the folder is counts as well as the folded one.
struct FolderBounds: Sendable {
  /// How many names lead to it.
  let depth: Int
  /// They, in lower case.
  private let names: [String]
  /// The usual beginning of a folded path in it.
  private let folded: [UInt8]

  /// - Parameter folder: empty, or bytes that end in `/`.
  init(_ folder: [UInt8]) {
    names = folder.split(separator: UInt8(ascii: "/")).map(Self.folded)
    depth = names.count
    folded = [UInt8(ascii: "/")] + names.flatMap { Array($0.utf8) + [UInt8(ascii: "/")] }
  }

  /// Whether an entry is in the folder, is the folder itself, or leads to it.
  func hold(_ entry: FileResource) -> Bool {
    if let lower = entry.lowerPath, lower.starts(with: folded) { return true }
    // Equal also where one is composed and the other is not.
    return [entry.lowerPath, entry.displayPath].contains { path in
      path.map { zip($0.split(separator: UInt8(ascii: "/")), names).allSatisfy { Self.folded($0) == $1 } } ?? false
    }
  }

  private static func folded(_ name: ArraySlice<UInt8>) -> String { String(decoding: name, as: UTF8.self).lowercased() }
}
