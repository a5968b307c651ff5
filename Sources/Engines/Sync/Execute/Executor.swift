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
    let worker = PathWorker(context: context, planner: planner)
    let health = RunHealth()
    let blocked = Lock<[Operation]>([])
    for phase in 0..<SyncPlan.phases {
      // A side that is full or gone gets no deletes either: what replaces them may not have arrived.
      if health.fatal != nil { break }
      let cursor = try plan.operations(phase: phase)
      try await each(cursor.next, health) { operation in
        if quarantine.holds(operation.key, at: context.clock.now()) { return context.recorder.count { $0.skipped += 1 } }
        switch try await worker.perform(operation) {
        case .done:
          health.succeeded()
          if quarantine.knows(operation.key) { try context.recorder.clearFailure(operation.key) }
        case .blocked: blocked.withLock { $0.append(operation) }
        case .failed(let error): try report(operation, error, health)
        }
        try await context.recorder.settle()
      }
    }
    // What stood in the way may be gone now: a file where a folder comes, a folder where a file comes.
    var waiting = blocked.withLock { $0 }
    while !waiting.isEmpty, health.fatal == nil {
      let round = waiting
      waiting = []
      for operation in round {
        switch try await worker.perform(operation) {
        case .done: health.succeeded()
        case .blocked: waiting.append(operation)
        case .failed(let error): try report(operation, error, health)
        }
      }
      if waiting.count == round.count { break }
    }
    for operation in waiting {
      try report(
        operation,
        StorageError(
          .alreadyExists, store: context.ends[operation.side].identity.displayName, key: operation.key,
          message: "a file and a folder of one name stand against each other: rename one of them"), health)
    }
    if let fatal = health.fatal { context.recorder.count { $0.stoppedBy = fatal } }
  }

  /// Runs `body` for each operation, `concurrency` at a time, until the run's health is gone.
  private func each(
    _ next: () throws -> Operation?, _ health: RunHealth, _ body: @escaping @Sendable (Operation) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var running = 0
      while health.fatal == nil, let operation = try next() {
        if running == context.options.concurrency {
          try await group.next()
          running -= 1
        }
        // Folders are deleted one after the other, from the inside out; everything else side by side.
        if operation.kind == .deleteFolder || operation.kind == .forget || operation.kind == .adoptFolder {
          try await body(operation)
          continue
        }
        group.addTask { try await body(operation) }
        running += 1
      }
      try await group.waitForAll()
    }
  }

  private func report(_ operation: Operation, _ error: any Error, _ health: RunHealth) throws {
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
      case .unavailable, .timeout:
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

  /// Whether the path is to be left alone now.
  func holds(_ key: ObjectKey, at now: Timestamp) -> Bool {
    guard let entry = entries[key], entry.attempts >= patience, let until = entry.until else { return false }
    return until > now
  }

  /// When a path that failed now may be tried again: after a minute, doubled with each failure in a row, at most an hour.
  func nextAttempt(of key: ObjectKey, after now: Timestamp) -> Timestamp {
    let attempts = min(entries[key]?.attempts ?? 0, 6)
    return now + .seconds(min(60 << attempts, 3600))
  }
}
