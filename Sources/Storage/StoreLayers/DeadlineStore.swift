public import Concurrency
public import ObjectStorage
public import Primitives

/// How long an attempt may take.
public struct DeadlineOptions: Sendable, Hashable {
  /// For any call, before a byte of content is counted.
  public var base: Duration
  /// Each byte of content adds the time it takes at this rate, in bytes a second.
  public var minimumRate: Int64
  /// For what a service does by itself with much content: copying a part, joining parts.
  public var serverSide: Duration

  /// - Parameters: all above zero.
  public init(base: Duration = .seconds(120), minimumRate: Int64 = 16 * 1024, serverSide: Duration = .seconds(1800)) {
    precondition(base > .zero && minimumRate > 0 && serverSide > .zero, "a deadline is positive")
    self.base = base
    self.minimumRate = minimumRate
    self.serverSide = serverSide
  }
}

/// Ends an attempt that takes too long, with `.timeout` and worth a retry.
///
/// The time allowed grows with the content: with the announced length of what is sent, and with what has arrived of what is read,
/// so that a body that crawls ends and one that is only big does not. Inside retry, so that each attempt has its own; around the
/// throttle and the concurrency limit, whose waiting counts: the options leave room for it. Sources of `payload(for:)` and pushed
/// bytes are pulled and pushed by others, whose own deadline they are under; only `commit` is timed here.
public final class DeadlineStore: StoreLayer {
  public let base: any ObjectStore
  private let options: DeadlineOptions
  private let clock: MonotonicClock
  private let alarms: Alarms

  /// A store whose calls end in time.
  public init(_ base: any ObjectStore, options: DeadlineOptions = DeadlineOptions(), clock: MonotonicClock = .system) {
    self.base = base
    self.options = options
    self.clock = clock
    alarms = Alarms(clock)
  }

  public func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    let options = options
    switch call.operation {
    // A folder may have much to write back, and nothing is gained by giving up. A copy of what is large (also onto itself, with other
    // metadata) is many requests, each with a time of its own.
    case .flush, .copy, .move, .updateMetadata: return try await body()
    case .copyPart, .completeMultipart:
      return try await limit(call, { options.serverSide }, body)
    default:
      return try await limit(call, { options.base + options.time(for: call.bytesToSend) }, body)
    }
  }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    let (base, limits) = (base, self.options)
    let moved = Lock<Int64>(0)
    let counted = CountingSink(sink) { count in moved.withLock { $0 += Int64(count) } }
    return try await limit(StoreCall(.read, key), { limits.base + limits.time(for: moved.withLock { $0 }) }) {
      try await base.read(key, options, into: counted)
    }
  }

  /// Runs `body` until it has taken longer than `allowed` says, which may grow meanwhile. Waits for its end in any case.
  private func limit<T: Sendable>(
    _ call: StoreCall, _ allowed: @escaping @Sendable () -> Duration, _ body: @escaping @Sendable () async throws -> T
  ) async throws -> T {
    let clock = clock
    let start = clock.now()
    return try await withThrowingTaskGroup(of: Result<T, any Error>.self) { group in
      let isLate = OneShot<Bool>()
      group.addTask {
        defer { isLate.settle(.success(false)) }
        do { return .success(try await body()) } catch { return .failure(error) }
      }
      let alarm = alarms.add(left: { allowed() - (clock.now() - start) }, isOver: { isLate.settle(.success(true)) })
      defer { alarms.remove(alarm) }
      let wasLate = try await isLate.waitUncancellably()
      if wasLate { group.cancelAll() }
      guard let result = try await group.next() else { preconditionFailure("a task group gives every child's result") }
      if case .failure(let error) = result, wasLate,
        error is CancellationError || (error as? StorageError)?.code == .cancelled
      {
        throw StorageError(
          .timeout, retry: .later, store: self.identity.displayName, key: call.key,
          message: "no answer within \(DurationText.format(allowed())) (\(call.operation.rawValue))",
          mayHaveHappened: call.changes)
      }
      return try result.get()
    }
  }
}

extension DeadlineOptions {
  fileprivate func time(for bytes: Int64) -> Duration { .seconds(Double(bytes) / Double(minimumRate)) }
}
