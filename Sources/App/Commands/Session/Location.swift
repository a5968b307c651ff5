import Arguments
import Composition
import Configuration
import Files
import Glibc
import ObjectStorage
import Primitives

/// A file or folder in an open store, as an operand names it.
struct Location: Sendable {
  /// The store; its root is the bucket's, or a folder on the way.
  let opened: OpenStore
  /// The place below the root, without slashes at its ends; empty for the root.
  let path: [UInt8]
  /// Whether it can only be a folder: it was written with a slash at its end, or is one.
  let isFolder: Bool
  /// As it was written, safe to show.
  let name: String

  /// The store.
  var store: any ObjectStore { opened.store }

  /// The place as a file's key.
  /// - Throws: `CommandError` for a folder.
  func key() throws -> ObjectKey {
    guard !path.isEmpty, !isFolder else { throw CommandError.usage("\(name) is a folder; name a file") }
    return try ObjectKey(path)
  }

  /// The place as a folder's key; nil for the root.
  func folder() throws -> ObjectKey? { path.isEmpty ? nil : try ObjectKey(path + [0x2F]) }

  /// The file of this name in the folder.
  func file(named child: some Sequence<UInt8>) throws -> ObjectKey { try ObjectKey((path.isEmpty ? [] : path + [0x2F]) + child) }
}

extension Session {
  /// Opens the store that an operand lies in.
  /// - Parameter fromAbove: a folder of this machine is looked at from the one it lies in, so that it can be deleted itself.
  func locate(_ operand: Argument, fromAbove: Bool = false) async throws -> Location {
    let choice = try EndChoice(operand, environment: call.console.environment)
    let name = operand.display
    let hasSlash = choice.text.prefix { $0 != UInt8(ascii: "?") }.last == UInt8(ascii: "/")
    switch choice.end {
    case .local(let path): return try await locate(folderOrFile: path, hasSlash: hasSlash, fromAbove: fromAbove, name: name)
    case .service(let end):
      return Location(
        opened: try await open(EndChoice(.service(end.root))), path: end.prefix.bytes,
        isFolder: end.prefix.bytes.isEmpty || hasSlash, name: name)
    case .store(let store, let prefix):
      let root = EndChoice(.store(name: store, prefix: .root))
      return Location(opened: try await open(root), path: prefix.bytes, isFolder: prefix.bytes.isEmpty || hasSlash, name: name)
    case .memory: return Location(opened: try await open(choice), path: [], isFolder: true, name: name)
    }
  }

  /// The root is the path itself if it is a folder, else the nearest folder above it that is there.
  private func locate(folderOrFile path: [UInt8], hasSlash: Bool, fromAbove: Bool, name: String) async throws -> Location {
    var root = path
    var rest: [UInt8] = []
    while root.count > 1, root.last == 0x2F { root.removeLast() }
    let isFolder = SmallFile.isFolder(root)
    var mustClimb = fromAbove
    while mustClimb || !SmallFile.isFolder(root), root.count > 1 {
      mustClimb = false
      let slash = root.lastIndex(of: 0x2F) ?? 0
      rest = Array(root[(slash + 1)...]) + (rest.isEmpty ? [] : [0x2F] + rest)
      root = slash == 0 ? [0x2F] : Array(root[..<slash])
      while root.count > 1, root.last == 0x2F { root.removeLast() }
    }
    return Location(
      opened: try await open(EndChoice(local: root)), path: rest, isFolder: rest.isEmpty || isFolder || hasSlash, name: name)
  }
}
