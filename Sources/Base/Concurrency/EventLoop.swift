import Glibc
import Synchronization

/// One thread that waits for descriptors and timers, and on which Swift tasks run: network code there pays no thread switch.
///
/// Tasks get onto it by `run`, `Task(executorPreference:)` or `addTask(executorPreference:)`, and stay there as long as they call
/// async functions that keep to their caller's executor. Such a task must not block: everything on the loop waits for it.
///
/// A job enqueued on the loop's own thread costs no lock and no system call; from another thread it costs a lock, and a wake-up
/// only if the loop is really asleep. The thread lives until `shutdown()`.
///
/// Unchecked: what other threads reach is behind the inbox's lock or atomic; the rest belongs to the loop's thread.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
  private struct Inbox {
    var jobs: [UnownedJob] = []
    var calls: [@Sendable () -> Void] = []
    var isSleeping = false
    var isStopping = false
    var isClosed = false
  }

  struct Watch {
    let generation: UInt32
    let handler: @Sendable (DescriptorEvents) -> Void
  }

  /// For messages and debugging.
  public let name: String

  let poller = Poller()
  private let inbox = Lock(Inbox())
  /// 0 before the thread runs and after it has ended: thread ids are reused.
  private let thread = Atomic<UInt>(0)
  private let handle = Lock<Thread?>(nil)

  // Everything below belongs to the loop's thread.
  private var jobs: [UnownedJob] = []
  private var runningJobs: [UnownedJob] = []
  private var calls: [@Sendable () -> Void] = []
  var watches: [Int32: Watch] = [:]
  var generation: UInt32 = 0
  var timers = TimerHeap()
  var timerSequence: UInt64 = 0
  var sleeps: [ObjectIdentifier: Sleep] = [:]
  var hooks: [(id: Int, body: @Sendable () -> Void)] = []
  var endings: [(id: Int, body: @Sendable () -> Void)] = []
  var nextHookID = 0

  /// Starts the thread.
  public init(name: String) {
    self.name = name
    let started = Thread { [self] in
      thread.store(UInt(pthread_self()), ordering: .relaxed)
      loop()
    }
    handle.withLock { $0 = started }
  }

  /// Whether the caller is on the loop's thread.
  public var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isCurrent {
      jobs.append(job)
      return
    }
    enum Next { case wake, nothing, closed }
    let next: Next = inbox.withLock { inbox in
      if inbox.isClosed { return .closed }
      inbox.jobs.append(job)
      defer { inbox.isSleeping = false }
      return inbox.isSleeping ? .wake : .nothing
    }
    switch next {
    case .wake: poller.wake()
    case .nothing: break
    case .closed:
      // The thread is gone, but a task must go on to its end: let the default executor have it.
      globalConcurrentExecutor.enqueue(ExecutorJob(job))
    }
  }

  /// Runs `call` on the loop's thread, soon; in order with other calls from the same thread.
  /// - Returns: false, without running it, if the loop has shut down.
  @discardableResult
  public func execute(_ call: @escaping @Sendable () -> Void) -> Bool {
    if isCurrent {
      calls.append(call)
      return true
    }
    var mustWake = false
    let accepted = inbox.withLock { inbox in
      if inbox.isClosed { return false }
      inbox.calls.append(call)
      mustWake = inbox.isSleeping
      inbox.isSleeping = false
      return true
    }
    if mustWake { poller.wake() }
    return accepted
  }

  /// Runs `body` on the loop and returns its result to the caller's executor; cancelling the caller cancels it. About 10 µs, and
  /// no thread switch if already there.
  public func run<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
    if isCurrent { return try await body() }
    // A child task, not `withTaskExecutorPreference`: a body that keeps to its caller's executor would stay where the caller is.
    return try await withThrowingTaskGroup(of: T.self) { group in
      group.addTask(executorPreference: self) { try await body() }
      guard let result = try await group.next() else { preconditionFailure("a task group gives every child's result") }
      return result
    }
  }

  /// Lets the thread end when the jobs that are ready have run. Sleeps end with `CancellationError`, timers never fire, watches
  /// are forgotten. Tasks that still prefer this loop afterwards run on the default executor. May be called twice.
  public func shutdown() {
    let mustWake = inbox.withLock { inbox in
      inbox.isStopping = true
      defer { inbox.isSleeping = false }
      return inbox.isSleeping
    }
    if mustWake { poller.wake() }
  }

  /// Waits, after `shutdown`, until the thread is gone, with all that libraries do at its end. A program awaits this before it
  /// exits: at exit OpenSSL frees what the end of a thread still reads. Cancelling does not shorten it.
  public func ended() async {
    guard let thread = handle.withLock({ $0.take() }) else { return }
    // A task of its own: the caller's may be cancelled, or prefer this very loop.
    await Task.detached { try? await BlockingPool.shared.run { thread.join() } }.value
  }

  private func loop() {
    let executor = asUnownedTaskExecutor()
    while true {
      let isStopping = takeInbox()
      runCalls()
      swap(&jobs, &runningJobs)
      for job in runningJobs { job.runSynchronously(on: executor) }
      runningJobs.removeAll(keepingCapacity: true)
      runCalls()
      fireTimers()
      // Last before waiting, so that a hook sees what jobs, calls and timers have left for it.
      for hook in hooks { hook.body() }
      if isStopping { end() }
      if isStopping, jobs.isEmpty, calls.isEmpty, close() { break }
      poller.wait(milliseconds: isStopping ? 0 : waitTime()) { tag, events in deliver(tag, events) }
      // Whoever wrote to the inbox meanwhile need not wake us: we are about to look.
    }
  }

  private func takeInbox() -> Bool {
    inbox.withLock { inbox in
      inbox.isSleeping = false
      if !inbox.jobs.isEmpty {
        jobs.append(contentsOf: inbox.jobs)
        inbox.jobs.removeAll(keepingCapacity: true)
      }
      if !inbox.calls.isEmpty {
        calls.append(contentsOf: inbox.calls)
        inbox.calls.removeAll(keepingCapacity: true)
      }
      return inbox.isStopping
    }
  }

  private func runCalls() {
    while !calls.isEmpty {
      let batch = calls
      calls.removeAll()
      for call in batch { call() }
    }
  }

  /// Milliseconds until there is something to do, and tells other threads that they must wake us if that is not now.
  private func waitTime() -> Int32 {
    if !jobs.isEmpty || !calls.isEmpty { return 0 }
    let canSleep = inbox.withLock { inbox in
      inbox.isSleeping = inbox.jobs.isEmpty && inbox.calls.isEmpty && !inbox.isStopping
      return inbox.isSleeping
    }
    guard canSleep else { return 0 }
    guard let first = timers.first else { return -1 }
    let now = MonotonicClock.systemNanoseconds()
    if first.deadline <= now { return 0 }
    return Int32(min((first.deadline - now + 999_999) / 1_000_000, 86_400_000))
  }

  private func close() -> Bool {
    let closed = inbox.withLock { inbox in
      inbox.isClosed = inbox.jobs.isEmpty && inbox.calls.isEmpty
      return inbox.isClosed
    }
    guard closed else { return false }
    thread.store(0, ordering: .relaxed)
    timers = TimerHeap()
    watches = [:]
    hooks = []
    return true
  }
}
