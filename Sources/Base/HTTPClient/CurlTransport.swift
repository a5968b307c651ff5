import HTTPMessages
public import Concurrency
import Primitives

/// Sends requests by libcurl on an event loop.
///
/// A task that runs on that loop pays about 20 µs of CPU a small request and no thread switch; from elsewhere each call hops there
/// and back. Bodies move between socket and source or sink inside libcurl's callbacks, on the loop's thread: a source that reads a
/// local file is right, one that waits for another server is not (let it pause).
///
/// If a kept connection turns out dead before any byte of the answer came, libcurl sends the request once more over a new one.
/// Apart from that nothing is repeated here. Cancelling the calling task ends the request within milliseconds and closes its
/// connection.
public final class CurlTransport: HTTPTransport {
  private let loop: EventLoop
  private let core: CurlCore

  /// A client with a connection pool of its own. Cheap: nothing is opened before the first request.
  public init(loop: EventLoop, options: HTTPClientOptions = HTTPClientOptions()) {
    self.loop = loop
    core = CurlCore(loop: loop, options: options)
  }

  deinit {
    let core = core
    loop.execute { core.close() }
  }

  public func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    if loop.isCurrent { return try await follow(request, sink) }
    do {
      return try await loop.run { try await self.follow(request, sink) }
    } catch let error as CancellationError {
      throw HTTPError(.cancelled, "cancelled", label: request.label, cause: error)
    }
  }

  public func close() async {
    let done = OneShot<Void>()
    let core = core
    let isRunning = loop.execute {
      core.close()
      done.settle(.success(()))
    }
    if isRunning { _ = try? await done.waitUncancellably() }
  }

  private func follow(_ original: HTTPRequest, _ sink: HTTPSink) async throws -> HTTPResponse {
    let total = original.patience.total.map { MonotonicClock.systemNanoseconds() &+ $0.wholeNanoseconds } ?? .max
    var request = original
    var hops = 0
    while true {
      guard let url = URLParts(parsing: request.url) else {
        throw HTTPError(.invalidURL, "not a usable http or https URL", label: request.label)
      }
      let response = try await perform(request, sink, host: url.endpoint.hostAndPort, deadline: total)
      guard case .follow(let max) = request.redirects, let next = try Redirect.next(after: response, to: request, at: url) else {
        return response
      }
      hops += 1
      guard hops <= max else {
        throw HTTPError(
          .tooManyRedirects, "more than \(max) redirects", host: url.endpoint.hostAndPort, label: request.label,
          requestMayHaveBeenSent: true)
      }
      request = next
    }
  }

  private func perform(_ request: HTTPRequest, _ sink: HTTPSink, host: String, deadline: UInt64) async throws -> HTTPResponse {
    // A loop that has shut down lets its tasks go on elsewhere, where libcurl must not be touched.
    guard loop.isCurrent else { throw HTTPError(.closed, "the event loop has shut down", host: host, label: request.label) }
    let transfer = core.makeTransfer(request, sink, host: host, deadline: deadline)
    if Task.isCancelled { throw transfer.error(.cancelled, "cancelled", cause: CancellationError()) }
    return try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        transfer.continuation = continuation
        core.start(transfer)
      }
    } onCancel: {
      // Runs on the loop after the job that starts the transfer, never before.
      loop.execute { self.core.cancel(transfer) }
    }
  }
}
