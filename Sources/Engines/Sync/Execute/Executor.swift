import Catalog
import Concurrency
import ObjectStorage
import Primitives

/// Carries out a plan: phase after phase, many paths at once, each failing by itself.
struct Executor: Sendable {
  let context: RunContext
  let planner: Planner
  let quarantine: Quarantine

  /// Carries out the whole plan.
  /// - Throws: `CancellationError`; anything else ends in the summary.
  func carryOut(_ plan: SyncPlan) async throws {
    let health = RunHealth()
    let unsettled = Lock<Set<ObjectKey>>([])
    // What was in the way of something may be gone when all else is done: a file where a folder comes, a folder where a file comes.
    // What still waits then is tried again for as long as that brings anything to an end.
    var waiting = 0
    var phase: UInt8 = 0
    while phase < SyncPlan.phases || waiting > 0, health.fatal == nil {
      // A side that is full or gone gets no deletes either: what replaces them may not have arrived.
      let later = max(phase + 1, SyncPlan.phases)
      let blocked = try await carryOut(plan, phase, later, health, unsettled)
      if phase >= SyncPlan.phases {
        if blocked == waiting || later == .max {
          try giveUp(plan, later, health, unsettled)
          break
        }
        waiting = blocked
      } else {
        waiting += blocked
      }
      phase += 1
    }
    if let fatal = health.fatal {
      context.recorder.count { $0.stoppedBy = fatal }
    } else {
      // What failed once and needs nothing any more is no failure.
      try quarantine.forget(except: unsettled.withLock { $0 }, context.recorder)
    }
  }

  /// Carries out one phase; what something stands in the way of goes to the phase `later`.
  /// - Returns: how many wait.
  private func carryOut(
    _ plan: SyncPlan, _ phase: UInt8, _ later: UInt8, _ health: RunHealth, _ unsettled: Lock<Set<ObjectKey>>
  ) async throws -> Int {
    let worker = PathWorker(context: context, planner: planner)
    let cursor = try plan.operations(phase: phase)
    var blocked = 0
    try await each(cursor.next, health) { operation in
      if quarantine.holds(operation.key, at: context.clock.now()) {
        unsettled.withLock { _ = $0.insert(operation.key) }
        context.recorder.count { $0.skipped += 1 }
        return nil
      }
      var waiting: Operation?
      switch try await worker.perform(operation) {
      case .done: health.succeeded()
      case .blocked: waiting = operation
      case .failed(let error): try report(operation, error, health, unsettled)
      }
      try await context.recorder.settle()
      return waiting
    } blocked: {
      blocked += 1
      try plan.postpone($0, to: later)
    }
    return blocked
  }

  /// Reports what a file and a folder of one name keep from being done.
  private func giveUp(_ plan: SyncPlan, _ phase: UInt8, _ health: RunHealth, _ unsettled: Lock<Set<ObjectKey>>) throws {
    let cursor = try plan.operations(phase: phase)
    while let operation = try cursor.next() {
      try report(
        operation,
        StorageError(
          .alreadyExists, store: context.ends[operation.side].identity.displayName, key: operation.key,
          message: "a file and a folder of one name stand against each other: rename one of them"), health, unsettled)
    }
  }

  /// Runs `body` for each operation, `concurrency` at a time, until the run's health is gone; what it gives back goes to `blocked`.
  private func each(
    _ next: () throws -> Operation?, _ health: RunHealth, _ body: @escaping @Sendable (Operation) async throws -> Operation?,
    blocked: (Operation) throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Operation?.self) { group in
      var running = 0
      while health.fatal == nil, let operation = try next() {
        if running == context.options.concurrency {
          if let waiting = try await group.next() ?? nil { try blocked(waiting) }
          running -= 1
        }
        // Folders are deleted one after the other, from the inside out; everything else side by side.
        if operation.kind == .deleteFolder || operation.kind == .forget || operation.kind == .adoptFolder {
          if let waiting = try await body(operation) { try blocked(waiting) }
          continue
        }
        group.addTask { try await body(operation) }
        running += 1
      }
      while let result = try await group.next() { if let result { try blocked(result) } }
    }
  }

  private func report(
    _ operation: Operation, _ error: any Error, _ health: RunHealth, _ unsettled: Lock<Set<ObjectKey>>
  ) throws {
    // Only of those that failed before somebody wants to know whether they failed again.
    if quarantine.knows(operation.key) { unsettled.withLock { _ = $0.insert(operation.key) } }
    let storage = error as? StorageError
    let side = PairSide.allCases.first { context.ends[$0].identity.displayName == storage?.store }
    let failure = SyncFailure(
      key: operation.key, side: side, code: storage?.code.description ?? "internalError",
      message: storage?.description ?? "\(operation.key): \(error)")
    health.failed(error)
    try context.recorder.fail(failure, nextAttempt: quarantine.nextAttempt(of: operation.key, after: context.clock.now()))
    context.emit(.failed(failure))
  }
}

/// Whether it makes sense to go on with a run.
final class RunHealth: Sendable {
  private struct State {
    var fatal: (any Error)?
    var unavailable = 0
  }

  private let state = Lock(State())

  /// So many paths in a row without an answer, each after its retries, mean that nobody answers.
  private static let patience = 8

  /// What makes going on senseless, if anything does.
  var fatal: (any Error)? { state.withLock { $0.fatal } }

  func succeeded() { state.withLock { $0.unavailable = 0 } }

  func failed(_ error: any Error) {
    guard let error = error as? StorageError else {
      if error is CatalogError { state.withLock { $0.fatal = error } }
      return
    }
    state.withLock { state in
      switch error.code {
      case .unauthenticated, .storeNotFound, .noSpace, .quotaExceeded: state.fatal = state.fatal ?? error
      case .unavailable, .timeout, .throttled:
        state.unavailable += 1
        if state.unavailable >= Self.patience { state.fatal = state.fatal ?? error }
      default: break
      }
    }
  }
}

/// Paths that failed before: after several failures a path is left alone for a while, so that one bad path does not cost every run.
struct Quarantine: Sendable {
  private struct Entry {
    var attempts: Int
    var until: Timestamp?
  }

  private var entries: [ObjectKey: Entry] = [:]
  private let patience: Int

  init(_ catalog: PairCatalog, _ options: SyncOptions) throws {
    patience = options.quarantineAfter
    for failure in try catalog.failures() {
      let known = entries[failure.key]?.attempts ?? 0
      entries[failure.key] = Entry(attempts: max(known, failure.attempts), until: failure.nextAttempt)
    }
  }

  /// Whether the path failed in an earlier run.
  func knows(_ key: ObjectKey) -> Bool { entries[key] != nil }

  /// Takes all paths but these out of quarantine.
  func forget(except keys: Set<ObjectKey>, _ recorder: Recorder) throws {
    for key in entries.keys where !keys.contains(key) { try recorder.clearFailure(key) }
  }

  /// Whether the path is to be left alone now.
  func holds(_ key: ObjectKey, at now: Timestamp) -> Bool {
    guard let entry = entries[key], entry.attempts >= patience, let until = entry.until else { return false }
    // No wait is longer: a moment further off was written while the clock was wrong.
    return until > now && until - now <= Self.longestWait
  }

  private static let longestWait = Duration.seconds(3600)

  /// When a path that failed now may be tried again: after a minute, doubled with each failure in a row, at most an hour.
  func nextAttempt(of key: ObjectKey, after now: Timestamp) -> Timestamp {
    let attempts = min(entries[key]?.attempts ?? 0, 6)
    return now + min(.seconds(60 << attempts), Self.longestWait)
  }
}
