extension Timestamp {
  /// `2026-11-20T10:42:23Z`, with `.123` for milliseconds that are not zero (finer digits are cut off).
  public var iso8601: String {
    var text = TextBuffer()
    text.append(secondsOf: CivilTime(self))
    let milliseconds = Int(nanoseconds) / 1_000_000
    if milliseconds > 0 {
      text.append(".")
      text.append(number: milliseconds, digits: 3)
    }
    text.append("Z")
    return text.string
  }

  /// `2026-11-20T10:42:23.123456789Z` (RFC 3339): the whole fraction without the zeros at its end, none if it is zero.
  public var rfc3339: String {
    var text = TextBuffer()
    text.append(secondsOf: CivilTime(self))
    if nanoseconds > 0 {
      var (fraction, digits) = (Int(nanoseconds), 9)
      while fraction % 10 == 0 { (fraction, digits) = (fraction / 10, digits - 1) }
      text.append(".")
      text.append(number: fraction, digits: digits)
    }
    text.append("Z")
    return text.string
  }

  /// `20261120T104223Z`, as request signatures write it; the fraction is cut off.
  public var amzBasic: String {
    let civil = CivilTime(self)
    var text = TextBuffer()
    text.append(year: civil.year)
    for (mark, part) in [("", civil.month), ("", civil.day), ("T", civil.hour), ("", civil.minute), ("", civil.second)] {
      text.append(mark, part)
    }
    text.append("Z")
    return text.string
  }

  /// `Fri, 20 Nov 2026 10:42:23 GMT`, as HTTP headers write it; the fraction is cut off.
  public var rfc1123: String {
    let civil = CivilTime(self)
    var text = TextBuffer()
    text.append(weekdayNames[civil.weekday])
    text.append(", ", civil.day)
    text.append(" ")
    text.append(monthNames[civil.month - 1])
    text.append(" ")
    text.append(year: civil.year)
    text.append(" ", civil.hour)
    text.append(":", civil.minute)
    text.append(":", civil.second)
    text.append(" GMT")
    return text.string
  }

  /// `1700000000.123456789`: seconds since 1970 with as many decimals as needed, `-1.5` for a second and a half before 1970.
  public var decimalSeconds: String {
    let total = totalNanoseconds
    let magnitude = total.magnitude
    let whole = magnitude / 1_000_000_000
    var fraction = Int(magnitude % 1_000_000_000)
    var text = (total < 0 ? "-" : "") + String(whole)
    if fraction == 0 { return text }
    var digits = 9
    while fraction % 10 == 0 {
      fraction /= 10
      digits -= 1
    }
    let decimals = String(fraction)
    text += "." + String(repeating: "0", count: digits - decimals.utf8.count) + decimals
    return text
  }
}

let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
let weekdayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

/// Bytes of an ASCII text under construction: one allocation for a date.
private struct TextBuffer {
  private var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(32) }

  var string: String { String(decoding: bytes, as: UTF8.self) }

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func append(_ mark: String, _ part: Int) {
    append(mark)
    append(number: part, digits: 2)
  }

  mutating func append(number: Int, digits: Int) {
    bytes.append(contentsOf: repeatElement(0x30, count: digits))
    var rest = number
    for place in (bytes.count - digits..<bytes.count).reversed() {
      bytes[place] += UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  /// `2026-11-20T10:42:23`.
  mutating func append(secondsOf civil: CivilTime) {
    append(year: civil.year)
    append("-", civil.month)
    append("-", civil.day)
    append("T", civil.hour)
    append(":", civil.minute)
    append(":", civil.second)
  }

  mutating func append(year: Int64) {
    if (0...9999).contains(year) {
      append(number: Int(year), digits: 4)
    } else {
      append(String(year))
    }
  }
}
