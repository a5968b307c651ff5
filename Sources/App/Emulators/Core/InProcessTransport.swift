import Concurrency
public import HTTPClient
import HTTPMessages
public import HTTPServer
import Primitives

/// Hands requests to a handler of this process, without a socket: what a client sees is what the handler says.
///
/// For tests and simulations of many requests. Bodies move in pieces of 64 KiB on the caller's task; patience and redirects are not
/// looked at.
public struct InProcessTransport: HTTPTransport {
  private let handler: any HTTPHandler

  /// A way to `handler`.
  public init(_ handler: any HTTPHandler) { self.handler = handler }

  public func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    func failure(_ code: HTTPError.Code, _ message: String, _ cause: (any Error)? = nil) -> HTTPError {
      HTTPError(code, message, label: request.label, requestMayHaveBeenSent: true, cause: cause)
    }
    guard let url = URLParts(parsing: request.url) else {
      throw HTTPError(.invalidURL, "not a usable http or https URL", label: request.label)
    }
    var headers = request.headers
    if !headers.contains("host") { try headers.add("host", url.endpoint.authority) }
    if let length = request.body?.length, !headers.contains("content-length") { try headers.add("content-length", String(length)) }
    let body = try PulledBody(request.body)
    let answer: HTTPServerResponse
    do {
      answer = try await handler.respond(
        to: HTTPServerRequest(
          method: request.method, target: url.path + (url.query.map { "?" + $0 } ?? ""), headers: headers, body: body))
    } catch is CancellationError {
      throw failure(.cancelled, "cancelled", CancellationError())
    } catch let error as SourceFailure {
      throw failure(.bodySource, "the request's body could not be read", error.cause)
    } catch is HTTPDisconnect {
      throw failure(.connectionReset, "the server closed the connection")
    } catch {
      answer = HTTPServerResponse(500)
    }
    defer { answer.whenDone?() }
    if Task.isCancelled { throw failure(.cancelled, "cancelled", CancellationError()) }
    return try await take(answer, request, sink, sent: body.taken, failure)
  }

  /// Nothing is open.
  public func close() async {}

  private func take(
    _ answer: HTTPServerResponse, _ request: HTTPRequest, _ sink: HTTPSink, sent: Int64,
    _ failure: (HTTPError.Code, String, (any Error)?) -> HTTPError
  ) async throws -> HTTPResponse {
    var headers = answer.headers
    let (source, length) = try AnswerBody.source(answer.body)
    if let length { try headers.set("content-length", String(length)) }
    var response = HTTPResponse(
      status: answer.status, headers: headers, timings: HTTPTimings(reusedConnection: true, bytesSent: sent))
    let isBodiless = request.method == .head || answer.status == 204 || answer.status == 304
    let target: any ByteSink
    var cut: Int?
    switch sink {
    case _ where !response.isSuccess:
      cut = HTTPSink.errorBodyLimit
      target = MemorySink(limit: .max)
    case .discard: target = Nowhere()
    case .memory(let limit): target = MemorySink(limit: limit)
    case .body(let sink, let onHead):
      do { try onHead?(answer.status, headers) } catch { throw failure(.responseRefused, "the answer was refused", error) }
      target = sink
    }
    var taken: Int64 = 0
    if !isBodiless, let source {
      do {
        taken = try await Pump.move(source, to: target)
      } catch let error as SourceFailure {
        throw failure(.truncated, "the server closed the connection before the end", error.cause)
      } catch let error as CancellationError {
        throw failure(.cancelled, "cancelled", error)
      } catch {
        throw failure(.bodySink, "the answer's body could not be taken", error)
      }
      if let length, taken != length { throw failure(.truncated, "the server sent \(taken) of \(length) bytes", nil) }
    }
    if let memory = target as? MemorySink { response.body = cut.map { Array(memory.bytes.prefix($0)) } ?? memory.bytes }
    response.bodyLength = taken
    return response
  }
}
