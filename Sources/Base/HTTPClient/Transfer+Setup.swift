import HTTPMessages
import CCurl
import Primitives

extension Transfer {
  private static let largeBody: Int64 = 1 << 20
  /// libcurl sends a body below this together with the head, in one system call, if it is given as a whole.
  private static let wholeBody = 64 << 10

  /// Puts everything about this request into a handle that has just been reset.
  func configure(_ easy: EasyHandle, options: HTTPClientOptions, caFile: String?, caFolder: String?, largeTransfers: Int) {
    easy.set(CURLOPT_NOSIGNAL, 1)
    ccurl_set_private_sockets(easy.raw, options.smallSegments)
    easy.set(CURLOPT_URL, request.url)
    easy.set(CURLOPT_PATH_AS_IS, 1)
    easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
    easy.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    easy.set(CURLOPT_TCP_KEEPALIVE, 1)
    easy.set(CURLOPT_TCP_KEEPIDLE, 30)
    easy.set(CURLOPT_TCP_KEEPINTVL, 10)
    easy.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(clamping: request.patience.connect.wholeNanoseconds / 1_000_000)))
    easy.set(CURLOPT_USERAGENT, options.userAgent)
    switch options.version {
    case .http1:
      easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    case .http2:
      easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
      easy.set(CURLOPT_PIPEWAIT, 1)
    }
    configureTrust(easy, options: options, caFile: caFile, caFolder: caFolder)
    configureMethod(easy)
    configureBuffers(easy, largeTransfers: largeTransfers)
    configureHeaders(easy)
    installCallbacks(on: easy)
  }

  private func configureTrust(_ easy: EasyHandle, options: HTTPClientOptions, caFile: String?, caFolder: String?) {
    switch options.proxy {
    case .environment: break
    case .none: easy.set(CURLOPT_PROXY, "")
    case .url(let url):
      easy.set(CURLOPT_PROXY, url)
      easy.set(CURLOPT_NOPROXY, "")
    }
    easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let caFile { easy.set(CURLOPT_CAINFO, caFile) }
    if let caFolder { easy.set(CURLOPT_CAPATH, caFolder) }
    if options.verification == .insecure {
      easy.set(CURLOPT_SSL_VERIFYPEER, 0)
      easy.set(CURLOPT_SSL_VERIFYHOST, 0)
    }
    if let certificate = options.clientCertificate {
      easy.set(CURLOPT_SSLCERT, certificate.certificateFile)
      easy.set(CURLOPT_SSLKEY, certificate.keyFile ?? certificate.certificateFile)
    }
  }

  private func configureMethod(_ easy: EasyHandle) {
    if let bytes = request.body?.bytes, !bytes.isEmpty, bytes.count < Self.wholeBody {
      sendsWholeBody = true
      easy.set(CURLOPT_POSTFIELDSIZE_LARGE, offset: Int64(bytes.count))
      bytes.withUnsafeBytes { easy.set(CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
      if request.method != .post { easy.set(CURLOPT_CUSTOMREQUEST, request.method.name) }
    } else if let body = request.body {
      easy.set(CURLOPT_UPLOAD, 1)
      easy.set(CURLOPT_INFILESIZE_LARGE, offset: body.length ?? -1)
      if request.method != .put { easy.set(CURLOPT_CUSTOMREQUEST, request.method.name) }
    } else if request.method == .put || request.method == .post {
      // Says Content-Length: 0, which a server may insist on.
      easy.set(CURLOPT_UPLOAD, 1)
      easy.set(CURLOPT_INFILESIZE_LARGE, offset: 0)
      if request.method != .put { easy.set(CURLOPT_CUSTOMREQUEST, request.method.name) }
    } else if request.method == .head {
      easy.set(CURLOPT_NOBODY, 1)
    } else if request.method != .get {
      easy.set(CURLOPT_CUSTOMREQUEST, request.method.name)
    }
  }

  /// Large buffers only for large bodies, and the largest only for the first few: with 32 transfers at once they would be most of
  /// the memory that this process has.
  private func configureBuffers(_ easy: EasyHandle, largeTransfers: Int) {
    let large = largeTransfers < 8 ? 1 << 20 : 256 * 1024
    if let body = request.body, (body.length ?? Self.largeBody) >= Self.largeBody {
      easy.set(CURLOPT_UPLOAD_BUFFERSIZE, large)
      hasLargeBuffers = true
    }
    guard case .body = sink else {
      // What stores something is answered by a few headers. Memory of this size costs nothing to have.
      if request.method == .put { easy.set(CURLOPT_BUFFERSIZE, 1024) }
      return
    }
    let expected = request.expectedLength ?? 256 * 1024
    if expected >= 8 << 20 {
      easy.set(CURLOPT_BUFFERSIZE, large)
      hasLargeBuffers = true
    } else if expected > 32 * 1024 {
      easy.set(CURLOPT_BUFFERSIZE, 64 * 1024)
    }
  }

  private func configureHeaders(_ easy: EasyHandle) {
    let isUpload = request.body != nil || request.method == .put || request.method == .post
    var line: [UInt8] = []
    line.reserveCapacity(512)
    for field in request.headers {
      // libcurl says these itself, from what it really sends.
      if HTTPHeaders.isSameName(field.name, "content-length") || HTTPHeaders.isSameName(field.name, "transfer-encoding") {
        continue
      }
      line.removeAll(keepingCapacity: true)
      line.append(contentsOf: field.name.utf8)
      // A colon with nothing behind would mean: do not send this header.
      line.append(contentsOf: (field.value.isEmpty ? ";" : ": ").utf8)
      line.append(contentsOf: field.value.utf8)
      append(&line)
    }
    // A body that is given as a whole would be taken for a form.
    if sendsWholeBody, !request.headers.contains("content-type") { append("Content-Type:") }
    if isUpload {
      if (request.body?.length ?? (request.body == nil ? 0 : .max)) < Self.largeBody {
        if !request.headers.contains("expect") { append("Expect:") }
      } else {
        // A redirect or a refusal then costs no body; a server that does not know the expectation costs this wait.
        easy.set(CURLOPT_EXPECT_100_TIMEOUT_MS, 300)
      }
    }
    if let headerList { easy.set(CURLOPT_HTTPHEADER, UnsafeRawPointer(headerList)) }
  }

  private func append(_ line: StaticString) {
    line.withUTF8Buffer { append(UnsafeRawBufferPointer($0)) }
  }

  private func append(_ line: inout [UInt8]) {
    line.append(0)
    line.withUnsafeBytes { append($0) }
  }

  /// - Parameter line: ended by a NUL; libcurl copies it.
  private func append(_ line: UnsafeRawBufferPointer) {
    headerList = curl_slist_append(headerList, line.baseAddress?.assumingMemoryBound(to: CChar.self))
  }
}
