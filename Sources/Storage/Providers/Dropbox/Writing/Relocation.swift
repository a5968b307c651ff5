import HTTPClient
import Markup
import ObjectStorage
import Primitives

/// A copy or a move of one file inside the service, to where nothing is.
struct Relocation: Sendable {
  /// Which of the two.
  enum Kind: Sendable {
    case copy, move

    var alone: DropboxOperation { self == .copy ? .copy : .move }
    var together: DropboxOperation { self == .copy ? .copyBatch : .moveBatch }
    var status: DropboxOperation { self == .copy ? .copyStatus : .moveStatus }
  }

  let source: JSONValue
  let destination: JSONValue
  /// The object that it makes, for messages.
  let key: ObjectKey
  let condition: WriteCondition

  /// A queue of copies or of moves.
  static func queue(_ kind: Kind, _ client: DropboxClient) -> WriteQueue<Relocation, FileResource> {
    WriteQueue(client.timer) { batch in
      if batch.count == 1 { return [.done(await batch[0].result(kind, client))] }
      return await together(batch, kind, client)
    }
  }

  private func request(_ operation: DropboxOperation, _ argument: JSONValue) -> DropboxRequest {
    var request = DropboxRequest(operation, argument, key: key)
    request.condition = condition
    return request
  }

  /// Copies or moves without others.
  /// - Parameter waits: whether to come again where another write of the account is in the way.
  func alone(_ kind: Kind, _ client: DropboxClient, waits: Bool = true) async throws -> FileResource {
    var request = request(kind.alone, ["from_path": source, "to_path": destination, "autorename": false])
    request.waitsForLock = waits
    return try file(try await client.fetch(request)["metadata"], client).get()
  }

  private func result(_ kind: Kind, _ client: DropboxClient) async -> Result<FileResource, any Error> {
    do { return .success(try await alone(kind, client)) } catch { return .failure(error) }
  }

  private static func together(
    _ batch: [Relocation], _ kind: Kind, _ client: DropboxClient
  ) async -> [WriteQueue<Relocation, FileResource>.Outcome] {
    let entries = batch.map { ["from_path": $0.source, "to_path": $0.destination] as JSONValue }
    let request = DropboxRequest(kind.together, ["entries": .array(entries), "autorename": false])
    let answers: [JSONValue]?
    do { answers = try await client.job(request, status: kind.status, count: batch.count) } catch {
      return batch.map { one in
        guard var failure = error as? StorageError else { return .done(.failure(error)) }
        failure.key = one.key
        return .done(.failure(failure))
      }
    }
    var outcomes: [WriteQueue<Relocation, FileResource>.Outcome?] = []
    for (place, one) in batch.enumerated() {
      let answer = answers?[place]
      if answer?[".tag"]?.stringValue == "success" {
        outcomes.append(.done(one.file(answer?["success"], client)))
        continue
      }
      // No answers: the whole met another write.
      let failure = answer.map { ServiceError(union: $0["failure"] ?? .null) } ?? ServiceError(tags: ["too_many_write_operations"])
      // Not in one request with others of the batch: what one leaves another takes, perhaps.
      if failure.has("duplicated_or_nested_paths") {
        outcomes.append(nil)
        continue
      }
      var error = client.errors.error(failure, request: one.request(kind.together, .null))
      // "You'll need to verify that the action you were taking succeeded."
      if failure.has("internal_error") { error.mayHaveHappened = true }
      outcomes.append(failure.isContention ? .contention(error) : .done(.failure(error)))
    }
    return await completed(outcomes, batch, kind, client)
  }

  /// How many go alone at the same time.
  private static let width = 8

  /// Does alone what has no outcome yet.
  private static func completed(
    _ outcomes: [WriteQueue<Relocation, FileResource>.Outcome?], _ batch: [Relocation], _ kind: Kind, _ client: DropboxClient
  ) async -> [WriteQueue<Relocation, FileResource>.Outcome] {
    let left = outcomes.indices.filter { outcomes[$0] == nil }
    let results = await withTaskGroup(of: (Int, Result<FileResource, any Error>).self) { group in
      var results: [Int: Result<FileResource, any Error>] = [:]
      for (count, place) in left.enumerated() {
        if count >= width, let (place, result) = await group.next() { results[place] = result }
        group.addTask { (place, await batch[place].result(kind, client)) }
      }
      for await (place, result) in group { results[place] = result }
      return results
    }
    return outcomes.enumerated().map { place, outcome in
      if let outcome { return outcome }
      guard let result = results[place] else { preconditionFailure("a task group gives every child's result") }
      return .done(result)
    }
  }

  /// What was made. What cannot be read has happened nonetheless.
  private func file(_ answer: JSONValue?, _ client: DropboxClient) -> Result<FileResource, any Error> {
    if let file = answer.flatMap({ FileResource($0, kind: nil) }) { return .success(file) }
    return .failure(
      StorageError(
        .internalError, retry: .later, store: client.errors.store, key: key, message: "the store does not describe what it made",
        mayHaveHappened: true))
  }
}
