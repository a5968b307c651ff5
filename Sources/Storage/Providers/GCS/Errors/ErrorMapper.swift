import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives

/// Turns answers and failures of the transport into `StorageError`s; every decision about retrying is made here.
struct ErrorMapper: Sendable {
  let store: String
  let configuration: GCSConfiguration

  /// The error for an answer.
  func error(_ response: HTTPResponse, request: GCSRequest) -> StorageError {
    let delay = response.headers["retry-after"].flatMap(Self.delay)
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
    switch error.code {
    case .cancelled: return CancellationError()
    // What the caller's own source, sink or check threw is the caller's to understand.
    case .bodySource, .bodySink, .responseRefused: if let cause = error.cause { return cause }
    default: break
    }
    let (code, isTransient, advice) = Self.meaning(of: error.code)
    let place = error.host.isEmpty ? "the endpoint" : error.host
    return StorageError(
      code, retry: isTransient ? .later : .never, store: store, key: request.key,
      message: "cannot \(request.operation.attempt): \(place): \(error.message)\(advice.map { "; \($0)" } ?? "")",
      detail: "\(request.operation.rawValue): \(error.code.rawValue)", mayHaveHappened: error.requestMayHaveBeenSent, cause: error)
  }

  private static func meaning(of code: HTTPError.Code) -> (StorageError.Code, transient: Bool, advice: String?) {
    switch code {
    case .dnsFailed: (.unavailable, true, "check the endpoint's name and the network")
    case .connectFailed: (.unavailable, true, "check that the endpoint is right and the service runs")
    case .connectTimeout: (.unavailable, true, "check that the endpoint is right and not behind a firewall")
    case .tlsFailed:
      (.unavailable, false, "the server's certificate is not trusted: give its authority's file, or check the address")
    case .proxyFailed: (.unavailable, true, "check the proxy's settings")
    case .firstByteTimeout, .stalled, .deadlineExceeded: (.timeout, true, nil)
    case .connectionReset, .truncated, .closed: (.unavailable, true, nil)
    case .badResponse, .headersTooLarge: (.unavailable, true, "is this really a Cloud Storage endpoint?")
    case .invalidURL, .invalidHeader: (.invalidArgument, false, nil)
    case .tooManyRedirects, .redirectRefused: (.unavailable, false, nil)
    case .bodySource, .bodySink, .responseRefused, .cancelled, .other: (.internalError, false, nil)
    }
  }

  private static func isAboutBucket(_ failure: ServiceError) -> Bool {
    failure.message.hasPrefix("The specified bucket does not exist")
  }

  /// The service has no reason of its own for a hash that does not match.
  private static func isAboutHash(_ failure: ServiceError) -> Bool {
    let text = failure.message.lowercased()
    return (text.contains("md5") || text.contains("crc32c") || text.contains("checksum")) && text.contains("match")
  }

  /// `Retry-After`: seconds; a date is rarely sent and then means "later".
  private static func delay(_ text: String) -> Duration? {
    guard let seconds = Int64(text), (0...86_400).contains(seconds) else { return nil }
    return .seconds(seconds)
  }
}
