/// The work was not done in the time it was given.
public struct DeadlineExceeded: Error, Sendable, CustomStringConvertible {
  /// The time it was given.
  public let duration: Duration
  public init(duration: Duration) { self.duration = duration }
  public var description: String { "not done within \(duration)" }
}

/// Runs `body`; after `duration` cancels it and throws `DeadlineExceeded`.
///
/// Waits for the body to end in any case, so nothing is left running: a body that ignores cancellation is late. A body that comes to
/// a result although it was cancelled has done its work, and its result is returned. About 2 µs.
/// - Throws: `DeadlineExceeded`, or what the body throws before the deadline.
public func withDeadline<T: Sendable>(
  _ duration: Duration, clock: MonotonicClock = .system, _ body: @escaping @Sendable () async throws -> T
) async throws -> T {
  return try await withThrowingTaskGroup(of: DeadlineEvent<T>.self) { group in
    group.addTask {
      do { return .done(.success(try await body())) } catch { return .done(.failure(error)) }
    }
    group.addTask {
      do {
        try await clock.sleep(duration)
        return .late
      } catch {
        return .undisturbed
      }
    }
    var isLate = false
    while let event = try await group.next() {
      switch event {
      case .done(.success(let value)):
        group.cancelAll()
        return value
      case .done(.failure(let error)):
        group.cancelAll()
        throw isLate ? DeadlineExceeded(duration: duration) : error
      case .late:
        isLate = true
        group.cancelAll()
      case .undisturbed:
        break
      }
    }
    preconditionFailure("a task group gives every child's result")
  }
}

private enum DeadlineEvent<T: Sendable>: Sendable {
  case done(Result<T, any Error>)
  case late
  case undisturbed
}
