import ObjectStorage
import StoreLayers

extension PathWorker {
  /// Where `A` and `a` are one name, a path that is new there may find another one in its place: then it gets a name of its own there.
  func givesOtherName(_ operation: Operation) async throws -> Bool {
    let side = operation.side
    guard context.capabilities[side].names.foldsCase, operation.entry(side) == nil,
      operation.kind == .transfer || operation.kind == .move,
      let store = context.ends[side] as? AliasedStore
    else { return false }
    do {
      // Somebody may have made exactly this path meanwhile: that is another matter.
      let listing = store.list(
        operation.key.parent.map { KeyPrefix(folder: $0) } ?? .all, ListOptions(depth: .oneLevel))
      while let page = try await listing.next() {
        if page.entries.contains(where: { $0.key == operation.key }) { return false }
      }
      return try store.callOtherwise(operation.key)
    } catch let error as StorageError where error.code != .cancelled {
      return false
    }
  }
}
