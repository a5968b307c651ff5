import Files
import ObjectStorage
import Primitives

/// Makes and compares the versions of files; docs/decisions/0003-local-versions.md has the reasoning.
///
/// A version is 40 bytes: size, modification time, change time, inode. The device is left out because it may change over a reboot.
/// A write sets both times to the same moment of a clock that ticks every few milliseconds, so a second write within the same tick
/// leaves all four as they are. A file that was looked at within that time of its last write is therefore *unsettled*: its version
/// has the time of the look behind it, equals no other version, and the file is read again in the next run.
///
/// Not so where the two times differ: somebody set the modification time, and any later write would make them equal. That is what
/// makes the receipts of our own writes trustworthy at once: this store always sets a modification time.
struct FileVersion {
  static let length = 40
  /// Longer than the tick of any kernel's file clock (1 to 10 ms).
  static let tick = Duration.milliseconds(20)
  /// For file systems that keep whole seconds (even ones only, on FAT).
  static let coarseTick = Duration.seconds(3)

  private let looked: Timestamp
  private let settledBefore: Timestamp
  private let coarselySettledBefore: Timestamp

  /// - Parameter looked: a time before the status was asked for.
  init(looked: Timestamp) {
    self.looked = looked
    settledBefore = looked - FileVersion.tick
    coarselySettledBefore = looked - FileVersion.coarseTick
  }

  /// The version of a file or link in this state.
  func version(_ status: FileStatus) -> ObjectVersion {
    let unsettled = isUnsettled(status)
    let length = FileVersion.length + (unsettled ? 12 : 0)
    return ObjectVersion(
      [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
        let raw = UnsafeMutableRawBufferPointer(buffer)
        raw.storeBytes(of: status.size.littleEndian, toByteOffset: 0, as: Int64.self)
        store(status.modified, raw, 8)
        store(status.changed, raw, 20)
        raw.storeBytes(of: status.inode.littleEndian, toByteOffset: 32, as: UInt64.self)
        if unsettled { store(looked, raw, 40) }
        count = length
      })
  }

  /// Whether a write that comes after the look could leave size, times and inode as they are.
  func isUnsettled(_ status: FileStatus) -> Bool {
    guard status.modified == status.changed else { return false }
    let isCoarse = status.changed.nanoseconds == 0
    return status.changed >= (isCoarse ? coarselySettledBefore : settledBefore)
  }

  private func store(_ time: Timestamp, _ raw: UnsafeMutableRawBufferPointer, _ offset: Int) {
    raw.storeBytes(of: time.seconds.littleEndian, toByteOffset: offset, as: Int64.self)
    raw.storeBytes(of: time.nanoseconds.littleEndian, toByteOffset: offset + 8, as: Int32.self)
  }

  /// Whether a file in this state is the one that `version` names. An unsettled version is compared by the state it was made from: it
  /// keeps a catalog from trusting it, but does not stop an operation on what was seen a moment ago.
  static func matches(_ version: ObjectVersion, _ status: FileStatus) -> Bool {
    if status.kind == .directory { return version == folder(status) }
    guard version.bytes.count >= length else { return false }
    return version.bytes[..<length] == FileVersion(looked: Timestamp(seconds: .max)).version(status).bytes[..<length]
  }

  /// A folder has no content that could change: its version says only that it is one, with which permissions.
  static func folder(_ status: FileStatus) -> ObjectVersion {
    ObjectVersion([0x2F, UInt8(truncatingIfNeeded: status.mode >> 8), UInt8(truncatingIfNeeded: status.mode)])
  }

  /// What survives a rename.
  static func identity(_ status: FileStatus) -> [UInt8] {
    withUnsafeBytes(of: status.inode.littleEndian) { Array($0) }
  }
}
