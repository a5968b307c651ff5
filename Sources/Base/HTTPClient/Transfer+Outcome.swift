import HTTPMessages
import CCurl
import Concurrency
import Primitives

extension Transfer {
  /// What libcurl's result means.
  func outcome(_ result: CURLcode) -> Result<HTTPResponse, any Error> {
    if let failure { return .failure(failure) }
    // A body that nobody wants did not end; its head has said what there is to know.
    guard result == CURLE_OK || (isGivenUp && result == CURLE_WRITE_ERROR) else { return .failure(classify(result)) }
    guard head.isComplete else { return .failure(error(.badResponse, "the answer has no complete head")) }
    let now = MonotonicClock.systemNanoseconds()
    let timings = HTTPTimings(
      firstByte: .nanoseconds(Int64(firstByte > started ? firstByte - started : 0)), total: .nanoseconds(Int64(now - started)),
      reusedConnection: easy?.info(CURLINFO_NUM_CONNECTS) == 0, bytesSent: sent,
      wait: answered > requestSent ? .nanoseconds(Int64(answered - requestSent)) : nil,
      headSent: easy?.info(CURLINFO_REQUEST_SIZE) ?? 0, headReceived: easy?.info(CURLINFO_HEADER_SIZE) ?? 0)
    return .success(
      HTTPResponse(status: head.status, headers: head.headers, body: body, bodyLength: received, timings: timings))
  }

  private func classify(_ result: CURLcode) -> HTTPError {
    let text = easy?.explain(result) ?? ""
    let code: HTTPError.Code
    switch result {
    case CURLE_UNSUPPORTED_PROTOCOL where phase != .connecting: code = .badResponse
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: code = .invalidURL
    case CURLE_COULDNT_RESOLVE_HOST: code = .dnsFailed
    case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: code = .proxyFailed
    case CURLE_COULDNT_CONNECT: code = .connectFailed
    case CURLE_OPERATION_TIMEDOUT: code = .connectTimeout
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_SSL_INVALIDCERTSTATUS,
      CURLE_SSL_CLIENTCERT, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED:
      code = .tlsFailed
    case CURLE_PARTIAL_FILE: code = .truncated
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND:
      // A proxy that refuses the tunnel looks like a broken connection, but has given a status.
      let tunnel = easy?.info(CURLINFO_HTTP_CONNECTCODE) ?? 0
      code = tunnel != 0 && tunnel != 200 ? .proxyFailed : .connectionReset
    case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: code = .badResponse
    // libcurl has a limit of its own for a single line, and calls its end a lack of memory.
    case CURLE_OUT_OF_MEMORY where !head.isComplete && phase != .connecting: code = .headersTooLarge
    default: code = .other
    }
    return error(code, text)
  }
}
