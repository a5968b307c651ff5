import Primitives

/// Numbers and times as people read them.
enum Wording {
  /// `1 file`, `3 files`.
  static func count(_ number: some BinaryInteger, _ noun: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
  }

  /// `1.2 MiB`.
  static func bytes(_ number: Int64) -> String { ByteCount(number).description }

  /// A moment, to the second: `2026-11-20 10:42:23Z`.
  static func time(_ time: Timestamp) -> String {
    var text = Timestamp(seconds: time.seconds).iso8601
    if let separator = text.firstIndex(of: "T") { text.replaceSubrange(separator...separator, with: " ") }
    return text
  }

  /// A length of time without needless digits: `19ms`, `1.3s`, `12s`, `3m20s`.
  static func span(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    if seconds >= 10 { return DurationText.format(.seconds(seconds)) }
    let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
    if milliseconds < 1000 { return "\(milliseconds)ms" }
    return milliseconds % 1000 < 100 ? "\(seconds)s" : "\(seconds).\(milliseconds % 1000 / 100)s"
  }

  /// How long ago `time` was: `3m ago`.
  static func ago(_ time: Timestamp, now: Timestamp) -> String {
    let seconds = now.seconds - time.seconds
    switch seconds {
    case ..<0: return Wording.time(time)
    case 0..<60: return "\(seconds)s ago"
    case 60..<3600: return "\(seconds / 60)m ago"
    case 3600..<172_800: return "\(seconds / 3600)h ago"
    default: return "\(seconds / 86_400)d ago"
    }
  }
}
