import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import ProviderSupport

/// Turns answers and failures of the transport into `StorageError`s; every decision about retrying is made here.
struct ErrorMapper: Sendable {
  let store: String
  let configuration: GCSConfiguration

  /// The error for an answer.
  func error(_ response: HTTPResponse, request: GCSRequest) -> StorageError {
    let delay = response.headers["retry-after"].flatMap { Duration(retryAfter: $0) }
    return error(ServiceError(response.body), status: response.status, delay: delay, request: request)
  }

  /// The error for what the service said, on its own or as a part of a batch.
  func error(_ failure: ServiceError, status: Int, delay: Duration? = nil, request: GCSRequest) -> StorageError {
    var meaning = ErrorMeaning.of(reason: failure.reason, status: status)
    if meaning.code == .notFound, !request.operation.isAboutObject || Self.isAboutBucket(failure) {
      meaning = ErrorMeaning(.storeNotFound, "there is no such bucket: check the name, or create it first")
    }
    if status == 400, Self.isAboutHash(failure), request.operation.permission.hasPrefix("storage.objects.create") {
      meaning = ErrorMeaning(.corrupted, transient: true, "the bytes were damaged on the way to the store")
    }
    if status == 409, request.operation == .insertBucket {
      meaning = ErrorMeaning(.alreadyExists, "the bucket's name is taken: choose another")
    }
    var code = meaning.code
    switch request.condition {
    case .ifAbsent: if code == .preconditionFailed, status != 409 { code = .alreadyExists }
    // A state was named, and there is none.
    case .ifMatches: if code == .notFound { code = .preconditionFailed }
    case .always: break
    }
    var message = "cannot \(request.operation.attempt)"
    if code == .permissionDenied, meaning.advice == nil {
      message += ": access denied; the account needs the permission \(request.operation.permission)"
    } else if code == .alreadyExists, request.key != nil {
      message += ": it is there already"
    } else if let advice = meaning.advice {
      message += ": \(advice)"
    }
    if code == .storeNotFound { message += " (bucket \(configuration.bucket))" }
    if !failure.message.isEmpty, meaning.advice == nil {
      message += ": \(DisplayText.escape(Array(failure.message.utf8.prefix(300))))"
    }
    let reason = DisplayText.escape(Array(failure.reason.utf8.prefix(64)))
    var error = StorageError(
      code, store: store, key: request.key, message: message,
      detail: reason.isEmpty ? "status \(status)" : "\(reason), status \(status)")
    if meaning.isTransient { error.retry = delay.map { .after($0) } ?? .later }
    error.mayHaveHappened = status >= 500
    return error
  }

  /// The error for a request that got no answer.
  func error(_ error: HTTPError, request: GCSRequest) -> any Error {
    FailedRequest(
      store: store, service: "a Cloud Storage endpoint", key: request.key, attempt: request.operation.attempt,
      label: request.operation.rawValue
    ).error(error)
  }

  private static func isAboutBucket(_ failure: ServiceError) -> Bool {
    failure.message.hasPrefix("The specified bucket does not exist")
  }

  /// The service has no reason of its own for a hash that does not match.
  private static func isAboutHash(_ failure: ServiceError) -> Bool {
    let text = failure.message.lowercased()
    return (text.contains("md5") || text.contains("crc32c") || text.contains("checksum")) && text.contains("match")
  }
}
