import AzureStorage
import Concurrency
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives

/// Answers requests from a script, and keeps what was asked.
final class FakeTransport: HTTPTransport {
  /// An answer; `breaksAfter` ends the connection after that many bytes of the body.
  struct Answer: Sendable {
    var status = 200
    var headers: [(String, String)] = []
    var body: [UInt8] = []
    var breaksAfter: Int?

    static func text(_ text: String, _ status: Int = 200, _ headers: [(String, String)] = []) -> Answer {
      Answer(status: status, headers: headers, body: Array(text.utf8))
    }
  }

  private let script: @Sendable (HTTPRequest, Int) throws -> Answer
  private let log = Lock<[(request: HTTPRequest, body: [UInt8])]>([])

  init(_ script: @escaping @Sendable (_ request: HTTPRequest, _ index: Int) throws -> Answer) { self.script = script }

  var requests: [HTTPRequest] { log.withLock { $0.map(\.request) } }
  var bodies: [String] { log.withLock { $0.map { String(decoding: $0.body, as: UTF8.self) } } }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    let body = try Self.read(request.body)
    let index = log.withLock { log in
      log.append((request, body))
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

  private static func read(_ body: HTTPBody?) throws -> [UInt8] {
    guard let body else { return [] }
    let source = try body.makeSource()
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while case .bytes(let count) = try source.read(into: buffer) {
      bytes += UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
    return bytes
  }

  func close() async {}
}

/// What the tests sign in with, unless they try something else.
enum TestAccount {
  static let name = AzureAccountName("devstoreaccount1")!
  static let keyText = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
  static let key = AzureSharedKey(account: name, key: Secret(keyText))!
  /// `Fri, 20 Nov 2026 10:42:23 GMT`.
  static let now = Timestamp(rfc1123: "Fri, 20 Nov 2026 10:42:23 GMT")!
}

/// A store over a fake transport.
func fakeStore(
  _ transport: any HTTPTransport, credentials: AzureCredentialProvider = AzureCredentialProvider(.sharedKey(TestAccount.key)),
  change: (inout AzureConfiguration) -> Void = { _ in }
) -> AzureStore {
  var configuration = AzureConfiguration(account: TestAccount.name, container: AzureContainerName("photos")!)
  change(&configuration)
  return AzureStore(configuration, transport: transport, credentials: credentials, clock: WallClock { TestAccount.now })
}

/// The error document of the service.
func errorBody(_ code: String, _ message: String = "no") -> String {
  "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>\(code)</Code><Message>\(message)\nRequestId:1\nTime:2</Message></Error>"
}

/// A listing of the service.
func listing(_ content: String, next: String = "") -> String {
  "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://a/\" ContainerName=\"photos\">"
    + "<Blobs>\(content)</Blobs><NextMarker>\(next)</NextMarker></EnumerationResults>"
}

/// A blob of a listing.
func listed(_ name: String, size: Int = 1, properties: String = "", metadata: String = "") -> String {
  "<Blob><Name>\(name)</Name><Properties><Last-Modified>Fri, 20 Nov 2026 10:42:23 GMT</Last-Modified><Etag>0x8D1</Etag>"
    + "<Content-Length>\(size)</Content-Length>\(properties)</Properties><Metadata>\(metadata)</Metadata></Blob>"
}
