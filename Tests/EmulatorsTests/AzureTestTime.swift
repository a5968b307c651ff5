import Concurrency
import Primitives

/// A time of day that a test moves.
final class AzureTestTime: Sendable {
  private let state = Lock(Timestamp(seconds: 1_780_000_000))

  var now: Timestamp { state.withLock { $0 } }
  var clock: WallClock { WallClock { [self] in now } }

  func advance(by duration: Duration) { state.withLock { $0 = $0 + duration } }
}
