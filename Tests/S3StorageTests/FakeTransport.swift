import Concurrency
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import S3Storage

/// Answers requests from a script, and keeps what was asked.
final class FakeTransport: HTTPTransport {
  /// An answer; `breaksAfter` ends the connection after that many bytes of the body.
  struct Answer: Sendable {
    var status = 200
    var headers: [(String, String)] = []
    var body: [UInt8] = []
    var breaksAfter: Int?
  }

  private let script: @Sendable (HTTPRequest, Int) throws -> Answer
  private let log = Lock<[HTTPRequest]>([])

  init(_ script: @escaping @Sendable (_ request: HTTPRequest, _ index: Int) throws -> Answer) { self.script = script }

  var requests: [HTTPRequest] { log.withLock { $0 } }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    let index = log.withLock { log in
      log.append(request)
      return log.count - 1
    }
    let answer = try script(request, index)
    var headers = HTTPHeaders()
    for (name, value) in answer.headers { try headers.add(name, value) }
    guard (200...299).contains(answer.status), case .body(let body, let onHead) = sink else {
      return HTTPResponse(status: answer.status, headers: headers, body: answer.body)
    }
    do { try onHead?(answer.status, headers) } catch { throw HTTPError(.responseRefused, "refused", cause: error) }
    let sent = answer.body.prefix(answer.breaksAfter ?? answer.body.count)
    do { _ = try sent.withUnsafeBytes { try body.write($0) } } catch { throw HTTPError(.bodySink, "not taken", cause: error) }
    if answer.breaksAfter != nil { throw HTTPError(.connectionReset, "reset by peer", host: "h:1", requestMayHaveBeenSent: true) }
    return HTTPResponse(status: answer.status, headers: headers, bodyLength: Int64(sent.count))
  }

  func close() async {}
}

/// A store over a fake transport, in a bucket of AWS or at `endpoint`.
func fakeStore(
  _ transport: any HTTPTransport, endpoint: String? = nil, region: String? = "eu-west-1", credentials: CredentialsProvider? = nil,
  change: (inout S3Configuration) -> Void = { _ in }
) throws -> S3Store {
  var configuration = S3Configuration(
    bucket: BucketName("photos")!, endpoint: endpoint.flatMap { HTTPEndpoint(parsing: $0) }, region: region)
  change(&configuration)
  let keys = S3Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
  return try S3Store(
    configuration, transport: transport, credentials: credentials ?? CredentialsProvider(keys),
    clock: WallClock { Timestamp(seconds: 1_440_938_160) })
}

/// An `<Error>` document.
func errorBody(_ code: String, _ message: String = "no", extra: String = "") -> [UInt8] {
  Array(
    "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>\(message)</Message>\(extra)<RequestId>r1</RequestId></Error>".utf8)
}
