import Glibc

/// A thread of the operating system. Released without `join`, it goes on by itself and leaves nothing behind at its end.
///
/// Unchecked: the handle is used once, by whoever takes it from behind the lock.
final class Thread: @unchecked Sendable {
  private final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let handle: Lock<pthread_t?>

  /// Starts a thread that runs `body`, with every signal blocked so that signals reach the threads that ask for them.
  init(_ body: @escaping @Sendable () -> Void) {
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body)).toOpaque()
    let result = pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
        return nil
      }, box)
    pthread_sigmask(SIG_SETMASK, &previous, nil)
    precondition(result == 0, "pthread_create: errno \(result)")
    handle = Lock(thread)
  }

  deinit { if let thread = take() { pthread_detach(thread) } }

  /// Waits until the thread has ended, with everything that libraries do at the end of a thread: a process that exits while
  /// OpenSSL frees what it kept for a thread crashes. Blocks; the second call returns at once. Never from the thread itself.
  func join() { if let thread = take() { pthread_join(thread, nil) } }

  private func take() -> pthread_t? {
    handle.withLock { handle in
      defer { handle = nil }
      return handle
    }
  }
}
