import Glibc

/// A value behind a mutex.
///
/// A `pthread_mutex_t` rather than `Synchronization.Mutex`, because ThreadSanitizer understands the former: a race it reports is
/// then a real one. About 7 ns uncontended. Not recursive; never hold it over a call to unknown code.
///
/// Unchecked: the state is touched only while the mutex is held.
public final class Lock<State>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var state: State

  /// A lock around `state`, which must not be reachable in another way.
  public init(_ state: sending State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    let result = pthread_mutex_init(mutex, nil)
    precondition(result == 0, "pthread_mutex_init: \(result)")
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Runs `body` alone with the state. What `body` returns must not let the state out.
  public func withLock<Result, Failure: Error>(_ body: (inout State) throws(Failure) -> Result) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state)
  }
}
