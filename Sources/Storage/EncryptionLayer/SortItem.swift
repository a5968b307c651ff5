import ObjectStorage
import Primitives

/// One line of a listing that is being put in order: an entry, or a folder into which others were folded.
enum SortItem {
  case entry(ObjectEntry)
  case folder(ObjectKey)

  var key: ObjectKey {
    switch self {
    case .entry(let entry): entry.key
    case .folder(let key): key
    }
  }

  /// About how much memory it takes.
  var weight: Int { key.bytes.count + 250 }

  // MARK: for a file

  func write(to bytes: inout [UInt8]) {
    Self.put(key.bytes, &bytes)
    guard case .entry(let entry) = self else {
      bytes.append(0)
      return
    }
    bytes.append(1)
    Self.put(UInt64(bitPattern: entry.size), &bytes)
    Self.put(entry.version.bytes, &bytes)
    for time in [entry.modified, entry.stored] {
      bytes.append(time == nil ? 0 : 1)
      guard let time else { continue }
      Self.put(UInt64(bitPattern: time.seconds), &bytes)
      Self.put(UInt64(time.nanoseconds), &bytes)
    }
    Self.put(entry.mode.map { UInt64($0) } ?? .max, &bytes)
    Self.put(entry.identity, &bytes)
    Self.put(entry.storageClass.map { Array($0.name.utf8) }, &bytes)
    bytes.append(entry.knowsContentSize ? 1 : 0)
  }

  /// The item at `position`, which moves on behind it; nil if it goes on behind the bytes. Our own bytes: what cannot be read traps.
  init?(_ bytes: [UInt8], _ position: inout Int) {
    var reader = Reader(bytes: bytes, position: position)
    guard let key = reader.data(), let kind = reader.byte() else { return nil }
    if kind == 0 {
      self = .folder(ObjectKey(trusted: key))
      position = reader.position
      return
    }
    guard let size = reader.number(), let version = reader.data(), let modified = reader.time(), let stored = reader.time(),
      let mode = reader.number(), let identity = reader.optionalData(), let storageClass = reader.optionalData(),
      let knowsSize = reader.byte()
    else { return nil }
    self = .entry(
      ObjectEntry(
        key: ObjectKey(trusted: key), size: Int64(bitPattern: size), version: ObjectVersion(version), modified: modified.value,
        stored: stored.value, mode: mode == .max ? nil : UInt16(mode), identity: identity.value,
        storageClass: storageClass.value.flatMap { StorageClass(String(decoding: $0, as: UTF8.self)) },
        knowsContentSize: knowsSize == 1))
    position = reader.position
  }

  private static func put(_ number: UInt64, _ bytes: inout [UInt8]) { withUnsafeBytes(of: number) { bytes += $0 } }

  private static func put(_ data: [UInt8], _ bytes: inout [UInt8]) {
    put(UInt64(data.count), &bytes)
    bytes += data
  }

  private static func put(_ data: [UInt8]?, _ bytes: inout [UInt8]) {
    bytes.append(data == nil ? 0 : 1)
    if let data { put(data, &bytes) }
  }

  private struct Reader {
    struct Maybe<Value> { let value: Value? }

    let bytes: [UInt8]
    var position: Int

    mutating func byte() -> UInt8? {
      guard position < bytes.count else { return nil }
      defer { position += 1 }
      return bytes[position]
    }

    mutating func number() -> UInt64? {
      guard position + 8 <= bytes.count else { return nil }
      defer { position += 8 }
      return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: UInt64.self) }
    }

    mutating func data() -> [UInt8]? {
      guard let count = number(), Int(count) <= bytes.count - position else { return nil }
      defer { position += Int(count) }
      return Array(bytes[position..<position + Int(count)])
    }

    mutating func optionalData() -> Maybe<[UInt8]>? {
      guard let isThere = byte() else { return nil }
      if isThere == 0 { return Maybe(value: nil) }
      return data().map { Maybe(value: $0) }
    }

    mutating func time() -> Maybe<Timestamp>? {
      guard let isThere = byte() else { return nil }
      if isThere == 0 { return Maybe(value: nil) }
      guard let seconds = number(), let nanoseconds = number() else { return nil }
      return Maybe(value: Timestamp(seconds: Int64(bitPattern: seconds), nanoseconds: Int32(nanoseconds)))
    }
  }
}
