import CCurl
import Glibc

/// The process-wide part of libcurl and of its set-up from the environment.
enum Curl {
  /// Done once, before any thread uses the library.
  static let isReady: Bool = ccurl_global_init() == CURLE_OK

  static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }
}

/// An easy handle and the buffer in which libcurl explains failures. Reused: a reset keeps connections and caches.
final class EasyHandle {
  let raw: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>

  init() {
    guard let raw = curl_easy_init() else { fatalError("curl_easy_init: out of memory") }
    self.raw = raw
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    reset()
  }

  deinit {
    curl_easy_cleanup(raw)
    errorText.deallocate()
  }

  func reset() {
    curl_easy_reset(raw)
    errorText.pointee = 0
    ccurl_set_pointer(raw, CURLOPT_ERRORBUFFER, errorText)
  }

  func set(_ option: CURLoption, _ value: Int) { ccurl_set_long(raw, option, value) }
  func set(_ option: CURLoption, _ value: String) { _ = value.withCString { ccurl_set_pointer(raw, option, $0) } }
  func set(_ option: CURLoption, _ value: UnsafeRawPointer?) { ccurl_set_pointer(raw, option, value) }
  func set(_ option: CURLoption, offset: Int64) { ccurl_set_offset(raw, option, Int(offset)) }

  func info(_ info: CURLINFO) -> Int {
    var value = 0
    return ccurl_get_long(raw, info, &value) == CURLE_OK ? value : 0
  }

  /// What libcurl says about a failure.
  func explain(_ result: CURLcode) -> String {
    errorText.pointee != 0 ? String(cString: errorText) : String(cString: curl_easy_strerror(result))
  }
}
