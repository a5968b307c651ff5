public import ObjectStorage
import Primitives

/// One line of a listing that is being put in order: an entry, or a folder into which others were folded.
public enum SortItem: SortableLine {
  /// An object, or a real folder.
  case entry(ObjectEntry)
  /// A folder into which others were folded.
  case folder(ObjectKey)

  /// What it is sorted by.
  public var key: ObjectKey {
    switch self {
    case .entry(let entry): entry.key
    case .folder(let key): key
    }
  }

  public func precedes(_ other: SortItem) -> Bool { key < other.key }
  public var weight: Int { key.bytes.count + 250 }

  // MARK: for a file

  public func write(to bytes: inout [UInt8]) {
    LineBytes.put(key.bytes, &bytes)
    guard case .entry(let entry) = self else {
      bytes.append(0)
      return
    }
    bytes.append(1)
    LineBytes.put(UInt64(bitPattern: entry.size), &bytes)
    LineBytes.put(entry.version.bytes, &bytes)
    for time in [entry.modified, entry.stored] {
      bytes.append(time == nil ? 0 : 1)
      guard let time else { continue }
      LineBytes.put(UInt64(bitPattern: time.seconds), &bytes)
      LineBytes.put(UInt64(time.nanoseconds), &bytes)
    }
    LineBytes.put(entry.mode.map { UInt64($0) } ?? .max, &bytes)
    LineBytes.put(entry.identity, &bytes)
    LineBytes.put(entry.storageClass.map { Array($0.name.utf8) }, &bytes)
    bytes.append(entry.knowsContentSize ? 1 : 0)
    LineBytes.put(entry.hash, &bytes)
  }

  public init?(_ bytes: [UInt8], _ position: inout Int) {
    var reader = LineReader(bytes: bytes, position: position)
    guard let key = reader.data(), let kind = reader.byte() else { return nil }
    if kind == 0 {
      self = .folder(ObjectKey(trusted: key))
      position = reader.position
      return
    }
    guard let size = reader.number(), let version = reader.data(), let modified = reader.time(), let stored = reader.time(),
      let mode = reader.number(), let identity = reader.optionalData(), let storageClass = reader.optionalData(),
      let knowsSize = reader.byte(), let hash = reader.hash()
    else { return nil }
    self = .entry(
      ObjectEntry(
        key: ObjectKey(trusted: key), size: Int64(bitPattern: size), version: ObjectVersion(version), modified: modified.value,
        stored: stored.value, mode: mode == .max ? nil : UInt16(mode), hash: hash.value, identity: identity.value,
        storageClass: storageClass.value.flatMap { StorageClass(String(decoding: $0, as: UTF8.self)) },
        knowsContentSize: knowsSize == 1))
    position = reader.position
  }
}
