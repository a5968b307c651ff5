import Primitives
import Testing

@testable import Configuration

@Suite struct BandwidthTimetableTests {
  private func rate(_ text: String, _ weekday: Int, _ hour: Int, _ minute: Int = 0) throws -> String {
    let timetable = try #require(BandwidthTimetable(parsing: text))
    return "\(timetable.bandwidth(at: try #require(.init(weekday: weekday, minute: hour * 60 + minute))))"
  }

  @Test func `the first period that holds decides, and where none does there is no limit`() throws {
    let office = "Mon-Fri 08:00-18:00 2M:1M, * unlimited"
    #expect(try rate(office, 0, 8) == "2M:1M")
    #expect(try rate(office, 4, 17, 59) == "2M:1M")
    #expect(try rate(office, 4, 18) == "off")
    #expect(try rate(office, 5, 12) == "off")
    #expect(try rate("Sat 1M", 5, 0) == "1M")
    #expect(try rate("Sat 1M", 6, 0) == "off")
    #expect(try rate("10M", 3, 3) == "10M")
    #expect(try rate("12:00-24:00 1M,5M", 3, 23, 59) == "1M")
    #expect(try rate("12:00-24:00 1M,5M", 3, 11, 59) == "5M")
  }

  @Test func `hours that go past midnight belong to the day on which they begin`() throws {
    let nights = "Fri-Sun 22:00-06:00 off, 1M"
    #expect(try rate(nights, 4, 21, 59) == "1M")
    #expect(try rate(nights, 4, 22) == "off")
    #expect(try rate(nights, 5, 5, 59) == "off")
    #expect(try rate(nights, 4, 5) == "1M")
    #expect(try rate(nights, 0, 5) == "off", "the night from Sunday to Monday")
    #expect(try rate(nights, 0, 6) == "1M")
  }

  @Test func `the next change is found, over the end of the week too`() throws {
    let office = try #require(BandwidthTimetable(parsing: "Mon-Fri 08:00-18:00 2M, off"))
    func wait(_ weekday: Int, _ minute: Int) throws -> Int? {
      office.minutesToChange(after: try #require(.init(weekday: weekday, minute: minute)))
    }
    #expect(try wait(0, 480) == 600)
    #expect(try wait(0, 479) == 1)
    #expect(try wait(4, 1080) == (6 + 24 + 24 + 8) * 60)
    #expect(
      try #require(BandwidthTimetable(parsing: "3M")).minutesToChange(after: try #require(.init(weekday: 0, minute: 0))) == nil)
  }

  @Test(arguments: [
    "", ",", "2M,", "Mon", "Mon 2X", "Mun 2M", "Fri-Mon 2M", "08:00 2M", "8-18 2M", "08:00-08:00 2M", "25:00-26:00 2M",
    "24:00-08:00 1M",
    "08:60-09:00 1M", "08:00-18:00 Mon 2M", "* * 2M", "0", "Mon-Tue-Wed 1M", "Mon- 1M", "24:30-25:00 1M",
  ])
  func `what is no timetable is refused`(text: String) { #expect(BandwidthTimetable(parsing: text) == nil) }

  @Test(arguments: [
    "10M", "off", "5M:20M", "Mon-Fri 08:00-18:00 2M:1M, * off", "Sat 1M", "22:00-06:00 off, * 512K", "Sun 00:00-24:00 1M",
  ])
  func `a timetable is written as it is read`(text: String) throws {
    let timetable = try #require(BandwidthTimetable(parsing: text))
    #expect(BandwidthTimetable(parsing: timetable.description) == timetable)
  }
}
