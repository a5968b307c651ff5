public import Concurrency
public import ObjectStorage
import Primitives

/// When a store is taken to be down, and for how long it is left alone.
public struct CircuitBreakerOptions: Sendable, Hashable {
  /// Failed calls in a row that open the circuit.
  public var failures: Int
  /// How long it stays open before one call is let through; doubles with each failed probe.
  public var pause: Duration
  /// The longest pause.
  public var longestPause: Duration

  /// - Parameters: all above zero.
  public init(failures: Int = 5, pause: Duration = .seconds(15), longestPause: Duration = .seconds(300)) {
    precondition(failures >= 1 && pause > .zero && longestPause >= pause, "a circuit breaker needs a threshold and a pause")
    self.failures = failures
    self.pause = pause
    self.longestPause = longestPause
  }
}

/// The circuit as a value: calls ask whether they may go, and report how they went.
struct Circuit: Sendable {
  enum Verdict: Equatable {
    case go
    /// Go alone: the circuit is being tried.
    case probe
    case refused(Duration)
  }

  private enum State {
    case closed(failures: Int)
    case open(until: Duration, pause: Duration)
    case probing(pause: Duration)
  }

  private let options: CircuitBreakerOptions
  private var state = State.closed(failures: 0)

  init(_ options: CircuitBreakerOptions) { self.options = options }

  mutating func ask(now: Duration) -> Verdict {
    switch state {
    case .closed: return .go
    case .open(let until, let pause):
      if now < until { return .refused(until - now) }
      state = .probing(pause: pause)
      return .probe
    case .probing(let pause): return .refused(pause)
    }
  }

  /// The store answered, if only with an error of its own.
  mutating func succeeded() { state = .closed(failures: 0) }

  /// The store could not be reached.
  mutating func failed(_ verdict: Verdict, now: Duration) {
    switch state {
    case .closed(let failures):
      state =
        failures + 1 < options.failures
        ? .closed(failures: failures + 1) : .open(until: now + options.pause, pause: options.pause)
    case .probing(let pause) where verdict == .probe:
      let longer = min(pause * 2, options.longestPause)
      state = .open(until: now + longer, pause: longer)
    // A call from before the circuit opened says nothing new.
    case .open, .probing: break
    }
  }

  /// The call ended without saying anything about the store (it was cancelled): a probe's place is free again.
  mutating func abandoned(_ verdict: Verdict, now: Duration) {
    if case .probing(let pause) = state, verdict == .probe { state = .open(until: now, pause: pause) }
  }
}

/// Leaves a store alone that is down: after so many calls in a row that could not reach it, calls fail at once, until one that is
/// let through after a pause succeeds.
///
/// Outside retry: it judges by what retries could not mend, and spares a store that is down the retries of every path. Only
/// `.unavailable` and `.timeout` count; any other answer, an error too, shows that the store is there.
public final class CircuitBreakerStore: StoreLayer {
  public let base: any ObjectStore
  private let circuit: Lock<Circuit>
  private let clock: MonotonicClock
  private let lastError = Lock<String>("")

  /// A store that is left alone while it is down.
  public init(_ base: any ObjectStore, options: CircuitBreakerOptions = CircuitBreakerOptions(), clock: MonotonicClock = .system) {
    self.base = base
    circuit = Lock(Circuit(options))
    self.clock = clock
  }

  public func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    let verdict = circuit.withLock { $0.ask(now: clock.now()) }
    if case .refused(let wait) = verdict {
      let last = lastError.withLock { $0 }
      throw StorageError(
        .unavailable, retry: .after(wait), store: identity.displayName, key: call.key,
        message: "the store is left alone because it could not be reached (\(last)); it is tried again in \(rounded(wait))")
    }
    do {
      let result = try await body()
      circuit.withLock { $0.succeeded() }
      return result
    } catch let error as StorageError where error.code == .unavailable || error.code == .timeout {
      lastError.withLock { $0 = error.message }
      circuit.withLock { $0.failed(verdict, now: clock.now()) }
      throw error
    } catch let error as StorageError where error.code != .cancelled && error.code != .sourceChanged {
      circuit.withLock { $0.succeeded() }
      throw error
    } catch {
      circuit.withLock { $0.abandoned(verdict, now: clock.now()) }
      throw error
    }
  }

  private func rounded(_ wait: Duration) -> String { DurationText.format(.seconds(max(wait.components.seconds, 1))) }
}
