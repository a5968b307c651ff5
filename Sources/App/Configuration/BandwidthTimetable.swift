import Primitives

/// Which bandwidth holds when: the first period that holds decides, and where none does there is no limit.
public struct BandwidthTimetable: Hashable, Sendable, CustomStringConvertible {
  /// A time of the week, as clocks on the wall show it.
  public struct Moment: Hashable, Sendable {
    /// 0 for Monday to 6 for Sunday.
    public let weekday: Int
    /// Minutes since midnight.
    public let minute: Int

    /// A time; nil unless `weekday` is 0...6 and `minute` 0..<1440.
    public init?(weekday: Int, minute: Int) {
      guard (0..<7).contains(weekday), (0..<1440).contains(minute) else { return nil }
      (self.weekday, self.minute) = (weekday, minute)
    }

    fileprivate func advanced(by minutes: Int) -> Moment {
      let all = weekday * 1440 + minute + minutes
      return Moment(weekday: all / 1440 % 7, minute: all % 1440)!
    }
  }

  /// Some hours of some days.
  struct Period: Hashable, Sendable {
    /// The days it begins on: 0 for Monday to 6 for Sunday.
    var days: ClosedRange<Int>
    /// Minutes since midnight; at the end or before the start it ends on the day after.
    var start: Int
    var end: Int
    var bandwidth: Bandwidth

    func holds(at moment: Moment) -> Bool {
      if start < end { return days.contains(moment.weekday) && (start..<end).contains(moment.minute) }
      if moment.minute >= start { return days.contains(moment.weekday) }
      return moment.minute < end && days.contains((moment.weekday + 6) % 7)
    }
  }

  let periods: [Period]

  /// The same at all times.
  public init(_ bandwidth: Bandwidth) { periods = [Period(days: 0...6, start: 0, end: 1440, bandwidth: bandwidth)] }

  /// Reads `10M`, or periods with commas between: `Mon-Fri 08:00-18:00 2M:1M, * off`. Each is a rate, with days (`Mon`, `Sat-Sun`, `*`),
  /// hours (`22:00-06:00` goes on the day after), both or none before it. Nil for anything else.
  public init?(parsing text: String) {
    var periods: [Period] = []
    for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
      var words = entry.split(separator: " ")
      guard let rate = words.popLast(), let bandwidth = Bandwidth(parsing: rate == "unlimited" ? "off" : String(rate)) else {
        return nil
      }
      var period = Period(days: 0...6, start: 0, end: 1440, bandwidth: bandwidth)
      if let word = words.first, let days = Self.days(word) {
        period.days = days
        words.removeFirst()
      }
      if let word = words.first, let hours = Self.hours(word) {
        (period.start, period.end) = hours
        words.removeFirst()
      }
      guard words.isEmpty else { return nil }
      periods.append(period)
    }
    self.periods = periods
  }

  private static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

  private static func days(_ word: Substring) -> ClosedRange<Int>? {
    if word == "*" { return 0...6 }
    let ends = word.lowercased().split(separator: "-", omittingEmptySubsequences: false).map { end in names.firstIndex { $0 == end }
    }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last else { return nil }
    return first...last
  }

  private static func hours(_ word: Substring) -> (Int, Int)? {
    let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { end -> Int? in
      let parts = end.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0].utf8.count <= 2, parts[1].utf8.count == 2, let hour = Int(parts[0]),
        let minute = Int(parts[1]),
        (0...24).contains(hour), (0..<60).contains(minute), hour < 24 || minute == 0
      else { return nil }
      return hour * 60 + minute
    }
    guard ends.count == 2, let start = ends[0], let end = ends[1], start < 1440, start != end else { return nil }
    return (start, end)
  }

  /// What holds at a moment.
  public func bandwidth(at moment: Moment) -> Bandwidth {
    periods.first { $0.holds(at: moment) }?.bandwidth ?? Bandwidth(up: nil, down: nil)
  }

  /// Whole minutes from the beginning of `moment` until something else holds; nil if that never happens.
  public func minutesToChange(after moment: Moment) -> Int? {
    let now = bandwidth(at: moment)
    return (1...7 * 1440).first { bandwidth(at: moment.advanced(by: $0)) != now }
  }

  /// The lowest rate that ever holds, of each direction; nil where there never is a limit.
  public var lowest: Bandwidth {
    Bandwidth(up: periods.compactMap(\.bandwidth.up).min(), down: periods.compactMap(\.bandwidth.down).min())
  }

  /// The form that `init(parsing:)` reads; exact.
  public var description: String {
    func time(_ minutes: Int) -> String {
      let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
      return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
    return periods.map { period in
      var words: [String] = []
      if period.days != 0...6 {
        let ends = [period.days.lowerBound, period.days.upperBound].map {
          Self.names[$0].prefix(1).uppercased() + Self.names[$0].dropFirst()
        }
        words.append(period.days.count == 1 ? ends[0] : "\(ends[0])-\(ends[1])")
      } else if periods.count > 1, period.start == 0, period.end == 1440 {
        words.append("*")
      }
      if period.start != 0 || period.end != 1440 { words.append("\(time(period.start))-\(time(period.end))") }
      return (words + ["\(period.bandwidth)"]).joined(separator: " ")
    }.joined(separator: ", ")
  }
}
