import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import ProviderSupport

/// Turns answers and failures of the transport into `StorageError`s; every decision about retrying is made here.
struct ErrorMapper: Sendable {
  let store: String

  /// The error for an answer.
  func error(_ response: HTTPResponse, _ failure: ServiceError, request: DropboxRequest) -> StorageError {
    let seconds = response.headers["retry-after"].flatMap { Int64($0) } ?? failure.retryAfter
    let delay = seconds.flatMap { Duration(retryAfter: $0) }
    return error(failure, status: response.status, delay: delay, request: request)
  }

  /// The error for what the service said, on its own or of one entry of a batch.
  func error(_ failure: ServiceError, status: Int = 409, delay: Duration? = nil, request: DropboxRequest) -> StorageError {
    var meaning = ErrorMeaning.of(failure.tags, status: status)
    if request.operation == .append, failure.has("not_found") { meaning = ErrorMeaning.of(["closed"], status: status) }
    if failure.has("malformed_path"), request.operation.looksOnly { meaning = ErrorMeaning.of(["not_found"], status: status) }
    var code = meaning.code
    if request.operation == .createFolder, failure.has("conflict") { code = .alreadyExists }
    switch request.condition {
    case .ifAbsent: if failure.has("conflict") { code = .alreadyExists }
    // A state was named, and what is there is something else, or nothing.
    case .ifMatches: if failure.has("conflict") || code == .notFound { code = .preconditionFailed }
    case .always: break
    }
    var message = "cannot \(request.operation.attempt)"
    if let scope = failure.missingScope ?? (failure.has("missing_scope") ? request.operation.scope : nil) {
      message +=
        ": the app lacks the scope \(DisplayText.escape(Array(scope.utf8.prefix(64)))): add it on the page of the app, under "
        + "Permissions, and log in again"
    } else if code == .alreadyExists, failure.tags.last == "file" {
      message += ": it is there already"
    } else if let advice = meaning.advice {
      message += ": \(advice)"
    } else if code == .permissionDenied {
      message += ": access denied; the app needs the scope \(request.operation.scope)"
    }
    if !failure.message.isEmpty { message += ": \(DisplayText.escape(Array(failure.message.utf8.prefix(300))))" }
    let tags = failure.tags.prefix(8).joined(separator: "/")
    var error = StorageError(
      code, store: store, key: request.key, message: message,
      detail: tags.isEmpty ? "status \(status)" : "\(tags), status \(status)")
    if meaning.isTransient { error.retry = delay.map { .after($0) } ?? .later }
    error.mayHaveHappened = status >= 500
    error.cause = failure
    return error
  }

  /// Whether the service says that a cursor is worth nothing any more.
  func isReset(_ error: StorageError) -> Bool { (error.cause as? ServiceError)?.has("reset") ?? false }

  /// The error for a request that got no answer.
  func error(_ error: HTTPError, request: DropboxRequest) -> any Error {
    FailedRequest(
      store: store, service: "Dropbox", key: request.key, attempt: request.operation.attempt, label: request.operation.rawValue
    ).error(error)
  }
}
