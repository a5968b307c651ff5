import Crypto
import LocalStorage
import Primitives
import Sync

extension LastRunMark {
  /// A folder's: another extended attribute of the folder itself.
  static func of(_ folder: LocalStore) -> LastRunMark {
    LastRunMark(read: { try folder.lastRun(of: $0) }, write: { folder.setLastRun($1, of: $0) })
  }
}

extension RootMarker {
  /// A folder's mark: random bytes in an extended attribute of the folder itself, which go with it wherever it is moved.
  static func of(_ folder: LocalStore) -> RootMarker {
    RootMarker(
      read: { try folder.getMarker() },
      write: {
        // A folder that takes part in several pairs keeps its first mark.
        if let present = try folder.getMarker() { return present }
        let mark = Array(Hex.encode(Random.bytes(16)).utf8)
        return try folder.setMarker(mark) ? mark : nil
      })
  }
}
