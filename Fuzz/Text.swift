import Primitives

/// The small text forms that come over the wire or from a user: dates, sizes, durations, encodings. None crashes its reader, and what
/// is read can be written, and reads back the same where the form keeps everything.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  let text = String(decoding: bytes, as: UTF8.self)

  for time in [Timestamp(iso8601: text), Timestamp(rfc1123: text), Timestamp(decimalSeconds: text)] {
    guard let time else { continue }
    precondition((0..<1_000_000_000).contains(time.nanoseconds))
    precondition(Timestamp(decimalSeconds: time.decimalSeconds) == time, "a time that does not read back")
    _ = (time.iso8601, time.amzBasic, time.rfc1123, time.truncated(toNanoseconds: 1_000_000_000))
  }
  if let size = ByteCount(parsing: text) { _ = size.description }
  if let duration = DurationText.parse(text) { _ = DurationText.format(duration) }

  precondition(Hex.decode(Hex.encode(bytes)) == bytes)
  precondition(Base64.decode(Base64.encode(bytes)) == bytes)
  _ = (Hex.decode(text), Base64.decode(text), PercentEncoding.decode(bytes))
  for keepSlash in [true, false] {
    let encoded = PercentEncoding.encode(bytes, keepSlash: keepSlash)
    precondition(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
    precondition(PercentEncoding.decode(encoded.utf8) == bytes)
  }
  let shown = DisplayText.escape(bytes)
  precondition(!shown.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "a name that could drive a terminal")
  return 0
}
