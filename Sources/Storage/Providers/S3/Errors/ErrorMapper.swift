import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import ProviderSupport

/// Turns answers and failures of the transport into `StorageError`s; every decision about retrying is made here.
struct ErrorMapper: Sendable {
  let store: String
  let configuration: S3Configuration

  /// Codes that say: get new credentials and ask again.
  static func meansExpired(_ code: String) -> Bool {
    code == "ExpiredToken" || code == "ExpiredTokenException" || code == "TokenRefreshRequired"
  }

  /// The error for an answer.
  func error(_ response: HTTPResponse, _ failure: ServiceError, request: S3Request) -> StorageError {
    var meaning = ErrorMeaning.of(code: failure.code, status: response.status)
    // A bucket's own 404 without a body (HEAD) concerns the bucket.
    if meaning.code == .notFound, failure.code.isEmpty, request.key == nil, request.path == nil {
      meaning = ErrorMeaning(.storeNotFound, "there is no such bucket: check the name, or create it first")
    }
    var error = make(meaning, failure, status: response.status, request: request)
    if meaning.isTransient {
      error.retry = response.headers["retry-after"].flatMap { Duration(retryAfter: $0) }.map { .after($0) } ?? .later
    }
    error.mayHaveHappened = response.status >= 500
    return error
  }

  /// The error for a failure that stands in the body of an answer with status 200 (copies and completions).
  func embedded(_ failure: ServiceError, request: S3Request) -> StorageError {
    var error = make(ErrorMeaning.of(code: failure.code, status: 500), failure, status: 200, request: request)
    if ErrorMeaning.of(code: failure.code, status: 500).isTransient { error.retry = .later }
    error.mayHaveHappened = true
    return error
  }

  /// The error for one key of a bulk delete.
  func perKey(code: String, message: String, key: ObjectKey) -> StorageError {
    var failure = ServiceError()
    failure.code = code
    failure.message = message
    let meaning = ErrorMeaning.of(code: code, status: 500)
    var error = make(meaning, failure, status: 200, request: S3Request(.deleteObjects, .post, key: key))
    if meaning.isTransient { error.retry = .later }
    return error
  }

  /// The error for a request that got no answer.
  func error(_ error: HTTPError, request: S3Request) -> any Error {
    FailedRequest(
      store: store, service: "an S3 endpoint", key: request.key, attempt: request.operation.attempt,
      label: request.operation.rawValue
    ).error(error)
  }

  private func make(_ meaning: ErrorMeaning, _ failure: ServiceError, status: Int, request: S3Request) -> StorageError {
    var code = meaning.code
    // A condition that the request itself carried decides what its failure means.
    if code == .preconditionFailed, request.headers.contains(where: { $0.name == "if-none-match" && $0.value == "*" }) {
      code = .alreadyExists
    }
    // A state was named, and there is none.
    if code == .notFound, request.isWrite, request.headers.contains(where: { $0.name == "if-match" }) { code = .preconditionFailed }
    var message = "cannot \(request.operation.attempt)"
    if code == .permissionDenied && meaning.advice == nil {
      message += ": access denied; the credentials need the permission \(request.operation.permission)"
    } else if code == .alreadyExists && request.key != nil {
      message += ": it is there already"
    } else if let advice = meaning.advice {
      message += ": \(advice)"
    }
    if code == .storeNotFound { message += " (bucket \(configuration.bucket))" }
    if !failure.message.isEmpty, meaning.advice == nil {
      message += ": \(DisplayText.escape(Array(failure.message.utf8.prefix(300))))"
    }
    var detail = failure.code.isEmpty ? "status \(status)" : DisplayText.escape(Array(failure.code.utf8.prefix(64)))
    if !failure.requestID.isEmpty { detail += " (request \(DisplayText.escape(Array(failure.requestID.utf8.prefix(64)))))" }
    return StorageError(code, store: store, key: request.key, message: message, detail: detail)
  }
}
