import Concurrency
import Crypto
import ObjectStorage

/// Writes of one account go one after the other; who comes at the same moment is sent away and may come back at once.
enum Contention {
  /// How often a request comes back until that is left to whoever retries the whole.
  static let attempts = 5

  /// The longest that the service is obeyed which says when to come back: what is longer is waited for elsewhere.
  private static let patience = Duration.seconds(2)

  static func pause(_ attempt: Int, _ timer: MonotonicClock, _ error: StorageError? = nil) async throws {
    let most = Duration.milliseconds(200 << min(attempt, 4))
    var wait = most / 2 + most / 512 * Int(Random.bytes(1)[0])
    if case .after(let named) = error?.retry { wait = max(wait, min(named, patience)) }
    try await timer.sleep(wait)
  }
}

/// Whether writes of the account stood in each other's way a short while ago.
final class Crowd: Sendable {
  private static let memory = Duration.seconds(60)

  private let timer: MonotonicClock
  private let until = Lock<Duration>(.zero)

  init(_ timer: MonotonicClock) { self.timer = timer }

  var isThere: Bool { timer.now() < until.withLock { $0 } }

  func note() {
    let end = timer.now() + Self.memory
    until.withLock { $0 = end }
  }
}
