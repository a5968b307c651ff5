import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import ProviderSupport

/// Turns answers and failures of the transport into `StorageError`s; every decision about retrying is made here.
struct ErrorMapper: Sendable {
  let store: String
  let configuration: AzureConfiguration

  /// The error for an answer.
  func error(_ response: HTTPResponse, request: AzureRequest) -> StorageError {
    let delay = response.headers["retry-after"].flatMap { Duration(retryAfter: $0) }
    return error(
      ServiceError(response.headers, response.body), status: response.status, delay: delay, id: response.headers["x-ms-request-id"],
      request: request)
  }

  /// The error for what the service said, on its own or as a part of a batch.
  func error(
    _ failure: ServiceError, status: Int, delay: Duration? = nil, id: String? = nil, request: AzureRequest
  ) -> StorageError {
    var meaning = ErrorMeaning.of(code: failure.code, status: status)
    if meaning.code == .notFound, !request.operation.isAboutObject {
      meaning = ErrorMeaning.of(code: "ContainerNotFound", status: 404)
    }
    var code = meaning.code
    // Conditions are for what is written, not for the source of a copy.
    switch ErrorMeaning.isAboutSource(failure.code) ? .always : request.condition {
    // Whether a condition or the object itself stood against it, it is there.
    case .ifAbsent: if code == .preconditionFailed, status == 412 { code = .alreadyExists }
    // A state was named, and there is none, or it is of another kind.
    case .ifMatches: if code == .notFound || code == .alreadyExists { code = .preconditionFailed }
    case .always: break
    }
    var message = "cannot \(request.operation.attempt)"
    if code == .permissionDenied, meaning.advice == nil {
      let needed = request.operation.permission
      message +=
        ": access denied; give the account the role “\(needed.role)” on the container, or a signature with the permission "
        + needed.letters
    } else if code == .alreadyExists, request.key != nil {
      message += ": it is there already"
    } else if let advice = meaning.advice {
      message += ": \(advice)"
    }
    if code == .storeNotFound { message += " (container \(configuration.container))" }
    if !failure.message.isEmpty, meaning.advice == nil { message += ": \(DisplayText.escape(failure.message))" }
    var detail =
      failure.code.isEmpty ? "status \(status)" : "\(DisplayText.escape(Array(failure.code.utf8.prefix(64)))), status \(status)"
    if let id { detail += ", request \(DisplayText.escape(Array(id.utf8.prefix(64))))" }
    var error = StorageError(code, store: store, key: request.key, message: message, detail: detail)
    if meaning.isTransient { error.retry = delay.map { .after($0) } ?? .later }
    error.mayHaveHappened = status >= 500
    return error
  }

  /// The error for a request that got no answer.
  func error(_ error: HTTPError, request: AzureRequest) -> any Error {
    FailedRequest(
      store: store, service: "an endpoint of Azure Blob Storage", key: request.key, attempt: request.operation.attempt,
      label: request.operation.rawValue
    ).error(error)
  }
}
