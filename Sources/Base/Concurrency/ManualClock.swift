/// A clock for tests: time stands still until the test moves it.
public final class ManualClock: Sendable {
  private struct Sleeper {
    let id: UInt64
    let wake: Duration
    let shot: OneShot<Void>
  }

  private struct State {
    var now: Duration = .seconds(1000)
    var nextID: UInt64 = 0
    var sleepers: [Sleeper] = []
  }

  private let state = Lock(State())

  public init() {}

  /// The clock to pass to the code under test.
  public var clock: MonotonicClock {
    MonotonicClock(now: { self.now }, sleep: { try await self.sleep($0) })
  }

  /// The present moment of this clock.
  public var now: Duration { state.withLock { $0.now } }

  /// How many tasks sleep on this clock right now.
  public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

  /// Moves time on and wakes who is due, earliest first.
  public func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now += duration
      let now = state.now
      let due = state.sleepers.filter { $0.wake <= now }.sorted { ($0.wake, $0.id) < ($1.wake, $1.id) }
      state.sleepers.removeAll { $0.wake <= now }
      return due
    }
    for sleeper in due { sleeper.shot.settle(.success(())) }
  }

  /// Waits, in real time, until at least `count` tasks sleep on this clock: only then does `advance` mean what a test intends.
  public func waitForSleepers(_ count: Int = 1) async throws {
    while sleeperCount < count { try await Task.sleep(for: .milliseconds(1)) }
  }

  private func sleep(_ duration: Duration) async throws {
    if duration <= .zero { return try Task.checkCancellation() }
    let shot = OneShot<Void>()
    let id = state.withLock { state in
      state.nextID += 1
      state.sleepers.append(Sleeper(id: state.nextID, wake: state.now + duration, shot: shot))
      return state.nextID
    }
    try await shot.wait(onCancel: { self.state.withLock { $0.sleepers.removeAll { $0.id == id } } })
  }
}
