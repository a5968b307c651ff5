import Catalog
import ObjectStorage

/// Decides about folders when all that lies in them is known: an object store needs a marker only for a folder that is empty, and
/// a folder is deleted only when nothing stays in it. Memory: one frame for each component of the current path.
struct FolderTracker {
  private struct Frame {
    let key: ObjectKey
    let operation: Operation?
    let remains: Bool
    let left: Observation
    let right: Observation
    let base: BaseEntry?
    var live = BothSides(left: false, right: false)
  }

  private let realFolders: BothSides<Bool>
  private let direction: SyncDirection
  private var frames: [Frame] = []

  init(realFolders: BothSides<Bool>, direction: SyncDirection) {
    self.realFolders = realFolders
    self.direction = direction
  }

  /// Closes the folders that `key` does not lie in, innermost first.
  mutating func leave(for key: ObjectKey?, emit: (Operation) throws -> Void) rethrows {
    while let frame = frames.last {
      if let key, key.isBelow(frame.key) { return }
      frames.removeLast()
      let closed = decide(frame)
      for operation in closed.operations { try emit(operation) }
      if !frames.isEmpty {
        for side in PairSide.allCases where closed.live[side] { frames[frames.count - 1].live[side] = true }
      }
    }
  }

  /// Enters a folder.
  mutating func enter(
    _ key: ObjectKey, _ decision: (Operation?, remains: Bool), left: Observation, right: Observation, base: BaseEntry?
  ) {
    frames.append(Frame(key: key, operation: decision.0, remains: decision.remains, left: left, right: right, base: base))
  }

  /// Notes that something in the current folder will be there on `side` after the run.
  mutating func keep(on side: PairSide) {
    if !frames.isEmpty { frames[frames.count - 1].live[side] = true }
  }

  private func decide(_ frame: Frame) -> (operations: [Operation], live: BothSides<Bool>) {
    var live = frame.live
    var operations: [Operation] = []
    func make(_ kind: Operation.Kind, _ side: PairSide) -> Operation {
      Operation(kind, frame.key, on: side, left: frame.left.entry, right: frame.right.entry, base: frame.base)
    }
    switch frame.operation?.kind {
    case .createFolder:
      let side = frame.operation!.side
      operations.append(make(realFolders[side] || !live[side] ? .createFolder : .adoptFolder, side))
      live = BothSides(left: true, right: true)
    case .deleteFolder:
      let side = frame.operation!.side
      if live[side] { break }
      let isThere = (side == .left ? frame.left : frame.right).entry != nil
      if isThere {
        operations.append(make(.deleteFolder, side))
      } else if frame.base != nil {
        operations.append(make(.forget, side))
      }
    case .forget:
      if !live.left, !live.right { operations.append(frame.operation!) }
    default:
      if let operation = frame.operation { operations.append(operation) }
      if frame.remains {
        for side in PairSide.allCases where mayChange(side) && !realFolders[side] && !live[side] && needsMarker(frame, side) {
          operations.append(make(.createFolder, side))
        }
        live = BothSides(left: true, right: true)
      }
    }
    return (operations, live)
  }

  private func mayChange(_ side: PairSide) -> Bool { direction == .twoWay || side == .right }

  /// A folder that only its content implied, and whose content goes, vanishes unless it gets a marker.
  private func needsMarker(_ frame: Frame, _ side: PairSide) -> Bool {
    (side == .left ? frame.left : frame.right) == .implicitFolder
  }
}
