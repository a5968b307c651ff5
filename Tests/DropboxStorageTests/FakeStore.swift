import Concurrency
import DropboxStorage
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

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

  /// Waits until it is open.
  func pass() async throws {
    let shot = OneShot<Void>()
    let isOpen = isOpen.withLock { state in
      state.1 = { shot.settle(.success(())) }
      return state.0
    }
    begun.settle(.success(()))
    if !isOpen { try await shot.wait() }
  }

  func opened() async throws { try await begun.wait() }

  func open() {
    let resume = isOpen.withLock { state in
      state.0 = true
      return state.1
    }
    resume?()
  }
}
