import Catalog
import ObjectStorage

extension SyncAction {
  /// The line that the history keeps of it; nil for what nobody would look for.
  func result(_ operation: Operation) -> OperationResult? {
    switch self {
    case .transferred(let side, let bytes):
      OperationResult(key: operation.key, action: operation.entry(side) == nil ? .create : .replace, side: side, bytes: bytes)
    case .adopted: OperationResult(key: operation.key, action: .adopt)
    case .metadata(let side): OperationResult(key: operation.key, action: .metadata, side: side)
    case .moved(let side, let old): OperationResult(key: operation.key, action: .move, side: side, message: "from \(old)")
    case .deleted(let side), .folderDeleted(let side): OperationResult(key: operation.key, action: .delete, side: side)
    case .folderCreated(let side): OperationResult(key: operation.key, action: .create, side: side)
    case .nothing: nil
    }
  }
}

extension ConflictOutcome {
  /// The line that the history keeps of a conflict; nil while it waits.
  func result(bytes: Int64) -> OperationResult? {
    switch resolution {
    case .won(let side):
      OperationResult(key: key, action: .replace, side: side.other, bytes: bytes, message: "conflict: \(side) won")
    case .keptBoth(let name): OperationResult(key: key, action: .keepBoth, bytes: bytes, message: "conflict: also kept as \(name)")
    case .merged: OperationResult(key: key, action: .merge, bytes: bytes, message: "conflict: texts merged")
    case .waiting: nil
    }
  }
}
