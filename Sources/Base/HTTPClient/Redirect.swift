import HTTPMessages
import CCurl
import Primitives

/// Where an answer sends a request, and what of the request may go there.
enum Redirect {
  /// The only headers that another host gets: none says who is asking.
  private static let safeHeaders = [
    "accept", "accept-language", "cache-control", "content-type", "content-md5", "content-encoding", "content-disposition",
    "content-language", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range", "user-agent",
  ]

  /// The request to make next; nil if the answer is no redirect.
  /// - Throws: `HTTPError` with `.redirectRefused` for a place where no request of ours goes.
  static func next(after response: HTTPResponse, to request: HTTPRequest, at url: URLParts) throws -> HTTPRequest? {
    guard [301, 302, 303, 307, 308].contains(response.status), let location = response.headers["location"] else { return nil }
    func refuse(_ reason: String) -> HTTPError {
      HTTPError(
        .redirectRefused, reason, host: url.endpoint.hostAndPort, label: request.label, requestMayHaveBeenSent: true)
    }
    guard let target = resolve(location, against: request.url), let parts = URLParts(parsing: target) else {
      throw refuse("redirected to what is not an http or https URL")
    }
    if url.endpoint.scheme == .https, parts.endpoint.scheme == .http {
      throw refuse("redirected from https to http at \(parts.endpoint.hostAndPort)")
    }
    var next = request
    next.url = target
    if response.status == 303, request.method != .head {
      next.method = .get
      next.body = nil
    } else if response.status != 307, response.status != 308, request.method == .post {
      next.method = .get
      next.body = nil
    }
    if parts.endpoint != url.endpoint {
      next.headers = request.headers.filtered { field in safeHeaders.contains { HTTPHeaders.isSameName($0, field.name) } }
    } else if next.body == nil, request.body != nil {
      next.headers = request.headers.filtered { !HTTPHeaders.isSameName($0.name, "content-type") }
    }
    return next
  }

  /// A reference resolved as RFC 3986 says, by libcurl; its path is kept as it is written.
  private static func resolve(_ location: String, against base: String) -> String? {
    guard let handle = curl_url() else { return nil }
    defer { curl_url_cleanup(handle) }
    let flags = UInt32(CURLU_PATH_AS_IS)
    guard curl_url_set(handle, CURLUPART_URL, base, flags) == CURLUE_OK,
      curl_url_set(handle, CURLUPART_URL, location, flags) == CURLUE_OK,
      curl_url_set(handle, CURLUPART_FRAGMENT, nil, 0) == CURLUE_OK
    else { return nil }
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, CURLUPART_URL, &text, 0) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
