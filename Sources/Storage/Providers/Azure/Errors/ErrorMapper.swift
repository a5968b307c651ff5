import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives

/// Turns answers and failures of the transport into `StorageError`s; every decision about retrying is made here.
struct ErrorMapper: Sendable {
  let store: String
  let configuration: AzureConfiguration

  /// The error for an answer.
  func error(_ response: HTTPResponse, request: AzureRequest) -> StorageError {
    let delay = response.headers["retry-after"].flatMap(Self.delay)
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
    case .dnsFailed: (.unavailable, true, "check the account's name, the endpoint and the network")
    case .connectFailed: (.unavailable, true, "check that the endpoint is right and the service runs")
    case .connectTimeout: (.unavailable, true, "check that the endpoint is right and not behind a firewall")
    case .tlsFailed:
      (.unavailable, false, "the server's certificate is not trusted: give its authority's file, or check the address")
    case .proxyFailed: (.unavailable, true, "check the proxy's settings")
    case .firstByteTimeout, .stalled, .deadlineExceeded: (.timeout, true, nil)
    case .connectionReset, .truncated, .closed: (.unavailable, true, nil)
    case .badResponse, .headersTooLarge: (.unavailable, true, "is this really an endpoint of Azure Blob Storage?")
    case .invalidURL, .invalidHeader: (.invalidArgument, false, nil)
    case .tooManyRedirects, .redirectRefused: (.unavailable, false, nil)
    case .bodySource, .bodySink, .responseRefused, .cancelled, .other: (.internalError, false, nil)
    }
  }

  /// `Retry-After`: seconds; a date is rarely sent and then means "later".
  private static func delay(_ text: String) -> Duration? {
    guard let seconds = Int64(text), (0...86_400).contains(seconds) else { return nil }
    return .seconds(seconds)
  }
}
