import Concurrency
import HTTPClient
import HTTPMessages

/// Sends as many requests at once as the service takes well.
///
/// Around the transport rather than around the store: one call to the store may be many requests, and what a service counts is
/// requests. Around what counts them, so that waiting here is not taken for the service's latency. No request of a store waits for
/// another one of the same store while it is under way (bodies that come from a store are in memory before they are sent), so that
/// even a single place at a time would do.
struct AdaptiveTransport: HTTPTransport {
  private let base: any HTTPTransport
  private let gate: RequestGate

  init(_ base: any HTTPTransport, gate: RequestGate) { (self.base, self.gate) = (base, gate) }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    let entry: RequestGate.Entry
    do { entry = try await gate.enter(group: Self.object(of: request)) } catch {
      throw HTTPError(.cancelled, "cancelled", label: request.label, cause: error)
    }
    do {
      let response = try await base.send(request, into: sink)
      gate.leave(entry, Self.sample(request, response, entry))
      return response
    } catch {
      let isSilent = (error as? HTTPError)?.code == .firstByteTimeout
      gate.leave(entry, isSilent ? AdaptiveLimit.Sample(kind: 0, begun: entry.begun, isRefused: true) : nil)
      throw error
    }
  }

  func close() async { await base.close() }

  /// Requests to one address are about one object, whatever their query.
  private static func object(of request: HTTPRequest) -> Int {
    var url = request.url
    return url.withUTF8 { bytes in
      var hasher = Hasher()
      let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
      hasher.combine(bytes: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[..<end])))
      return hasher.finalize()
    }
  }

  /// What is done and how much of it decides how long it takes.
  private static func sample(_ request: HTTPRequest, _ response: HTTPResponse, _ entry: RequestGate.Entry) -> AdaptiveLimit.Sample {
    var hasher = Hasher()
    hasher.combine(request.label)
    let bytes = response.timings.bytesSent + response.bodyLength
    hasher.combine(bytes < 64 << 10 ? 0 : bytes < 1 << 20 ? 1 : bytes < 8 << 20 ? 2 : 3)
    let isRefused = response.status == 429 || response.status == 503
    return AdaptiveLimit.Sample(
      kind: hasher.finalize(), begun: entry.begun, wait: response.isSuccess ? response.timings.wait : nil, isRefused: isRefused)
  }
}
