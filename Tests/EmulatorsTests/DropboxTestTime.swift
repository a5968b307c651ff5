import Concurrency
import Primitives

/// A wall clock that a test moves.
final class DropboxTestTime: Sendable {
  private let seconds = Lock<Int64>(1_700_000_000)

  var clock: WallClock { WallClock { [seconds] in Timestamp(seconds: seconds.withLock { $0 }) } }

  func advance(_ count: Int64) { seconds.withLock { $0 += count } }
}
