import Concurrency
import Configuration
import Glibc
import Primitives

/// Two buckets whose rates follow the clock on the wall, for as long as it lives.
final class BandwidthKeeper: Sendable {
  let upload = TokenBucket(rate: nil)
  let download = TokenBucket(rate: nil)
  private let task: Task<Void, Never>

  /// - Parameter clock: tells the time of day.
  init(_ timetable: BandwidthTimetable, clock: WallClock) {
    Self.apply(timetable, at: clock.now(), upload, download)
    task = Task { [upload, download] in
      while let wait = Self.untilChange(timetable, clock.now()) {
        // Not longer than a minute: clocks are set, machines sleep.
        do { try await Task.sleep(for: min(wait, .seconds(60))) } catch { return }
        Self.apply(timetable, at: clock.now(), upload, download)
      }
    }
  }

  deinit { task.cancel() }

  static func apply(_ timetable: BandwidthTimetable, at time: Timestamp, _ upload: TokenBucket, _ download: TokenBucket) {
    guard let moment = moment(time)?.moment else { return }
    let bandwidth = timetable.bandwidth(at: moment)
    for (bucket, rate) in [(upload, bandwidth.up), (download, bandwidth.down)] {
      let rate = rate.map { Double($0.bytes) }
      if bucket.rate != rate { bucket.setRate(rate) }
    }
  }

  static func untilChange(_ timetable: BandwidthTimetable, _ time: Timestamp) -> Duration? {
    guard let (moment, second) = moment(time), let minutes = timetable.minutesToChange(after: moment) else { return nil }
    return .seconds(minutes * 60 - second) + .milliseconds(5)
  }

  /// What the clock on the wall shows, and its seconds.
  private static func moment(_ time: Timestamp) -> (moment: BandwidthTimetable.Moment, second: Int)? {
    var seconds = time_t(time.seconds)
    var local = tm()
    guard localtime_r(&seconds, &local) != nil else { return nil }
    // Sunday is 0 there.
    let moment = BandwidthTimetable.Moment(weekday: (Int(local.tm_wday) + 6) % 7, minute: Int(local.tm_hour * 60 + local.tm_min))
    return moment.map { ($0, min(Int(local.tm_sec), 59)) }
  }
}
