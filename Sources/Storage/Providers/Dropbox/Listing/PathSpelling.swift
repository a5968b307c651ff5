import ObjectStorage

/// Gives each line of a listing the spelling that its folders have themselves: the service promises only the last part of a path.
///
/// Lines come in their order, so that the folders around a line are the ones that came last. What was deleted or replaced while the
/// listing was under way is left out, with all that was in it before.
struct PathSpelling {
  /// What is at a path, with the key's bytes below the listed folder.
  struct Found {
    let line: FoundLine
    /// A folder's without its slash.
    let path: [UInt8]
  }

  private struct Frame {
    let order: [UInt8]
    /// The folder's path; nil of a file.
    let path: [UInt8]?
    /// What lies below and came before this is gone.
    let barrier: UInt64
    let isPruned: Bool
  }

  private let isPruned: (_ folder: [UInt8]) -> Bool
  private var frames: [Frame] = []
  /// The latest line of the path that is being read, and what it leaves of those below.
  private var held: (line: FoundLine, barrier: UInt64)?

  /// - Parameter isPruned: whether nobody wants what lies in a folder, named by its path.
  init(isPruned: @escaping (_ folder: [UInt8]) -> Bool) { self.isPruned = isPruned }

  /// Takes the next line.
  /// - Returns: what is at the path before it, if that is another.
  mutating func take(_ line: FoundLine) -> Found? {
    let barrier = line.kind == .folder ? 0 : line.sequence
    if let held, held.line.order == line.order {
      self.held = (line, max(held.barrier, barrier))
      return nil
    }
    defer { held = (line, barrier) }
    return finish()
  }

  /// What is at the last path.
  mutating func finish() -> Found? {
    guard let (line, barrier) = held else { return nil }
    held = nil
    while let top = frames.last, !Self.isBelow(line.order, top.order) { frames.removeLast() }
    let isGone = frames.contains { $0.barrier > line.sequence } || line.kind == .deleted
    let isUnwanted = frames.last?.isPruned ?? false
    let shown = Array(line.entry.key.withoutSlash)
    let name = line.entry.key.name
    let parent = line.order.lastIndex(of: 0).map { Array(line.order[..<$0]) } ?? []
    var path = shown
    if parent.isEmpty {
      path = Array(name)
    } else if let top = frames.last, top.order == parent, let folder = top.path {
      path = folder + [UInt8(ascii: "/")] + name
    }
    let isFolder = line.kind == .folder && !isGone
    frames.append(
      Frame(
        order: line.order, path: isFolder ? path : nil, barrier: barrier,
        isPruned: isUnwanted || isFolder && isPruned(path)))
    return isGone || isUnwanted ? nil : Found(line: line, path: path)
  }

  private static func isBelow(_ order: [UInt8], _ folder: [UInt8]) -> Bool {
    order.count > folder.count && order[folder.count] == 0 && order.starts(with: folder)
  }
}
