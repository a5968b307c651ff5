import Concurrency
import HTTPClient
import Markup
import ObjectStorage
import Primitives
import ProviderSupport

extension DropboxClient {
  /// How long a job may take: a thousand files are done in a minute, as a rule.
  private static let longestJob = Duration.seconds(1800)

  /// Runs a batch that the service may carry out in the background, and waits for its end.
  /// - Parameters:
  ///   - status: asks how far it is.
  ///   - count: of the batch's entries.
  /// - Returns: what became of each entry; nil if another write of the account kept the whole from beginning.
  func job(_ request: DropboxRequest, status: DropboxOperation, count: Int) async throws -> [JSONValue]? {
    var answer = try await fetch(request, limit: 64 << 20)
    let end = timer.now() + Self.longestJob
    do {
      var job = ""
      var wait = Duration.milliseconds(50)
      while true {
        switch answer[".tag"]?.stringValue {
        case "complete": return try entries(answer, count)
        case "failed":
          let failure = ServiceError(union: answer["failed"] ?? .null)
          if failure.isContention { return nil }
          throw errors.error(failure, request: request)
        case "async_job_id": job = answer["async_job_id"]?.stringValue ?? ""
        case "in_progress": break
        default: job = ""
        }
        guard !job.isEmpty else {
          throw StorageError(
            .internalError, retry: .later, store: errors.store,
            message: "the store's answer to \(request.operation.rawValue) makes no sense", mayHaveHappened: true)
        }
        guard timer.now() < end else {
          throw StorageError(
            .timeout, retry: .later, store: errors.store,
            message: "the store does not come to the end of \(request.operation.rawValue)",
            mayHaveHappened: true)
        }
        try await timer.sleep(wait)
        wait = min(wait * 2, .seconds(2))
        let question = DropboxRequest(status, ["async_job_id": .string(job)])
        answer = try await jobPatience.run { try await fetch(question, limit: 64 << 20) }
      }
    } catch var error as StorageError {
      // The job goes on, whether or not anybody hears of it.
      error.mayHaveHappened = true
      throw error
    }
  }

  /// What an answer says of each of so many entries.
  func entries(_ answer: JSONValue, _ count: Int) throws -> [JSONValue] {
    let entries = answer["entries"]?.arrayValue ?? []
    guard entries.count == count else {
      throw StorageError(
        .internalError, retry: .later, store: errors.store, message: "the store does not say what became of each file",
        mayHaveHappened: true)
    }
    return entries
  }
}
