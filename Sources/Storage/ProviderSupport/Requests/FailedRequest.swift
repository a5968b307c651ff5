public import HTTPMessages
public import ObjectStorage

/// A request that got no answer, in the words of the store that it was for.
public struct FailedRequest: Sendable {
  let store: String
  let service: String
  let key: ObjectKey?
  let attempt: String
  let label: String

  /// A request.
  /// - Parameters:
  ///   - store: the store's name.
  ///   - service: what should be there, as in "is this really …?".
  ///   - key: the object concerned.
  ///   - attempt: what was tried, as in "cannot …".
  ///   - label: what the service calls the operation.
  public init(store: String, service: String, key: ObjectKey?, attempt: String, label: String) {
    (self.store, self.service, self.key, self.attempt, self.label) = (store, service, key, attempt, label)
  }

  /// What to throw: a `StorageError` for what the network or the server did, and what the caller's own source, sink or check threw.
  public func error(_ error: HTTPError) -> any Error {
    switch error.code {
    case .cancelled: return CancellationError()
    // It is the caller's to understand.
    case .bodySource, .bodySink, .responseRefused: if let cause = error.cause { return cause }
    default: break
    }
    let (code, isTransient, advice) = meaning(of: error.code)
    let place = error.host.isEmpty ? "the service" : error.host
    return StorageError(
      code, retry: isTransient ? .later : .never, store: store, key: key,
      message: "cannot \(attempt): \(place): \(error.message)\(advice.map { "; \($0)" } ?? "")",
      detail: "\(label): \(error.code.rawValue)", mayHaveHappened: error.requestMayHaveBeenSent, cause: error)
  }

  private func meaning(of code: HTTPError.Code) -> (StorageError.Code, transient: Bool, advice: String?) {
    switch code {
    case .dnsFailed: (.unavailable, true, "check the address and the network")
    case .connectFailed: (.unavailable, true, "check that the address is right and the service runs")
    case .connectTimeout: (.unavailable, true, "check that the address is right and not behind a firewall")
    case .tlsFailed:
      (.unavailable, false, "the server's certificate is not trusted: give its authority's file, or check the address")
    case .proxyFailed: (.unavailable, true, "check the proxy's settings")
    case .firstByteTimeout, .stalled, .deadlineExceeded: (.timeout, true, nil)
    case .connectionReset, .truncated, .closed: (.unavailable, true, nil)
    case .badResponse, .headersTooLarge: (.unavailable, true, "is this really \(service)?")
    case .invalidURL, .invalidHeader: (.invalidArgument, false, nil)
    case .tooManyRedirects, .redirectRefused: (.unavailable, false, nil)
    case .bodySource, .bodySink, .responseRefused, .cancelled, .other: (.internalError, false, nil)
    }
  }
}

extension Duration {
  /// What `Retry-After` asks for, in seconds; a date, which is rarely sent, then means "later".
  public init?(retryAfter text: String) {
    guard let seconds = Int64(text) else { return nil }
    self.init(retryAfter: seconds)
  }

  /// A wait that a service asks for; nil if it is none, or more than a day.
  public init?(retryAfter seconds: Int64) {
    guard (0...86_400).contains(seconds) else { return nil }
    self = .seconds(seconds)
  }
}
