import Concurrency
import Glibc
import Synchronization

/// Ctrl-C and SIGTERM: the first asks the work to stop cleanly, the second ends the process at once.
final class Interruption: Sendable {
  private let action = Lock<(@Sendable () -> Void)?>(nil)
  private let happened = Atomic<Bool>(false)

  /// Takes over SIGINT and SIGTERM, and ignores SIGPIPE: a closed pipe shows as a failed write. Called once, by the program.
  static func install() -> Interruption {
    let interruption = Interruption()
    var ends: [Int32] = [-1, -1]
    signal(SIGPIPE, SIG_IGN)
    guard pipe(&ends) == 0 else { return interruption }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    wakeDescriptor.store(ends[1], ordering: .relaxed)
    signalCount.store(0, ordering: .relaxed)
    var handler = sigaction()
    handler.__sigaction_handler.sa_handler = { _ in
      // Only what is allowed in a handler: two atomics, write and _exit.
      let saved = errno
      if signalCount.add(1, ordering: .relaxed).oldValue > 0 { _exit(130) }
      var byte: UInt8 = 1
      _ = write(wakeDescriptor.load(ordering: .relaxed), &byte, 1)
      errno = saved
    }
    handler.sa_flags = Int32(SA_RESTART)
    sigaction(SIGINT, &handler, nil)
    sigaction(SIGTERM, &handler, nil)
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Waiter(interruption, descriptor: ends[0]))
    let status = pthread_create(
      &thread, nil,
      { raw in
        let waiter = Unmanaged<Waiter>.fromOpaque(raw!).takeRetainedValue()
        waiter.wait()
        return nil
      }, context.toOpaque())
    if status == 0 { pthread_detach(thread) } else { context.release() }
    return interruption
  }

  /// What the first signal does; at once if it has been there.
  func onFirst(_ body: @escaping @Sendable () -> Void) {
    action.withLock { $0 = body }
    if happened.load(ordering: .sequentiallyConsistent) { body() }
  }

  private func fire() {
    happened.store(true, ordering: .sequentiallyConsistent)
    action.withLock { $0 }?()
  }

  private final class Waiter: Sendable {
    private let interruption: Interruption
    private let descriptor: Int32

    init(_ interruption: Interruption, descriptor: Int32) {
      self.interruption = interruption
      self.descriptor = descriptor
    }

    func wait() {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      while poll(&waiting, 1, -1) < 1 {}
      interruption.fire()
    }
  }
}

/// How many signals came. Set before the handler is installed, so that the handler meets an initialised variable.
private let signalCount = Atomic<Int>(0)
private let wakeDescriptor = Atomic<Int32>(-1)
