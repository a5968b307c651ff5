import Primitives

extension RunSummary {
  /// All numbers but the outcome, which has a column of its own.
  var encoded: [UInt8] {
    var writer = RecordWriter()
    writer.byte(1)
    writer.byte(isComplete ? 1 : 0)
    for number in [transferred, bytes, deleted, moved, adopted, conflicts, failed, skipped] { writer.signed(number) }
    writer.unsigned(UInt64(requests.count))
    for (name, count) in requests.sorted(by: { $0.key < $1.key }) {
      writer.text(name)
      writer.signed(count)
    }
    writer.optionalBlock(code.map { Array($0.utf8) })
    writer.optionalBlock(message.map { Array($0.utf8) })
    return writer.bytes
  }

  init(outcome: RunOutcome, encoded: UnsafeRawBufferPointer) throws {
    var reader = RecordReader(encoded)
    guard try reader.byte() == 1 else { throw RecordReader.Malformed() }
    self.init(outcome: outcome, isComplete: try reader.flag())
    transferred = try reader.signed()
    bytes = try reader.signed()
    deleted = try reader.signed()
    moved = try reader.signed()
    adopted = try reader.signed()
    conflicts = try reader.signed()
    failed = try reader.signed()
    skipped = try reader.signed()
    for _ in 0..<(try reader.count()) { requests[try reader.text()] = try reader.signed() }
    code = try reader.optionalBlock().map { String(decoding: $0, as: UTF8.self) }
    message = try reader.optionalBlock().map { String(decoding: $0, as: UTF8.self) }
    try reader.end()
  }
}

extension Timestamp {
  /// Nanoseconds since 1970 for a column; times beyond the years 1678 and 2262 stay at the end.
  var stored: Int64 {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, more) = product.addingReportingOverflow(Int64(nanoseconds))
    return overflow || more ? (seconds < 0 ? .min : .max) : sum
  }

  /// A time read from a column.
  init(stored: Int64) {
    var (seconds, rest) = stored.quotientAndRemainder(dividingBy: 1_000_000_000)
    if rest < 0 {
      rest += 1_000_000_000
      seconds -= 1
    }
    self.init(seconds: seconds, nanoseconds: Int32(rest))
  }

  /// The exact form, for times that come from files.
  var encoded: [UInt8] {
    var writer = RecordWriter()
    writer.timestamp(self)
    return writer.bytes
  }

  init(encoded: UnsafeRawBufferPointer) throws {
    var reader = RecordReader(encoded)
    self = try reader.timestamp()
    try reader.end()
  }
}
