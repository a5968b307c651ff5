import Concurrency
import Configuration
import Glibc
import Primitives
import Testing

@testable import Composition

@Suite struct BandwidthKeeperTests {
  @Test func `the rates follow the clock on the wall`() throws {
    let timetable = try #require(BandwidthTimetable(parsing: "08:00-18:00 2M:1M, off"))
    // Noon and midnight of the zone in which the tests run.
    var local = tm()
    (local.tm_year, local.tm_mon, local.tm_mday, local.tm_hour, local.tm_isdst) = (126, 10, 20, 12, -1)
    let noon = Timestamp(seconds: Int64(mktime(&local)))
    let (upload, download) = (TokenBucket(rate: nil), TokenBucket(rate: nil))
    BandwidthKeeper.apply(timetable, at: noon, upload, download)
    #expect(upload.rate == Double(2 << 20))
    #expect(download.rate == Double(1 << 20))
    #expect(BandwidthKeeper.untilChange(timetable, noon + .seconds(30)) == .seconds(6 * 3600 - 30) + .milliseconds(5))
    BandwidthKeeper.apply(timetable, at: noon + .seconds(6 * 3600), upload, download)
    #expect(upload.rate == nil)
    #expect(download.rate == nil)
  }
}
