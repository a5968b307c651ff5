import Concurrency
public import Primitives

/// Something that ends and is got anew in time, credentials or a token; many callers share one renewal.
public final class Renewal<Value: Sendable>: Sendable {
  private struct Held {
    var value: Value?
    /// The service takes it no more.
    var isRefused = false
  }

  private let held: Lock<Held>
  private let flight = SingleFlight<Value>()
  private let margin: Duration
  private let clock: WallClock
  private let expiration: @Sendable (Value) -> Timestamp?
  private let load: (@Sendable () async throws -> Value)?

  /// What is as it is: it is given for as long as it lasts, and longer.
  public init(_ value: Value) {
    held = Lock(Held(value: value))
    (margin, clock) = (.zero, .system)
    expiration = { _ in nil }
    load = nil
  }

  /// What `load` gets, when it is first needed and again before it ends.
  /// - Parameters:
  ///   - margin: so long before its end it is renewed.
  ///   - expiration: when a value ends; nil if nobody says.
  public init(
    margin: Duration, clock: WallClock, expiration: @escaping @Sendable (Value) -> Timestamp?,
    load: @escaping @Sendable () async throws -> Value
  ) {
    held = Lock(Held())
    (self.margin, self.clock) = (margin, clock)
    self.expiration = expiration
    self.load = load
  }

  /// Whether asking again can give another.
  public var canRenew: Bool { load != nil }

  /// What was got last, whether or not it is still taken; nil before anything was needed.
  public var last: Value? { held.withLock { $0.value } }

  private var taken: Value? { held.withLock { $0.isRefused ? nil : $0.value } }

  /// One that is good now.
  /// - Throws: what `load` throws where there is none that still holds; `CancellationError`.
  public func current() async throws -> Value {
    if let value = taken {
      guard load != nil, let end = expiration(value) else { return value }
      if end - clock.now() > margin { return value }
    }
    return try await flight.run { [self] in
      do {
        guard let load else { preconditionFailure("what cannot be renewed is never forgotten") }
        let value = try await load()
        held.withLock { $0 = Held(value: value) }
        return value
      } catch {
        // An old one that still holds is better than none: the next request asks again.
        if let value = taken, let end = expiration(value), end > clock.now() { return value }
        throw error
      }
    }
  }

  /// Says that the service no longer takes a value that `isMeant`.
  public func forget(where isMeant: (Value) -> Bool) {
    guard canRenew else { return }
    held.withLock { held in
      if let value = held.value, isMeant(value) { held.isRefused = true }
    }
  }
}
