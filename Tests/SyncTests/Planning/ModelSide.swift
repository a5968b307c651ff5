import Catalog
import ObjectStorage
import Primitives

@testable import Sync

/// One side of a model: files with a number for their content, and folders. A folder of a disk has identities and lists its folders; a
/// bucket's versions name the content, and it has no folders but markers.
struct ModelSide: Hashable {
  struct File: Hashable {
    var content: Int
    var identity: Int
  }

  let isFolder: Bool
  var files: [String: File] = [:]
  /// Folders of a disk, markers of a bucket.
  var folders: Set<String> = []
  private var lastIdentity = 0

  init(isFolder: Bool) { self.isFolder = isFolder }

  var contents: [String: Int] { files.mapValues(\.content) }

  /// Puts content under a name; a new file of a disk is another one than the one that it replaces.
  mutating func put(_ content: Int, at name: String) {
    lastIdentity += 1
    files[name] = File(content: content, identity: lastIdentity)
    makeParents(of: name)
  }

  mutating func move(_ old: String, to new: String) {
    files[new] = files.removeValue(forKey: old)
    makeParents(of: new)
  }

  mutating func makeParents(of name: String) {
    if isFolder { for end in name.indices where name[end] == "/" { folders.insert(String(name[...end])) } }
  }

  func hasContent(_ folder: String) -> Bool {
    files.keys.contains { $0.hasPrefix(folder) } || folders.contains { $0 != folder && $0.hasPrefix(folder) }
  }

  /// What a listing says of a file; nil if there is none.
  func entry(_ name: String) -> ObjectEntry? {
    guard let file = files[name] else { return nil }
    return ObjectEntry(
      key: try! ObjectKey(name), size: Self.size(file.content), version: version(file),
      modified: isFolder ? Timestamp(seconds: Int64(file.content)) : nil,
      identity: isFolder ? Array("\(file.identity)".utf8) : nil)
  }

  func state(_ name: String) -> SideState {
    entry(name).map { SideState(version: $0.version, modified: $0.modified, identity: $0.identity) } ?? SideState()
  }

  private func version(_ file: File) -> ObjectVersion {
    ObjectVersion(isFolder ? "\(file.content):\(file.identity)" : "e\(file.content)")
  }

  /// Some contents are equally long.
  static func size(_ content: Int) -> Int64 { Int64(10 + content % 2) }

  /// All that a listing gives.
  var listing: ModelListing {
    var entries = files.keys.compactMap(entry)
    for folder in folders {
      entries.append(
        ObjectEntry(
          key: try! ObjectKey(folder), size: 0, version: ObjectVersion("folder"), identity: isFolder ? Array(folder.utf8) : nil))
    }
    return ModelListing(entries.sorted { $0.key < $1.key })
  }
}

final class ModelListing: Listing {
  private let entries: [ObjectEntry]
  private nonisolated(unsafe) var isDone = false

  init(_ entries: [ObjectEntry]) { self.entries = entries }

  func next() async -> ListPage? {
    defer { isDone = true }
    return isDone ? nil : ListPage(entries: entries)
  }
}
