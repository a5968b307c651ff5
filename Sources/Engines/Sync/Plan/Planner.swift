public import Catalog
public import ObjectStorage

/// Decides what to do about one path from what the three trees hold there. Pure: no I/O, no clock, no randomness.
public struct Planner: Sendable {
  /// Which way changes flow.
  public let direction: SyncDirection
  /// Read unchanged files again.
  public let rehash: Bool

  /// A planner.
  public init(direction: SyncDirection, rehash: Bool = false) {
    self.direction = direction
    self.rehash = rehash
  }

  /// What to do about a file.
  /// - Returns: the operation, or nil if nothing is to be done.
  public func file(_ key: ObjectKey, left: Observation, right: Observation, base: BaseEntry?) -> Operation? {
    // What cannot be looked at is neither there nor gone.
    if left == .unknown || right == .unknown { return nil }
    let kind: (Operation.Kind, PairSide)?
    switch direction {
    case _ where key == Filter.storeKeys: kind = storeKeys(left.entry, right.entry, base)
    case .twoWay: kind = twoWay(left.entry, right.entry, base)
    case .copy, .mirror: kind = oneWay(left.entry, right.entry, base)
    }
    guard let (what, side) = kind else { return nil }
    return Operation(what, key, on: side, left: left.entry, right: right.entry, base: base)
  }

  private func twoWay(_ left: ObjectEntry?, _ right: ObjectEntry?, _ base: BaseEntry?) -> (Operation.Kind, PairSide)? {
    guard let base else {
      switch (left, right) {
      case (nil, nil): return nil
      case (.some, nil): return (.transfer, .right)
      case (nil, .some): return (.transfer, .left)
      case (let left?, let right?): return (left.mayEqual(right) ? .compare : .conflict, .right)
      }
    }
    switch (left, right) {
    case (nil, nil): return (.forget, .left)
    case (let left?, nil):
      // An edit is worth more than a delete: it survives and is visible again.
      return changed(left, base.left) ? (.transfer, .right) : (.delete, .left)
    case (nil, let right?): return changed(right, base.right) ? (.transfer, .left) : (.delete, .right)
    case (let left?, let right?):
      switch (changed(left, base.left), changed(right, base.right)) {
      case (false, false): return rehash ? (.verify, .right) : nil
      case (true, false): return (.transfer, .right)
      case (false, true): return (.transfer, .left)
      case (true, true): return (left.mayEqual(right) ? .compare : .conflict, .right)
      }
    }
  }

  private func oneWay(_ left: ObjectEntry?, _ right: ObjectEntry?, _ base: BaseEntry?) -> (Operation.Kind, PairSide)? {
    switch (left, right) {
    case (nil, nil): return base == nil ? nil : (.forget, .left)
    case (.some, nil): return (.transfer, .right)
    case (nil, .some): return direction == .mirror ? (.delete, .right) : base == nil ? nil : (.forget, .left)
    case (let left?, let right?):
      guard let base else { return (left.mayEqual(right) ? .compare : .transfer, .right) }
      let changedLeft = changed(left, base.left)
      let changedRight = changed(right, base.right)
      if !changedLeft, !changedRight { return rehash ? (.verify, .right) : nil }
      if changedLeft, changedRight, left.mayEqual(right) { return (.compare, .right) }
      return (.transfer, .right)
    }
  }

  /// The keys of an encrypted store are created and renewed on the other side, and nothing else: never deleted, and never replaced by
  /// others, by which nothing there could be opened. What is not known to be a renewal is compared, and may not differ.
  private func storeKeys(_ left: ObjectEntry?, _ right: ObjectEntry?, _ base: BaseEntry?) -> (Operation.Kind, PairSide)? {
    switch (left, right) {
    case (nil, nil): return base == nil ? nil : (.forget, .left)
    case (.some, nil): return (.transfer, .right)
    case (nil, .some): return direction == .twoWay ? (.transfer, .left) : base == nil ? nil : (.forget, .left)
    case (let left?, let right?):
      guard let base else { return (.compare, .right) }
      switch (changed(left, base.left), changed(right, base.right)) {
      case (false, false): return rehash ? (.verify, .right) : nil
      case (true, false): return (.transfer, .right)
      case (false, true): return direction == .twoWay ? (.transfer, .left) : (.compare, .right)
      case (true, true): return (.compare, .right)
      }
    }
  }

  private func changed(_ entry: ObjectEntry, _ base: SideState) -> Bool { entry.version != base.version }

  /// What to do about a folder, and whether it will exist afterwards.
  public func folder(_ key: ObjectKey, left: Observation, right: Observation, base: BaseEntry?) -> (Operation?, remains: Bool) {
    if left == .unknown || right == .unknown { return (nil, true) }
    func operation(_ kind: Operation.Kind, _ side: PairSide) -> Operation {
      Operation(kind, key, on: side, left: left.entry, right: right.entry, base: base)
    }
    switch (left.isPresent, right.isPresent) {
    case (false, false): return (base == nil ? nil : operation(.forget, .left), false)
    case (true, true): return (base == nil ? operation(.adoptFolder, .right) : nil, true)
    case (true, false):
      if base == nil || direction != .twoWay { return (operation(.createFolder, .right), true) }
      return (operation(.deleteFolder, .left), false)
    case (false, true):
      switch direction {
      case .twoWay: return base == nil ? (operation(.createFolder, .left), true) : (operation(.deleteFolder, .right), false)
      case .mirror: return (operation(.deleteFolder, .right), false)
      case .copy: return (base == nil ? nil : operation(.forget, .left), false)
      }
    }
  }
}
