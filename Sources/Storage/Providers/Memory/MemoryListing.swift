import Concurrency
import ObjectStorage

/// The pages of one listing of a `MemoryStore`; each page is one moment of the store.
final class MemoryListing: Listing {
  private struct Progress {
    /// The next key's bytes are not less than these; nil at the end.
    var from: [UInt8]?
    /// The folder that was folded or pruned last: it is not given again.
    var skipped: [UInt8] = []
  }

  private let state: Lock<MemoryState>
  private let prefix: KeyPrefix
  private let options: ListOptions
  private let pageSize: Int
  private let progress: Lock<Progress>

  init(_ state: Lock<MemoryState>, _ prefix: KeyPrefix, _ options: ListOptions, pageSize: Int) {
    self.state = state
    self.prefix = prefix
    self.options = options
    self.pageSize = min(max(options.pageSize ?? pageSize, 1), 100_000)
    // A key's successor is the key with a zero byte behind it.
    let after = options.after.map { $0.bytes + [0] } ?? []
    progress = Lock(Progress(from: after.lexicographicallyPrecedes(prefix.bytes) ? prefix.bytes : after))
  }

  func next() async throws -> ListPage? {
    try Task.checkCancellation()
    // The user's filter runs under the lock: it is a pure look at a name.
    return progress.withLock { progress in
      guard let from = progress.from else { return nil }
      return state.withLock { page(of: $0, from: from, &progress) }
    }
  }

  private func page(of state: borrowing MemoryState, from: [UInt8], _ progress: inout Progress) -> ListPage? {
    var page = ListPage()
    var position = state.keys.position(of: from)
    while let key = state.keys.next(&position) {
      guard prefix.matches(key) else { break }
      if page.entries.count + page.folders.count >= pageSize {
        progress.from = key.bytes
        return page
      }
      if let folder = folded(key) {
        if options.after.map({ $0 < folder }) ?? true { page.folders.append(folder) }
        position = state.keys.position(of: successor(ofAllBelow: folder))
        continue
      }
      if let folder = pruned(key) {
        position = state.keys.position(of: successor(ofAllBelow: folder))
        continue
      }
      if let object = state.objects[key] { page.entries.append(state.entry(key, object, listed: true)) }
    }
    progress.from = nil
    return page.entries.isEmpty && page.folders.isEmpty ? nil : page
  }

  /// The folder on the next level that `key` is folded into, if levels are wanted one at a time.
  private func folded(_ key: ObjectKey) -> ObjectKey? {
    guard options.depth == .oneLevel,
      let slash = key.bytes[min(prefix.bytes.count, key.bytes.count)...].firstIndex(of: UInt8(ascii: "/"))
    else { return nil }
    return ObjectKey(trusted: Array(key.bytes[...slash]))
  }

  /// The outermost folder above `key` that need not be looked into.
  private func pruned(_ key: ObjectKey) -> ObjectKey? {
    guard let prune = options.prune else { return nil }
    for index in prefix.bytes.count..<max(key.bytes.count - 1, prefix.bytes.count) where key.bytes[index] == UInt8(ascii: "/") {
      let folder = ObjectKey(trusted: Array(key.bytes[...index]))
      if prune(folder) { return folder }
    }
    return nil
  }

  /// The first bytes behind everything in `folder`: its name with the byte that follows the slash.
  private func successor(ofAllBelow folder: ObjectKey) -> [UInt8] { folder.withoutSlash + [UInt8(ascii: "/") + 1] }
}
