public import Concurrency
public import ObjectStorage
public import Primitives

/// When and how often to try again.
public struct RetryOptions: Sendable {
  /// Attempts in all, at least 1.
  public var attempts: Int
  /// The waits between them; a service that names a longer wait gets it.
  public var backoff: Backoff
  /// The longest wait that a service may ask for; if it asks for more, its error is final for now.
  public var longestWait: Duration
  /// Makes the waits repeatable for tests; nil: random.
  public var seed: UInt64?

  /// Options; by default five attempts within about half a minute.
  public init(
    attempts: Int = 5, backoff: Backoff = Backoff(base: .milliseconds(200), cap: .seconds(20)),
    longestWait: Duration = .seconds(120),
    seed: UInt64? = nil
  ) {
    precondition(attempts >= 1, "there is a first attempt")
    self.attempts = attempts
    self.backoff = backoff
    self.longestWait = longestWait
    self.seed = seed
  }
}

/// Tries again what failed for a passing reason.
///
/// Retries what the provider called worth it (`StorageError.retry`), after a random wait that grows (full jitter) and is never
/// shorter than the service asks for, within attempts and a budget shared by all calls. A read's sink is restarted; if it cannot
/// be, the read fails as soon as bytes were delivered. A write under a condition whose answer was lost is looked at before it is
/// repeated or called a failure: if the object is now exactly what was written, it is ours. Around the deadline, so that each
/// attempt has its own; inside the circuit breaker, which judges by what retries could not mend.
public final class RetryingStore: StoreLayer {
  public let base: any ObjectStore
  let options: RetryOptions
  private let budget: RetryBudget
  private let clock: MonotonicClock
  private let random: Lock<SeededRandom>
  private let onRetry: @Sendable (StoreCall, StorageError, Duration) -> Void

  /// - Parameters:
  ///   - budget: may be shared between stores of one service.
  ///   - onRetry: told of each retry before its wait, for the log; must be quick.
  public init(
    _ base: any ObjectStore, options: RetryOptions = RetryOptions(), budget: RetryBudget = RetryBudget(),
    clock: MonotonicClock = .system, onRetry: @escaping @Sendable (StoreCall, StorageError, Duration) -> Void = { _, _, _ in }
  ) {
    self.base = base
    self.options = options
    self.budget = budget
    self.clock = clock
    self.onRetry = onRetry
    var system = SystemRandomNumberGenerator()
    random = Lock(SeededRandom(seed: options.seed ?? system.next()))
  }

  public func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    switch call.operation {
    // Bytes were pushed once and cannot be pushed again from here.
    case .commit: try await body()
    default: try await attempts(call) { _ in try await body() }
    }
  }

  /// Runs `body` until it succeeds or the patience ends.
  /// - Parameters:
  ///   - body: gets the number of the attempt, from 0.
  ///   - settle: looks, after an attempt whose effect is unknown, whether it has happened; nil if it has not.
  func attempts<T: Sendable>(
    _ call: StoreCall, settle: (@Sendable () async throws -> T?)? = nil, _ body: @Sendable (Int) async throws -> T
  ) async throws -> T {
    var attempt = 0
    var isUncertain = false
    while true {
      do {
        let result = try await body(attempt)
        budget.recordSuccess()
        return result
      } catch let error as StorageError {
        isUncertain = isUncertain || error.mayHaveHappened
        let wait = self.wait(after: error, attempt: attempt)
        if isUncertain, let settle, !Task.isCancelled {
          // If one cannot even look, the error that is known says more than the one of looking.
          if let result = (try? await settle()) ?? nil { return result }
        }
        guard let wait, budget.trySpend() else {
          var final = error
          final.mayHaveHappened = isUncertain
          throw final
        }
        onRetry(call, error, wait)
        try await clock.sleep(wait)
        attempt += 1
      }
    }
  }

  /// How long to wait before the next attempt; nil if there is none.
  private func wait(after error: StorageError, attempt: Int) -> Duration? {
    guard attempt + 1 < options.attempts else { return nil }
    let jittered = random.withLock { options.backoff.delay(attempt: attempt, using: &$0) }
    switch error.retry {
    case .never: return nil
    case .later: return jittered
    // The jitter comes on top: a service that tells many clients the same wait wants them spread.
    case .after(let asked): return asked <= options.longestWait ? asked + jittered : nil
    }
  }

  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { RetryingListing(self, prefix, options) }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    let hasDelivered = Lock(false)
    let watched = CountingSink(sink) { _ in hasDelivered.withLock { $0 = true } }
    let lastError = Lock<StorageError?>(nil)
    return try await attempts(StoreCall(.read, key)) { _ in
      if hasDelivered.withLock({ $0 }) {
        do { try sink.restart() } catch {
          // What was delivered cannot be taken back: the error that broke the read is final.
          guard var broken = lastError.withLock({ $0 }) else { throw error }
          broken.retry = .never
          throw broken
        }
        hasDelivered.withLock { $0 = false }
      }
      do {
        return try await self.base.read(key, options, into: watched)
      } catch let error as StorageError {
        lastError.withLock { $0 = error }
        throw error
      }
    }
  }

  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    let call = StoreCall(.write, key, bytesToSend: payload.length)
    // A plain write may be repeated blindly. One that kept aside what it replaced would, repeated, keep its own result instead.
    let isRepeatable = options.condition == .always && options.keepReplacedAs == nil
    return try await attempts(
      call,
      settle: { isRepeatable ? nil : try await self.receipt(ofOwn: payload, at: key, options.metadata, options.condition) }
    ) { _ in try await self.base.write(payload, to: key, options) }
  }

  public func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    let isRepeatable = options.condition == .always
    return try await attempts(
      StoreCall(.copy, source), settle: { isRepeatable ? nil : try await self.receipt(ofCopy: source, at: destination) }
    ) { _ in try await self.base.copy(source, to: destination, options) }
  }

  public func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try await attempts(StoreCall(.move, source), settle: { try await self.receipt(ofMove: source, to: destination) }) { _ in
      try await self.base.move(source, to: destination, options)
    }
  }

  public func updateMetadata(
    _ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?
  ) async throws -> WriteReceipt {
    try await attempts(StoreCall(.updateMetadata, key), settle: { try await self.receipt(ofUpdate: metadata, at: key) }) { _ in
      try await self.base.updateMetadata(metadata, of: key, ifMatches: ifMatches)
    }
  }

  public func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    let call = StoreCall(.delete, targets.count == 1 ? targets[0].key : nil)
    let outcomes = Lock([Int: DeleteOutcome]())
    let open = Lock(Array(targets.indices))
    do {
      return try await attempts(call) { _ in
        let asked = open.withLock { $0 }
        let answers = try await self.base.delete(asked.map { targets[$0] })
        var again: [Int] = []
        var worst: StorageError?
        for (index, answer) in zip(asked, answers) {
          outcomes.withLock { $0[index] = answer }
          if let error = answer.error, error.retry != .never {
            again.append(index)
            worst = worst ?? error
          }
        }
        open.withLock { $0 = again }
        if let worst { throw worst }
        return targets.indices.compactMap { index in outcomes.withLock { $0[index] } }
      }
    } catch is StorageError where outcomes.withLock({ $0.count == targets.count }) {
      // Every target has an outcome: the failed ones carry their last error.
      return targets.indices.compactMap { index in outcomes.withLock { $0[index] } }
    }
  }
}

/// A listing that goes on behind its last key when a page fails.
private final class RetryingListing: Listing {
  private struct State {
    var listing: any Listing
    var last: ObjectKey?
  }

  private let store: RetryingStore
  private let prefix: KeyPrefix
  private let options: ListOptions
  private let state: Lock<State>

  init(_ store: RetryingStore, _ prefix: KeyPrefix, _ options: ListOptions) {
    self.store = store
    self.prefix = prefix
    self.options = options
    state = Lock(State(listing: store.base.list(prefix, options), last: nil))
  }

  func next() async throws -> ListPage? {
    let page = try await store.attempts(StoreCall(.list)) { attempt in
      if attempt > 0 {
        // A listing that threw is over.
        self.state.withLock { state in
          var options = self.options
          options.after = state.last ?? options.after
          state.listing = self.store.base.list(self.prefix, options)
        }
      }
      return try await self.state.withLock { $0.listing }.next()
    }
    guard var page else { return nil }
    state.withLock { state in
      if let last = state.last {
        // A folder that was folded before may be folded again from the keys in it that come after.
        page.entries.removeAll { $0.key <= last }
        page.folders.removeAll { $0 <= last }
      }
      state.last = [state.last, page.entries.last?.key, page.folders.last].compactMap { $0 }.max()
    }
    return page
  }
}
