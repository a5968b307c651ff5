import Concurrency
import ObjectStorage
import Primitives

/// Joins writes of one kind, many in one request: what arrives while a batch is under way goes together in the next one.
///
/// Writes of an account take turns anyway, so nobody waits longer for being joined with others, and one alone does not wait at all.
/// Each entry has its own outcome.
final class WriteQueue<Entry: Sendable, Value: Sendable>: Sendable {
  /// What became of one entry of a batch.
  enum Outcome: Sendable {
    case done(Result<Value, any Error>)
    /// Another write of the account was in the way: it may come again.
    case contention(StorageError)
  }

  private struct Waiting: Sendable {
    let entry: Entry
    let shot: OneShot<Value>
  }

  private struct State {
    var waiting: [Waiting] = []
    /// Who may come here soon.
    var writers = 0
    var isRunning = false
  }

  /// How long the first of a batch waits for those who may come.
  private static var linger: Duration { .milliseconds(5) }

  private let timer: MonotonicClock
  private let send: @Sendable ([Entry]) async -> [Outcome]
  private let state = Lock(State())

  /// - Parameter send: carries out a batch; gives the outcomes in the order of the entries.
  init(_ timer: MonotonicClock, send: @escaping @Sendable (_ batch: [Entry]) async -> [Outcome]) {
    self.timer = timer
    self.send = send
  }

  /// Says that somebody may come with an entry.
  /// - Returns: whether nobody else may.
  func enter() -> Bool {
    state.withLock { state in
      state.writers += 1
      return state.writers == 1
    }
  }

  /// Says that he came, or will not.
  func leave() { state.withLock { $0.writers -= 1 } }

  /// Carries out an entry.
  /// - Throws: what became of it; `CancellationError`, after which it may still be done if its batch is under way: in that request,
  ///   but in none after it.
  func submit(_ entry: Entry) async throws -> Value {
    let waiting = Waiting(entry: entry, shot: OneShot())
    let starts = state.withLock { state in
      state.waiting.append(waiting)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    // Beside the caller's task: it works for all who wait, whoever of them is cancelled.
    if starts { Task { await run() } }
    return try await waiting.shot.wait(onCancel: { [state] in
      state.withLock { $0.waiting.removeAll { $0.shot === waiting.shot } }
    })
  }

  private func run() async {
    while true {
      if state.withLock({ $0.writers > $0.waiting.count && $0.waiting.count < DropboxLimits.batch }) {
        try? await timer.sleep(Self.linger)
      }
      let batch = state.withLock { state in
        let batch = Array(state.waiting.prefix(DropboxLimits.batch))
        state.waiting.removeFirst(batch.count)
        if batch.isEmpty { state.isRunning = false }
        return batch
      }
      if batch.isEmpty { return }
      await carryOut(batch)
    }
  }

  private func carryOut(_ batch: [Waiting]) async {
    var left = batch
    for attempt in 0... {
      var again: [Waiting] = []
      var refusal: StorageError?
      let outcomes = await send(left.map(\.entry))
      precondition(outcomes.count == left.count, "each entry of a batch has an outcome")
      for (one, outcome) in zip(left, outcomes) {
        switch outcome {
        case .done(let result): one.shot.settle(result)
        case .contention(let error):
          if attempt < Contention.attempts {
            again.append(one)
            refusal = error
          } else {
            one.shot.settle(.failure(error))
          }
        }
      }
      if again.isEmpty { return }
      try? await Contention.pause(attempt, timer, refusal)
      // Whoever was cancelled meanwhile may have written something else by now.
      left = again.filter { !$0.shot.isSettled }
      if left.isEmpty { return }
    }
  }
}
