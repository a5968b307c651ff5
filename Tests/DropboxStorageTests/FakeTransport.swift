import Concurrency
import DropboxStorage
import HTTPClient
import HTTPMessages
import Markup
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

    static func json(_ text: String, _ status: Int = 200, _ headers: [(String, String)] = []) -> Answer {
      Answer(status: status, headers: headers, body: Array(text.utf8))
    }
  }

  private let script: @Sendable (_ request: HTTPRequest, _ index: Int) throws -> Answer
  private let log = Lock<[(request: HTTPRequest, body: [UInt8])]>([])

  init(_ script: @escaping @Sendable (_ request: HTTPRequest, _ index: Int) throws -> Answer) { self.script = script }

  /// Always the same answer.
  convenience init(_ answer: Answer) { self.init { _, _ in answer } }

  var requests: [HTTPRequest] { log.withLock { $0.map(\.request) } }
  var bodies: [[UInt8]] { log.withLock { $0.map(\.body) } }

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

/// A clock whose pauses take no time.
let hastyTimer = MonotonicClock(now: { .zero }, sleep: { _ in try Task.checkCancellation() })

/// A store over a fake transport.
func fakeStore(
  _ transport: any HTTPTransport, credentials: DropboxCredentials = DropboxCredentials(.accessToken(Secret("token-1"))),
  change: (inout DropboxConfiguration) -> Void = { _ in }
) -> DropboxStore {
  var configuration = DropboxConfiguration()
  change(&configuration)
  return DropboxStore(
    configuration, transport: transport, tokens: DropboxTokenProvider(credentials, transport: transport), timer: hastyTimer)
}

/// A file of the service.
func fileBody(_ path: String, size: Int = 1, rev: String = "0123456789a", hash: String? = nil, tag: String? = "file") -> String {
  let name = path.split(separator: "/").last ?? ""
  return "{" + (tag.map { #"".tag": "\#($0)", "# } ?? "")
    + #""name": "\#(name)", "path_lower": "\#(path.lowercased())", "path_display": "\#(path)", "id": "id:\#(path)", "#
    + #""client_modified": "2015-05-12T15:50:38Z", "server_modified": "2015-05-12T15:50:38Z", "rev": "\#(rev)", "#
    + #""size": \#(size), "is_downloadable": true"# + (hash.map { #", "content_hash": "\#($0)""# } ?? "") + "}"
}

/// A folder of the service.
func folderBody(_ path: String) -> String {
  let name = path.split(separator: "/").last ?? ""
  return
    #"{".tag": "folder", "name": "\#(name)", "path_lower": "\#(path.lowercased())", "path_display": "\#(path)", "id": "id:\#(path)"}"#
}

/// What went and is named by its folded path.
func deletedBody(_ path: String) -> String {
  let name = path.split(separator: "/").last ?? ""
  return #"{".tag": "deleted", "name": "\#(name)", "path_lower": "\#(path.lowercased())", "path_display": "\#(path)"}"#
}

/// A page of a listing.
func pageBody(_ entries: [String], cursor: String = "c", hasMore: Bool = false) -> String {
  #"{"entries": [\#(entries.joined(separator: ","))], "cursor": "\#(cursor)", "has_more": \#(hasMore)}"#
}

/// All keys that a listing gives.
func keys(_ listing: any Listing) async throws -> [String] {
  var keys: [String] = []
  while let page = try await listing.next() { keys += page.entries.map { String(decoding: $0.key.bytes, as: UTF8.self) } }
  return keys
}

/// A payload that holds its write open: `opened` once the write has begun to read, and until `open` is called.
final class Gate: Sendable {
  private let begun = OneShot<Void>()
  private let isOpen = Lock<(Bool, (@Sendable () -> Void)?)>((false, nil))

  private final class Source: ByteSource {
    private let gate: Gate
    init(_ gate: Gate) { self.gate = gate }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
      gate.begun.settle(.success(()))
      return gate.isOpen.withLock { $0.0 } ? .end : .pause
    }

    func whenReady(_ resume: @escaping @Sendable () -> Void) {
      let isOpen = gate.isOpen.withLock { state in
        state.1 = resume
        return state.0
      }
      if isOpen { resume() }
    }
  }

  /// No bytes, and not yet.
  var payload: Payload { Payload(length: 0, makeSource: { [self] _ in Source(self) }) }

  func opened() async throws { try await begun.wait() }

  func open() {
    let resume = isOpen.withLock { state in
      state.0 = true
      return state.1
    }
    resume?()
  }
}
