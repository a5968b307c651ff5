extension Timestamp {
  /// Reads ISO 8601 / RFC 3339: `2026-11-20T10:42:23.123Z`, `…+02:00`, `…+0200`, and the basic form `20261120T104223Z`.
  /// The time zone is required. Decimals after the ninth are cut off. Nil for anything else.
  public init?(iso8601 text: String) {
    var scanner = ByteScanner(text)
    guard let year = scanner.number(digits: 4) else { return nil }
    let extended = scanner.skip(0x2D)
    guard let month = scanner.number(digits: 2), !extended || scanner.skip(0x2D), let day = scanner.number(digits: 2),
      scanner.skip(0x54) || scanner.skip(0x74) || scanner.skip(0x20),
      let hour = scanner.number(digits: 2), !extended || scanner.skip(0x3A),
      let minute = scanner.number(digits: 2), !extended || scanner.skip(0x3A),
      let second = scanner.number(digits: 2),
      let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    else { return nil }
    var nanoseconds: Int32 = 0
    if scanner.skip(0x2E) || scanner.skip(0x2C) {
      guard let fraction = scanner.fraction() else { return nil }
      nanoseconds = fraction
    }
    guard let offset = scanner.zoneOffset(), scanner.isAtEnd else { return nil }
    self.init(seconds: civil.seconds - Int64(offset), nanoseconds: nanoseconds)
  }

  /// Reads an HTTP date: `Fri, 20 Nov 2026 10:42:23 GMT`. The day of the week is not compared with the date. Nil for anything else.
  public init?(rfc1123 text: String) {
    var scanner = ByteScanner(text)
    guard scanner.name(in: weekdayNames) != nil, scanner.skip(0x2C), scanner.skip(0x20),
      let day = scanner.number(digits: 2) ?? scanner.number(digits: 1), scanner.skip(0x20),
      let month = scanner.name(in: monthNames), scanner.skip(0x20),
      let year = scanner.number(digits: 4), scanner.skip(0x20),
      let hour = scanner.number(digits: 2), scanner.skip(0x3A), let minute = scanner.number(digits: 2), scanner.skip(0x3A),
      let second = scanner.number(digits: 2), scanner.skip(0x20),
      scanner.name(in: ["GMT", "UTC"]) != nil || scanner.text("+0000"), scanner.isAtEnd,
      let civil = CivilTime(year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second)
    else { return nil }
    self.init(seconds: civil.seconds)
  }

  /// Reads seconds since 1970 with an optional sign and fraction: `1700000000.123456789`, `-1.5`. Decimals after the ninth are
  /// cut off. Nil for anything else, exponents included.
  public init?(decimalSeconds text: String) {
    var scanner = ByteScanner(text)
    let negative = scanner.skip(0x2D)
    guard let whole = scanner.wholeNumber() else { return nil }
    var fraction: Int32 = 0
    if scanner.skip(0x2E) {
      guard let read = scanner.fraction() else { return nil }
      fraction = read
    }
    guard scanner.isAtEnd else { return nil }
    let total = Int128(whole) * 1_000_000_000 + Int128(fraction)
    self.init(totalNanoseconds: negative ? -total : total)
  }
}

/// Reads fixed-form ASCII texts from the front; a failed read moves nothing.
private struct ByteScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { position == bytes.count }

  mutating func skip(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  mutating func text(_ expected: String) -> Bool {
    let wanted = expected.utf8
    guard bytes[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  mutating func name(in names: [String]) -> Int? {
    for (index, name) in names.enumerated() where text(name) { return index }
    return nil
  }

  mutating func number(digits: Int) -> Int? {
    guard bytes.count - position >= digits else { return nil }
    var value = 0
    for byte in bytes[position..<position + digits] {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    position += digits
    return value
  }

  mutating func wholeNumber() -> Int64? {
    var value: Int64 = 0
    let start = position
    while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 {
      let (product, tooBig) = value.multipliedReportingOverflow(by: 10)
      let (sum, tooBigToo) = product.addingReportingOverflow(Int64(bytes[position] - 0x30))
      if tooBig || tooBigToo { return nil }
      value = sum
      position += 1
    }
    return position == start ? nil : value
  }

  /// At least one decimal digit, as nanoseconds.
  mutating func fraction() -> Int32? {
    var value: Int32 = 0
    var count = 0
    while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 {
      if count < 9 { value = value * 10 + Int32(bytes[position] - 0x30) }
      count += 1
      position += 1
    }
    if count == 0 { return nil }
    while count < 9 {
      value *= 10
      count += 1
    }
    return value
  }

  /// `Z`, `+02:00` or `+0200`, in seconds east of UTC.
  mutating func zoneOffset() -> Int? {
    if skip(0x5A) || skip(0x7A) { return 0 }
    let sign: Int
    if skip(0x2B) { sign = 1 } else if skip(0x2D) { sign = -1 } else { return nil }
    guard let hours = number(digits: 2) else { return nil }
    _ = skip(0x3A)
    guard let minutes = number(digits: 2), hours <= 23, minutes <= 59 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }
}
