import Primitives
import Testing

struct TimestampTests {
  private func time(_ seconds: Int64, _ nanoseconds: Int32 = 0) -> Timestamp {
    Timestamp(seconds: seconds, nanoseconds: nanoseconds)
  }

  static let texts: [(Int64, Int32, String, String, String)] = [
    (0, 0, "1970-01-01T00:00:00Z", "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
    (1_795_171_343, 0, "2026-11-20T10:42:23Z", "20261120T104223Z", "Fri, 20 Nov 2026 10:42:23 GMT"),
    (951_782_400, 5_000_000, "2000-02-29T00:00:00.005Z", "20000229T000000Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
    (-1, 999_000_000, "1969-12-31T23:59:59.999Z", "19691231T235959Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
    (-62_135_596_800, 0, "0001-01-01T00:00:00Z", "00010101T000000Z", "Mon, 01 Jan 0001 00:00:00 GMT"),
    (253_402_300_799, 0, "9999-12-31T23:59:59Z", "99991231T235959Z", "Fri, 31 Dec 9999 23:59:59 GMT"),
  ]

  @Test(arguments: texts)
  func `a time is written and read in each form`(seconds: Int64, nanoseconds: Int32, iso: String, basic: String, http: String) {
    let time = time(seconds, nanoseconds)
    #expect(time.iso8601 == iso)
    #expect(time.amzBasic == basic)
    #expect(time.rfc1123 == http)
    #expect(Timestamp(iso8601: iso) == time)
    #expect(Timestamp(iso8601: basic) == self.time(seconds))
    #expect(Timestamp(rfc1123: http) == self.time(seconds))
  }

  @Test func `days of eight centuries go through their text and back`() {
    var previous = ""
    for day in stride(from: Int64(-150_000), to: 150_000, by: 13) {
      let time = time(day * 86_400 + 3661)
      let text = time.iso8601
      #expect(Timestamp(iso8601: text) == time)
      #expect(text > previous)
      previous = text
    }
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (120_000_000, "1970-01-01T00:00:00.12Z"), (1, "1970-01-01T00:00:00.000000001Z"),
    (999_999_999, "1970-01-01T00:00:00.999999999Z"), (100_000_000, "1970-01-01T00:00:00.1Z"),
  ])
  func `a time is written with its whole fraction and no zeros behind it`(nanoseconds: Int32, text: String) {
    let time = Timestamp(seconds: 0, nanoseconds: nanoseconds)
    #expect(time.rfc3339 == text)
    #expect(Timestamp(iso8601: text) == time)
  }

  @Test func `zones, fractions and small letters are read`() {
    let noon = Timestamp(iso8601: "2026-11-20T12:00:00Z")
    #expect(noon != nil)
    for text in [
      "2026-11-20T14:00:00+02:00", "2026-11-20T14:00:00+0200", "2026-11-19T22:30:00-13:30", "2026-11-20t12:00:00z",
      "2026-11-20 12:00:00.000Z", "20261120T140000+0200", "2026-11-20T11:59:60Z",
    ] {
      #expect(Timestamp(iso8601: text) == noon, "\(text)")
    }
    #expect(Timestamp(iso8601: "1970-01-01T00:00:00.1234567899Z") == time(0, 123_456_789))
    #expect(Timestamp(iso8601: "1970-01-01T00:00:00,5Z") == time(0, 500_000_000))
  }

  @Test(arguments: [
    "", "2026", "2026-11-20", "2026-11-20T10:42:23", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-20T24:00:00Z",
    "2026-11-20T10:60:00Z", "2026-11-20T10:42:23.Z", "2026-11-20T10:42:23Zx", "2026-1120T10:42:23Z", "20261120T10:42:23Z",
    "2026-11-20T10:42:23+2", "2026-00-10T00:00:00Z", "2026-11-00T00:00:00Z", "-026-11-20T10:42:23Z", "２０２６-11-20T10:42:23Z",
  ])
  func `what is not a time is refused`(text: String) { #expect(Timestamp(iso8601: text) == nil) }

  @Test(arguments: [
    "", "Fri, 20 Nov 2026 10:42:23", "Xxx, 20 Nov 2026 10:42:23 GMT", "Fri, 31 Nov 2026 10:42:23 GMT", "Fri 20 Nov 2026",
  ])
  func `what is not an HTTP date is refused`(text: String) { #expect(Timestamp(rfc1123: text) == nil) }

  @Test(
    arguments: [
      (1_700_000_000, 123_456_789, "1700000000.123456789"), (1_700_000_000, 0, "1700000000"), (0, 500_000_000, "0.5"),
      (-2, 500_000_000, "-1.5"), (-1, 999_999_999, "-0.000000001"), (3, 1_000_000, "3.001"),
    ] as [(Int64, Int32, String)])
  func `decimal seconds have no digit too many`(seconds: Int64, nanoseconds: Int32, text: String) {
    #expect(time(seconds, nanoseconds).decimalSeconds == text)
    #expect(Timestamp(decimalSeconds: text) == time(seconds, nanoseconds))
  }

  @Test(arguments: ["", "-", ".5", "5.", "1e3", "1.5x", "+1", " 1", "99999999999999999999", "1.2.3"])
  func `what is not decimal seconds is refused`(text: String) { #expect(Timestamp(decimalSeconds: text) == nil) }

  @Test func `nanoseconds are carried and arithmetic never traps`() {
    #expect(time(1, -1) == time(0, 999_999_999))
    #expect(time(1, 2_000_000_001) == time(3, 1))
    #expect(time(1, 500_000_000) + .milliseconds(700) == time(2, 200_000_000))
    #expect(time(1) - .milliseconds(1) == time(0, 999_000_000))
    #expect(time(5) - time(7, 500_000_000) == .milliseconds(-2500))
    let last = time(Int64.max, 999_999_999)
    let first = time(Int64.min)
    #expect(last + .seconds(1) == last && first - .seconds(1) == first)
    #expect((last - first) > .seconds(Int64.max / 2))
    #expect(!last.iso8601.isEmpty && !first.rfc1123.isEmpty && first.decimalSeconds == "-9223372036854775808")
    #expect(first < time(-1) && time(-1) < time(-1, 1) && time(0) < last)
  }

  @Test func `precision is cut towards the past`() {
    let time = time(-2, 123_456_789)
    #expect(time.truncated(toNanoseconds: 1) == time)
    #expect(time.truncated(toNanoseconds: 100) == self.time(-2, 123_456_700))
    #expect(time.truncated(toNanoseconds: 1_000_000) == self.time(-2, 123_000_000))
    #expect(time.truncated(toNanoseconds: 1_000_000_000) == self.time(-2))
    #expect(self.time(-1).truncated(toNanoseconds: 2_000_000_000) == self.time(-2))
  }

  @Test func `the clock tells the time of day`() {
    let clock = WallClock { Timestamp(seconds: 7) }
    #expect(clock.now() == Timestamp(seconds: 7))
    let first = WallClock.system.now()
    #expect(first > Timestamp(seconds: 1_700_000_000))
    #expect(Timestamp.now() - first < .seconds(60))
  }
}
