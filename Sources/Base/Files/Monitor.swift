import Glibc

/// A lock with two conditions to wait for; a pthread mutex, which the thread sanitizer understands.
final class Monitor: @unchecked Sendable {
  /// What a thread waits for.
  enum Condition: Int { case work, result }

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let conditions: UnsafeMutablePointer<pthread_cond_t>

  init() {
    mutex = .allocate(capacity: 1)
    conditions = .allocate(capacity: 2)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(conditions, nil)
    pthread_cond_init(conditions + 1, nil)
  }

  deinit {
    pthread_cond_destroy(conditions)
    pthread_cond_destroy(conditions + 1)
    pthread_mutex_destroy(mutex)
    conditions.deallocate()
    mutex.deallocate()
  }

  func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Only inside `locked`: lets others in until somebody wakes the condition.
  func wait(_ condition: Condition) { pthread_cond_wait(conditions + condition.rawValue, mutex) }

  /// Wakes all who wait for the condition.
  func wake(_ condition: Condition) { pthread_cond_broadcast(conditions + condition.rawValue) }
}
