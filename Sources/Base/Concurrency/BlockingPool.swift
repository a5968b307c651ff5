import Glibc

/// A fixed number of threads for work that blocks or computes: file calls, hashing, compressing.
///
/// The default executor has one thread per core and must never block. A hop to this pool and back costs about 7 µs: hand over
/// batches or whole loops, never single calls. Work waits in order of arrival; nothing bounds the queue, so the caller bounds what
/// it has under way.
///
/// Unchecked: what changes is in the queue, behind its mutex.
public final class BlockingPool: TaskExecutor, @unchecked Sendable {
  private enum Item {
    case job(UnownedJob)
    case call(@Sendable () -> Void)
  }

  /// Queue and condition variable, kept apart from the pool so that idle threads do not keep the pool alive.
  /// Unchecked: the mutex guards every variable.
  private final class Queue: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var items = FIFO<Item>()
    private var idle = 0
    private var isClosed = false

    init() {
      pthread_mutex_init(mutex, nil)
      pthread_cond_init(condition, nil)
    }

    deinit {
      pthread_cond_destroy(condition)
      pthread_mutex_destroy(mutex)
      condition.deallocate()
      mutex.deallocate()
    }

    func push(_ item: Item) {
      pthread_mutex_lock(mutex)
      items.append(item)
      let mustWake = idle > 0
      pthread_mutex_unlock(mutex)
      if mustWake { pthread_cond_signal(condition) }
    }

    /// The next item; nil when closed and drained.
    func pop() -> Item? {
      pthread_mutex_lock(mutex)
      defer { pthread_mutex_unlock(mutex) }
      while true {
        if let item = items.popFirst() { return item }
        if isClosed { return nil }
        idle += 1
        pthread_cond_wait(condition, mutex)
        idle -= 1
      }
    }

    func close() {
      pthread_mutex_lock(mutex)
      isClosed = true
      pthread_mutex_unlock(mutex)
      pthread_cond_broadcast(condition)
    }
  }

  /// The process's pool: one thread per core, at least 2, at most 4. Made when first used.
  public static let shared = BlockingPool(name: "blocking", threads: min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 2), 4))

  /// For messages and debugging.
  public let name: String
  private let queue = Queue()

  /// Starts `threads` (at least 1) threads, which end when the pool is released and the work given to it is done.
  public init(name: String, threads: Int) {
    precondition(threads >= 1, "a pool needs a thread")
    self.name = name
    for _ in 0..<threads {
      let queue = queue
      _ = Thread { [weak self] in
        while let item = queue.pop() {
          switch item {
          case .call(let call): call()
          case .job(let job):
            if let pool = self {
              job.runSynchronously(on: pool.asUnownedTaskExecutor())
            } else {
              globalConcurrentExecutor.enqueue(ExecutorJob(job))
            }
          }
        }
      }
    }
  }

  deinit { queue.close() }

  public func enqueue(_ job: consuming ExecutorJob) { queue.push(.job(UnownedJob(job))) }

  /// Runs `body` on one of the threads, and its result comes back to the caller's executor.
  /// - Throws: what `body` throws; `CancellationError` if the task is cancelled before a thread has begun with it. A body that runs
  ///   is not interrupted, and this returns only when it has ended: what it uses is never used behind the caller's back.
  public func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try Task.checkCancellation()
    if SimulatedTime.executor != nil {
      await Task.yield()
      return try body()
    }
    let shot = OneShot<T>()
    let hasBegun = Lock(false)
    queue.push(
      .call {
        let isWanted = hasBegun.withLock { state in
          defer { state = true }
          return !state
        }
        if isWanted { shot.settle(Result { try body() }) }
      })
    return try await withTaskCancellationHandler {
      try await shot.waitUncancellably()
    } onCancel: {
      let wasWaiting = hasBegun.withLock { state in
        defer { state = true }
        return !state
      }
      if wasWaiting { shot.settle(.failure(CancellationError())) }
    }
  }
}
