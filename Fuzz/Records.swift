import ObjectStorage
import Primitives

@testable import Catalog
@testable import Sync

/// The records of a state and of a plan, damaged at will but with a checksum that fits: what is read can be written and is the same.
/// The first byte chooses.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  let rest = Array(bytes.dropFirst())
  let key = ObjectKey(trusted: [0x61])
  switch bytes.first {
  case UInt8(ascii: "b"): base(rest, key)
  case UInt8(ascii: "r"):
    if let summary = try? rest.withUnsafeBytes({ try RunSummary(outcome: .completed, encoded: $0) }) { _ = summary.encoded }
  case UInt8(ascii: "p"):
    if let pair = PairRecord(encoded: rest) { precondition(PairRecord(encoded: pair.encoded) == pair) }
  case UInt8(ascii: "c"): _ = try? rest.withUnsafeBytes { try ConflictSide(encoded: $0) }
  case UInt8(ascii: "h"):
    if let hash = rest.withUnsafeBytes({ BaseRecord.decodeHash($0) }) {
      precondition(BaseRecord.encode(hash).withUnsafeBytes { BaseRecord.decodeHash($0) } == hash)
    }
  default:
    if let operation = try? OperationCoding.decode(rest, kind: .transfer, key: key, side: .left) {
      _ = OperationCoding.encode(operation)
    }
  }
  return 0
}

private func base(_ rest: [UInt8], _ key: ObjectKey) {
  // A wrong sum is refused; behind the right one everything else is tried.
  _ = rest.withUnsafeBytes { record in key.bytes.withUnsafeBytes { try? BaseRecord.read(record, key: $0) } }
  var writer = RecordWriter()
  writer.word(0)
  for byte in rest { writer.byte(byte) }
  writer.seal(key: key)
  let entry = writer.bytes.withUnsafeBytes { record in key.bytes.withUnsafeBytes { try? BaseRecord.read(record, key: $0) } }
  guard let entry else { return }
  var again = RecordWriter()
  BaseRecord.write(entry, to: &again)
  let read = again.bytes.withUnsafeBytes { record in key.bytes.withUnsafeBytes { try? BaseRecord.read(record, key: $0) } }
  precondition(read == entry, "a record that changes")
}
