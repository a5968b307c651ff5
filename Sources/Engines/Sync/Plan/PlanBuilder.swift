import Catalog
import ObjectStorage

/// Merge-joins the two sides and the base, and asks the planner about each path. One pass, in key order; memory does not grow with
/// the trees.
struct PlanBuilder {
  let planner: Planner
  let filter: Filter
  let realFolders: BothSides<Bool>

  /// Goes through the trees.
  /// - Parameters:
  ///   - left: the left side.
  ///   - right: the right side.
  ///   - base: the next entry of the base, in key order.
  ///   - progress: called every few thousand paths with their number.
  ///   - emit: takes each operation; not in the order of phases.
  func run(
    left: TreeReader, right: TreeReader, base: () throws -> BaseEntry?, progress: (Int) -> Void, emit: (Operation) throws -> Void
  ) async throws {
    var tracker = FolderTracker(realFolders: realFolders, direction: planner.direction)
    var baseHead = try base()
    var seen = 0
    while true {
      let leftHead = try await left.peek()
      let rightHead = try await right.peek()
      guard let key = least(leftHead?.key, rightHead?.key, baseHead?.key) else { break }
      seen += 1
      if seen & 0x3FF == 0 {
        progress(seen)
        // One long merge must not hold the loop: other transfers and timers live on it.
        await Task.yield()
        try Task.checkCancellation()
      }
      var leftSeen = left.isUnknown(key) ? Observation.unknown : .absent
      if let head = leftHead, head.key == key {
        leftSeen = head.observation
        left.advance()
      }
      var rightSeen = right.isUnknown(key) ? Observation.unknown : .absent
      if let head = rightHead, head.key == key {
        rightSeen = head.observation
        right.advance()
      }
      var agreed: BaseEntry?
      if let head = baseHead, head.key == key {
        agreed = head
        baseHead = try base()
        (leftSeen, rightSeen) = (leftSeen.sized(by: head, on: .left), rightSeen.sized(by: head, on: .right))
      }

      try tracker.leave(for: key, emit: emit)
      if isExcluded(key, leftSeen, rightSeen) {
        if leftSeen.isPresent { tracker.keep(on: .left) }
        if rightSeen.isPresent { tracker.keep(on: .right) }
        // "In step" is no longer known of it; it is not deleted, here or when the filter changes back.
        if agreed != nil { try emit(Operation(.forget, key, on: .left, base: agreed)) }
        continue
      }
      if key.isFolder {
        let decision = planner.folder(key, left: leftSeen, right: rightSeen, base: agreed)
        tracker.enter(key, decision, left: leftSeen, right: rightSeen, base: agreed)
        continue
      }
      let operation = planner.file(key, left: leftSeen, right: rightSeen, base: agreed)
      keep(after: operation, left: leftSeen, right: rightSeen, in: &tracker)
      if let operation { try emit(operation) }
    }
    try tracker.leave(for: nil, emit: emit)
    progress(seen)
  }

  private func isExcluded(_ key: ObjectKey, _ left: Observation, _ right: Observation) -> Bool {
    if filter.excludesName(key) { return true }
    if let entry = left.entry, filter.excludesContent(entry) { return true }
    if let entry = right.entry, filter.excludesContent(entry) { return true }
    return false
  }

  private func keep(after operation: Operation?, left: Observation, right: Observation, in tracker: inout FolderTracker) {
    switch operation?.kind {
    case nil:
      if left != .absent { tracker.keep(on: .left) }
      if right != .absent { tracker.keep(on: .right) }
    case .delete?, .forget?:
      // What a one-way run leaves alone on the right stays.
      if operation?.kind == .forget, right.isPresent { tracker.keep(on: .right) }
    default:
      tracker.keep(on: .left)
      tracker.keep(on: .right)
    }
  }

  private func least(_ a: ObjectKey?, _ b: ObjectKey?, _ c: ObjectKey?) -> ObjectKey? {
    var result = a
    if let b { result = result.map { min($0, b) } ?? b }
    if let c { result = result.map { min($0, c) } ?? c }
    return result
  }
}
