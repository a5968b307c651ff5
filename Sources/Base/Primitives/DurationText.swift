/// Lengths of time as people write them: `90s`, `1h30m`, `7d`.
public enum DurationText {
  /// Reads one or more numbers with units, largest or smallest first: `ns us µs ms s m h d w y` (a day is 24 hours, a year 365
  /// days). Numbers may have decimals (`1.5h`); a lone number is seconds. Nil for anything else, negative lengths included.
  public static func parse(_ text: String) -> Duration? {
    let bytes = Array(text.utf8)
    var rest = bytes[...]
    var total: Int128 = 0
    var isFirst = true
    while !rest.isEmpty {
      guard let number = DecimalPrefix(rest) else { return nil }
      let unit = bytes[number.end...].prefix { !($0 >= 0x30 && $0 <= 0x39) && $0 != 0x2E }
      rest = bytes[unit.endIndex...]
      let name = String(decoding: unit, as: UTF8.self)
      guard let length = units[name] ?? (name.isEmpty && isFirst && rest.isEmpty ? 1_000_000_000 : nil),
        let nanoseconds = number.scaled(by: length)
      else { return nil }
      total += Int128(nanoseconds)
      isFirst = false
    }
    if isFirst { return nil }
    let (seconds, remainder) = total.quotientAndRemainder(dividingBy: 1_000_000_000)
    return Duration(secondsComponent: Int64(seconds), attosecondsComponent: Int64(remainder) * 1_000_000_000)
  }

  /// `7d`, `1h30m`, `1m30s`, `2.5s`, `250ms`, `0s`: read back by `parse` to the same length, up to the nanosecond.
  public static func format(_ duration: Duration) -> String {
    let (wholeSeconds, attoseconds) = duration.components
    let total = Int128(wholeSeconds) * 1_000_000_000 + Int128(attoseconds / 1_000_000_000)
    if total == 0 { return "0s" }
    let sign = total < 0 ? "-" : ""
    let magnitude = total.magnitude
    if magnitude < 1_000_000_000 {
      for (length, name) in [(1_000_000, "ms"), (1000, "us"), (1, "ns")] as [(UInt128, String)] where magnitude % length == 0 {
        return "\(sign)\(magnitude / length)\(name)"
      }
    }
    var text = sign
    var seconds = magnitude / 1_000_000_000
    for (length, name) in [(86_400, "d"), (3600, "h"), (60, "m")] as [(UInt128, String)] where seconds >= length {
      text += "\(seconds / length)\(name)"
      seconds %= length
    }
    let fraction = Timestamp(seconds: Int64(seconds), nanoseconds: Int32(magnitude % 1_000_000_000))
    if fraction != Timestamp(seconds: 0) { text += fraction.decimalSeconds + "s" }
    return text
  }

  private static let units: [String: Int64] = [
    "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
    "h": 3_600_000_000_000, "d": 86_400_000_000_000, "w": 604_800_000_000_000, "y": 31_536_000_000_000_000,
  ]
}
