/// Lets many callers share one run of the same work: refreshing credentials, loading a listing.
///
/// Who asks while the work runs gets its result. A caller that is cancelled leaves at once; the work itself is cancelled when the
/// last caller has left. A failure is shared too, and the next call starts afresh: nothing is cached.
public final class SingleFlight<Value: Sendable>: Sendable {
  private struct Flight {
    let id: UInt64
    var task: Task<Void, Never>?
    var waiters: [OneShot<Value>] = []
  }

  private struct State {
    var flight: Flight?
    var nextID: UInt64 = 0
  }

  private let state = Lock(State())

  public init() {}

  /// Whether the work runs now.
  public var isFlying: Bool { state.withLock { $0.flight != nil } }

  /// The result of `body`, or of the run of an earlier caller that is still under way.
  /// - Throws: what the work throws, or `CancellationError` when this caller is cancelled.
  public func run(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try Task.checkCancellation()
    let shot = OneShot<Value>()
    let id = state.withLock { state in
      if state.flight == nil {
        state.nextID += 1
        let id = state.nextID
        state.flight = Flight(id: id)
        state.flight?.task = Task {
          let result: Result<Value, any Error>
          do { result = .success(try await body()) } catch { result = .failure(error) }
          self.land(id, result)
        }
      }
      state.flight?.waiters.append(shot)
      return state.nextID
    }
    return try await shot.wait(onCancel: { self.leave(id, shot) })
  }

  private func land(_ id: UInt64, _ result: Result<Value, any Error>) {
    let waiters = state.withLock { state -> [OneShot<Value>] in
      guard let flight = state.flight, flight.id == id else { return [] }
      state.flight = nil
      return flight.waiters
    }
    for waiter in waiters { waiter.settle(result) }
  }

  private func leave(_ id: UInt64, _ shot: OneShot<Value>) {
    let abandoned = state.withLock { state -> Task<Void, Never>? in
      guard state.flight?.id == id else { return nil }
      state.flight?.waiters.removeAll { $0 === shot }
      guard state.flight?.waiters.isEmpty == true else { return nil }
      defer { state.flight = nil }
      return state.flight?.task
    }
    abandoned?.cancel()
  }
}
