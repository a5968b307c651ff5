import Concurrency
import HTTPClient
import HTTPMessages
import ObjectStorage
import StoreLayers

/// Counts what one store sends over the wire, where every attempt, part, page and probe is a request of its own.
///
/// Around the transport rather than around the store: one call to the store may be many requests, and what is paid for is requests.
struct WireCounter: HTTPTransport {
  private let base: any HTTPTransport
  private let meter: RequestMeter
  private let classify: @Sendable (String) -> RequestClass
  private let clock: MonotonicClock

  /// - Parameter classify: gives the class of a request by its label; see `RemoteStore.requestClass`.
  init(
    _ base: any HTTPTransport, meter: RequestMeter, classify: @escaping @Sendable (String) -> RequestClass,
    clock: MonotonicClock = .system
  ) {
    self.base = base
    self.meter = meter
    self.classify = classify
    self.clock = clock
  }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    let start = clock.now()
    var record = RequestRecord(classify(request.label))
    do {
      let response = try await base.send(request, into: sink)
      record.bytesSent = response.timings.bytesSent
      record.bytesReceived = response.bodyLength
      record.error = Self.code(of: response.status)
      record.duration = clock.now() - start
      meter.requestEnded(record)
      return response
    } catch {
      record.error = Self.code(of: error)
      record.duration = clock.now() - start
      meter.requestEnded(record)
      throw error
    }
  }

  func close() async { await base.close() }

  private static func code(of status: Int) -> StorageError.Code? {
    switch status {
    case 200...399: nil
    case 401: .unauthenticated
    case 403: .permissionDenied
    case 404: .notFound
    case 409, 412: .preconditionFailed
    case 429, 503: .throttled
    case 500...: .unavailable
    default: .invalidArgument
    }
  }

  private static func code(of error: any Error) -> StorageError.Code {
    guard let error = error as? HTTPError else { return error is CancellationError ? .cancelled : .internalError }
    return switch error.code {
    case .cancelled: .cancelled
    case .connectTimeout, .firstByteTimeout, .stalled, .deadlineExceeded: .timeout
    case .bodySource, .bodySink, .responseRefused, .invalidURL, .invalidHeader: .internalError
    default: .unavailable
    }
  }
}
