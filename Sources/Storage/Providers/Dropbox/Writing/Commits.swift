import HTTPClient
import Markup
import ObjectStorage
import Primitives

/// A file whose bytes the service holds, in a session that takes nothing more.
struct Commit: Sendable {
  let session: String
  let length: Int64
  let file: NewFile

  /// A queue that makes uploaded files visible.
  static func queue(_ client: DropboxClient) -> WriteQueue<Commit, FileResource> {
    WriteQueue(client.timer) { batch in await finish(batch, client) }
  }

  private static func finish(_ batch: [Commit], _ client: DropboxClient) async -> [WriteQueue<Commit, FileResource>.Outcome] {
    var request = DropboxRequest(.finishBatch, ["entries": .array(batch.map(\.argument))])
    request.waitsForLock = false
    if batch.count == 1 { request.key = batch[0].file.key }
    let answers: [JSONValue]
    do { answers = try client.entries(try await client.fetch(request, limit: 64 << 20), batch.count) } catch {
      let isContention = ((error as? StorageError)?.cause as? ServiceError)?.isContention ?? false
      return batch.map { one in
        guard var failure = error as? StorageError else { return .done(.failure(error)) }
        failure.key = one.file.key
        return isContention ? .contention(failure) : .done(.failure(failure))
      }
    }
    return zip(batch, answers).map { one, answer in
      if answer[".tag"]?.stringValue == "success" { return .done(one.file(answer, client)) }
      let failure = ServiceError(union: answer["failure"] ?? .null)
      request.key = one.file.key
      request.condition = one.file.condition
      let error = client.errors.error(failure, request: request)
      return failure.isContention ? .contention(error) : .done(.failure(error))
    }
  }

  /// The file that a commit made. What cannot be read has happened nonetheless.
  private func file(_ answer: JSONValue, _ client: DropboxClient) -> Result<FileResource, any Error> {
    if let file = FileResource(answer, kind: .file) { return .success(file) }
    return .failure(
      StorageError(
        .internalError, retry: .later, store: client.errors.store, key: file.key,
        message: "the store committed the file and does not describe it", mayHaveHappened: true))
  }

  private var argument: JSONValue {
    ["cursor": ["session_id": .string(session), "offset": .integer(length)], "commit": .object(file.commit)]
  }
}
