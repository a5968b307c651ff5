public import Primitives

extension Timestamp {
  /// How a time stands in an object's metadata, as rclone writes and reads it: RFC 3339 with up to nine decimals; for the years that this
  /// cannot write, seconds since 1970.
  public var metadataText: String { Self.fourDigitYears.contains(seconds) ? rfc3339 : decimalSeconds }

  /// Reads either form; nil for anything else.
  public init?(metadataText text: String) {
    guard let time = Timestamp(iso8601: text) ?? Timestamp(decimalSeconds: text) else { return nil }
    self = time
  }

  /// From the year 0 to the year 9999.
  private static let fourDigitYears: ClosedRange<Int64> = -62_167_219_200...253_402_300_799
}
