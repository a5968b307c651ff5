import Catalog
import ObjectStorage
import Primitives

/// The compact form in which an operation waits in the plan's spool. Written and read by the same process: no version is kept.
enum OperationCoding {
  static func encode(_ operation: Operation) -> [UInt8] {
    var writer = FieldWriter()
    writer.entry(operation.left)
    writer.entry(operation.right)
    writer.entry(operation.from)
    writer.base(operation.base)
    writer.integer(Int64(operation.partners.count))
    for partner in operation.partners {
      writer.data(partner.key.bytes)
      writer.data(encode(partner))
    }
    return writer.bytes
  }

  static func decode(_ bytes: [UInt8], kind: Operation.Kind, key: ObjectKey, side: PairSide) throws -> Operation {
    var reader = FieldReader(bytes: bytes)
    let left = try reader.entry(key)
    let right = try reader.entry(key)
    let from = try reader.entry(nil)
    let base = try reader.base(key)
    var operation = Operation(kind, key, on: side, left: left, right: right, base: base, from: from)
    let partners = try reader.integer()
    guard partners >= 0 else { throw DamagedPlan() }
    for _ in 0..<partners {
      guard let name = try reader.data(), let blob = try reader.data() else { throw DamagedPlan() }
      operation.partners.append(try decode(blob, kind: kind, key: try ObjectKey(name), side: side))
    }
    return operation
  }
}

/// The spool gave back something else than was put in.
struct DamagedPlan: Error, CustomStringConvertible {
  var description: String { "the plan's temporary file is damaged: run again" }
}

private struct FieldWriter {
  var bytes: [UInt8] = []

  mutating func integer(_ value: Int64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func data(_ value: [UInt8]?) {
    integer(value.map { Int64($0.count) } ?? -1)
    if let value { bytes.append(contentsOf: value) }
  }

  mutating func time(_ value: Timestamp?) {
    bytes.append(value == nil ? 0 : 1)
    if let value {
      integer(value.seconds)
      integer(Int64(value.nanoseconds))
    }
  }

  mutating func hash(_ value: ContentHash?) {
    guard let value else { return bytes.append(0) }
    switch value.method {
    case .md5: bytes.append(1)
    case .sha256: bytes.append(2)
    case .crc32c: bytes.append(3)
    case .crc64nvme: bytes.append(4)
    case .sha256OfParts(let partSize):
      bytes.append(5)
      integer(partSize)
    }
    data(value.bytes)
  }

  mutating func mode(_ value: UInt16?) { integer(value.map(Int64.init) ?? -1) }

  mutating func entry(_ value: ObjectEntry?) {
    bytes.append(value == nil ? 0 : 1)
    guard let value else { return }
    data(value.key.bytes)
    integer(value.size)
    data(value.version.bytes)
    time(value.modified)
    time(value.stored)
    mode(value.mode)
    hash(value.hash)
    data(value.identity)
    bytes.append(value.knowsContentSize ? 1 : 0)
  }

  mutating func base(_ value: BaseEntry?) {
    bytes.append(value == nil ? 0 : 1)
    guard let value else { return }
    integer(value.size)
    hash(value.hash)
    time(value.modified)
    mode(value.mode)
    for state in [value.left, value.right] {
      data(state.version?.bytes)
      time(state.modified)
      data(state.identity)
    }
  }
}

private struct FieldReader {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func byte() throws -> UInt8 {
    guard position < bytes.count else { throw DamagedPlan() }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func integer() throws -> Int64 {
    guard position + 8 <= bytes.count else { throw DamagedPlan() }
    var value: UInt64 = 0
    for shift in 0..<8 { value |= UInt64(bytes[position + shift]) << UInt64(8 * shift) }
    position += 8
    return Int64(bitPattern: value)
  }

  mutating func data() throws -> [UInt8]? {
    let count = try integer()
    if count < 0 { return nil }
    guard count <= bytes.count - position else { throw DamagedPlan() }
    defer { position += Int(count) }
    return Array(bytes[position..<position + Int(count)])
  }

  mutating func time() throws -> Timestamp? {
    if try byte() == 0 { return nil }
    let seconds = try integer()
    return Timestamp(seconds: seconds, nanoseconds: Int32(truncatingIfNeeded: try integer()))
  }

  mutating func hash() throws -> ContentHash? {
    let method: ContentHash.Method
    switch try byte() {
    case 0: return nil
    case 1: method = .md5
    case 2: method = .sha256
    case 3: method = .crc32c
    case 4: method = .crc64nvme
    case 5: method = .sha256OfParts(partSize: try integer())
    default: throw DamagedPlan()
    }
    return ContentHash(method, try data() ?? [])
  }

  mutating func mode() throws -> UInt16? {
    let value = try integer()
    return value < 0 ? nil : UInt16(truncatingIfNeeded: value)
  }

  mutating func entry(_ expected: ObjectKey?) throws -> ObjectEntry? {
    if try byte() == 0 { return nil }
    guard let name = try data() else { throw DamagedPlan() }
    let key = try expected ?? ObjectKey(name)
    return ObjectEntry(
      key: key, size: try integer(), version: ObjectVersion(try data() ?? []), modified: try time(), stored: try time(),
      mode: try mode(), hash: try hash(), identity: try data(), knowsContentSize: try byte() == 1)
  }

  mutating func state() throws -> SideState {
    SideState(version: try data().map { ObjectVersion($0) }, modified: try time(), identity: try data())
  }

  mutating func base(_ key: ObjectKey) throws -> BaseEntry? {
    if try byte() == 0 { return nil }
    return BaseEntry(
      key: key, size: try integer(), hash: try hash(), modified: try time(), mode: try mode(), left: try state(), right: try state()
    )
  }
}
