import Catalog
import ObjectStorage
import Primitives

/// What a renamed file keeps: its identity, size and time where there is an identity, else its version and size. Two paths of one side
/// with the same token, one gone and one new, are one file that was renamed.
enum MoveToken {
  /// The token of what is there now; nil for what cannot be recognised (an empty file is like any other).
  static func token(of entry: ObjectEntry) -> [UInt8]? {
    make(
      size: entry.knowsContentSize ? entry.size : nil, version: entry.version, modified: entry.modified, identity: entry.identity)
  }

  /// The token of what `side` had at the last sync.
  /// - Parameter sized: whether the side's listings know sizes.
  static func token(of base: BaseEntry, on side: PairSide, sized: Bool) -> [UInt8]? {
    make(size: sized ? base.size : nil, version: base[side].version, modified: base[side].modified, identity: base[side].identity)
  }

  private static func make(size: Int64?, version: ObjectVersion?, modified: Timestamp?, identity: [UInt8]?) -> [UInt8]? {
    if let identity, let modified {
      return [1] + bytes(size ?? -1) + bytes(modified.seconds) + bytes(Int64(modified.nanoseconds)) + identity
    }
    guard size != 0, let version else { return nil }
    return [2] + bytes(size ?? -1) + version.bytes
  }

  private static func bytes(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
