import Concurrency
import HTTPClient
import Markup
import ObjectStorage
import Primitives

/// Commits uploaded files, many in one request: what arrives while a commit is under way goes together in the next one.
///
/// Commits of an account take turns anyway, so nobody waits longer for being joined with others, and one alone does not wait at all.
/// Each entry keeps its own condition and has its own outcome.
final class FinishBatcher: Sendable {
  /// A file whose bytes the service holds, in a session that takes nothing more.
  struct Commit: Sendable {
    let session: String
    let length: Int64
    let file: NewFile
  }

  private struct Waiting: Sendable {
    let commit: Commit
    let shot: OneShot<FileResource>
  }

  private struct State {
    var waiting: [Waiting] = []
    /// Files that are being written and may come here soon.
    var writers = 0
    var isRunning = false
  }

  /// How long the first of a batch waits for those that are still sending their bytes.
  private static let linger = Duration.milliseconds(5)

  private let client: DropboxClient
  private let state = Lock(State())

  init(_ client: DropboxClient) { self.client = client }

  /// Says that a small file is being written.
  /// - Returns: whether no other is.
  func enter() -> Bool {
    state.withLock { state in
      state.writers += 1
      return state.writers == 1
    }
  }

  /// Says that it is written, or not.
  func leave() { state.withLock { $0.writers -= 1 } }

  /// Makes an uploaded file visible.
  /// - Throws: `StorageError`; `CancellationError`, after which it may still become visible if its batch is under way: that
  ///   request, but none after it.
  func commit(_ commit: Commit) async throws -> FileResource {
    let waiting = Waiting(commit: commit, shot: OneShot())
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
        try? await client.timer.sleep(Self.linger)
      }
      let batch = state.withLock { state in
        let batch = Array(state.waiting.prefix(DropboxLimits.batch))
        state.waiting.removeFirst(batch.count)
        if batch.isEmpty { state.isRunning = false }
        return batch
      }
      if batch.isEmpty { return }
      await send(batch)
    }
  }

  private func send(_ batch: [Waiting]) async {
    var left = batch
    for attempt in 0... {
      let refused: StorageError?
      (left, refused) = await sendOnce(left, mayRepeat: attempt < Contention.attempts)
      if left.isEmpty { return }
      try? await Contention.pause(attempt, client.timer, refused)
      // Whoever was cancelled meanwhile may have written something else by now.
      left.removeAll(where: \.shot.isSettled)
      if left.isEmpty { return }
    }
  }

  /// Sends one request.
  /// - Returns: what met another write of the account, to be sent again, and what the service said if that was the whole.
  private func sendOnce(_ batch: [Waiting], mayRepeat: Bool) async -> ([Waiting], StorageError?) {
    var request = DropboxRequest(.finishBatch, ["entries": .array(batch.map { Self.entry($0.commit) })])
    request.waitsForLock = false
    if batch.count == 1 { request.key = batch[0].commit.file.key }
    let answers: [JSONValue]
    do {
      answers = try await client.fetch(request, limit: 64 << 20)["entries"]?.arrayValue ?? []
      guard answers.count == batch.count else {
        throw StorageError(
          .internalError, retry: .later, store: client.errors.store, message: "the store does not say what became of each file",
          mayHaveHappened: true)
      }
    } catch {
      if mayRepeat, let error = error as? StorageError, let failure = error.cause as? ServiceError, failure.isContention {
        return (batch, error)
      }
      for one in batch { one.shot.settle(.failure(Self.error(error, of: one.commit))) }
      return ([], nil)
    }
    var again: [Waiting] = []
    for (one, answer) in zip(batch, answers) {
      if answer[".tag"]?.stringValue == "success" {
        one.shot.settle(file(answer, of: one.commit))
        continue
      }
      let failure = ServiceError(union: answer["failure"] ?? .null)
      if failure.isContention, mayRepeat {
        again.append(one)
        continue
      }
      request.key = one.commit.file.key
      request.condition = one.commit.file.condition
      one.shot.settle(.failure(client.errors.error(failure, request: request)))
    }
    return (again, nil)
  }

  /// The file that a commit made. What cannot be read has happened nonetheless.
  private func file(_ answer: JSONValue, of commit: Commit) -> Result<FileResource, any Error> {
    if let file = FileResource(answer, kind: .file) { return .success(file) }
    return .failure(
      StorageError(
        .internalError, retry: .later, store: client.errors.store, key: commit.file.key,
        message: "the store committed the file and does not describe it", mayHaveHappened: true))
  }

  private static func entry(_ commit: Commit) -> JSONValue {
    [
      "cursor": ["session_id": .string(commit.session), "offset": .integer(commit.length)],
      "commit": .object(commit.file.commit),
    ]
  }

  /// What kept the whole batch, as it is for one of its files.
  private static func error(_ error: any Error, of commit: Commit) -> any Error {
    guard var failure = error as? StorageError else { return error }
    failure.key = commit.file.key
    return failure
  }
}
