import Concurrency
import Crypto
import DropboxStorage
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// Answers that are wrong, hostile or late.
@Suite struct HostileServerTests {
  private static func error(_ tags: [String]) -> String {
    // `path/conflict/file` as the unions of the API nest.
    var json = #"{".tag": "\#(tags.last!)"}"#
    for tag in tags.dropLast().reversed() { json = #"{".tag": "\#(tag)", "\#(tag)": \#(json)}"# }
    return #"{"error_summary": "\#(tags.joined(separator: "/"))/..", "error": \#(json)}"#
  }

  @Test(arguments: [
    (["path", "not_found"], 409, StorageError.Code.notFound, false), (["path", "malformed_path"], 409, .invalidArgument, false),
    (["path", "disallowed_name"], 409, .invalidArgument, false), (["path", "restricted_content"], 409, .permissionDenied, false),
    (["path", "no_write_permission"], 409, .permissionDenied, false), (["path", "team_folder"], 409, .permissionDenied, false),
    (["path", "insufficient_space"], 409, .quotaExceeded, false), (["path", "conflict", "file"], 409, .preconditionFailed, false),
    (["path", "conflict", "folder"], 409, .alreadyExists, false),
    (["path", "conflict", "file_ancestor"], 409, .alreadyExists, false),
    (["content_hash_mismatch"], 409, .corrupted, true), (["payload_too_large"], 409, .invalidArgument, false),
    (["too_many_requests"], 429, .throttled, true), (["too_many_write_operations"], 429, .throttled, true),
    (["invalid_access_token"], 401, .unauthenticated, false), (["expired_access_token"], 401, .unauthenticated, false),
    (["user_suspended"], 401, .unauthenticated, false), (["missing_scope"], 401, .permissionDenied, false),
    (["invalid_account_type", "endpoint"], 403, .permissionDenied, false), (["no_permission"], 422, .permissionDenied, false),
    (["path", "a_word_of_tomorrow"], 409, .internalError, false), (["path", "other"], 409, .internalError, false),
  ])
  func `each tag has its meaning`(_ tags: [String], _ status: Int, _ code: StorageError.Code, _ isTransient: Bool) async throws {
    let transport = FakeTransport(.text(Self.error(tags), status))
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(transport).write(.bytes([1]), to: try ObjectKey("a"), WriteOptions())
    }
    #expect(error.code == code, "\(error)")
    #expect((error.retry != .never) == isTransient, "\(error)")
    #expect(error.detail?.hasPrefix(tags.joined(separator: "/")) == true)
  }

  @Test(arguments: [
    (500, StorageError.Code.unavailable, true), (503, .unavailable, true), (502, .unavailable, true), (504, .timeout, true),
    (429, .throttled, true), (400, .invalidArgument, false), (401, .unauthenticated, false), (403, .permissionDenied, false),
    (302, .invalidArgument, false), (418, .invalidArgument, false), (600, .internalError, false),
  ])
  func `a status without a word has its meaning too`(_ status: Int, _ code: StorageError.Code, _ isTransient: Bool) async throws {
    for body in ["", "<html>", "Error in call to API function", "{", "[1]", #"{"error": 7}"#] {
      let error = try await #require(throws: StorageError.self) {
        try await fakeStore(FakeTransport(.text(body, status, [("Retry-After", "7")]))).stat(try ObjectKey("a"))
      }
      #expect(error.code == code, "\(error)")
      #expect(isTransient ? error.retry == .after(.seconds(7)) : error.retry == .never, "\(error)")
    }
  }

  @Test func `an upload that failed on its path says why, as the upload's own error is built`() async throws {
    let body =
      #"{"error_summary": "path/conflict/file/..", "error": {".tag": "path", "reason": {".tag": "conflict", "conflict": "#
      + #"{".tag": "file"}}, "upload_session_id": "s"}}"#
    for (condition, code) in [
      (WriteCondition.ifAbsent, StorageError.Code.alreadyExists), (.ifMatches(ObjectVersion("123456789")), .preconditionFailed),
    ] {
      let error = try await #require(throws: StorageError.self) {
        try await fakeStore(FakeTransport(.text(body, 409))).write(
          .bytes([1]), to: try ObjectKey("a"), WriteOptions(condition: condition))
      }
      #expect(error.code == code)
    }
  }

  @Test func `a word of the service drives no terminal`() async throws {
    let body = #"{"error_summary": "other", "error": {".tag": "\u001b[31mevil"}, "user_message": {"text": "\u001b]0;x\u0007"}}"#
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(FakeTransport(.text(body, 409))).stat(try ObjectKey("a"))
    }
    #expect("\(error)".unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "\(error)")
  }

  private static func media(_ body: String, rev: String = "0123456789a", hash: String? = nil) -> FakeTransport.Answer {
    let sum = hash ?? Hex.encode(SHA256.hash(SHA256.hash(Array(body.utf8))))
    return FakeTransport.Answer(
      headers: [
        ("Content-Length", "\(body.utf8.count)"),
        ("Dropbox-API-Result", fileBody("/a", size: body.utf8.count, rev: rev, hash: sum, tag: nil)),
      ], body: Array(body.utf8))
  }

  @Test func `damage is seen, and so is another state`() async throws {
    let key = try ObjectKey("a")
    let good = FakeTransport(Self.media("hello"))
    #expect(try await fakeStore(good).readBytes(key, limit: 10) == Array("hello".utf8))
    let damaged = FakeTransport(Self.media("hello", hash: String(repeating: "0", count: 64)))
    let error = try await #require(throws: StorageError.self) { try await fakeStore(damaged).readBytes(key, limit: 10) }
    #expect(error.code == .corrupted && error.retry == .later)
    let changed = try await #require(throws: StorageError.self) {
      try await fakeStore(good).readBytes(key, limit: 10, ReadOptions(ifMatches: ObjectVersion("999999999")))
    }
    #expect(changed.code == .preconditionFailed)
    for header in ["", "{}", "nonsense", fileBody("/a", size: 4, tag: nil)] {
      var answer = Self.media("hello")
      answer.headers[1].1 = header
      await #expect(throws: StorageError.self) { try await fakeStore(FakeTransport(answer)).readBytes(key, limit: 10) }
    }
  }

  @Test func `a read that breaks off goes on in the middle, of the same state`() async throws {
    let transport = FakeTransport { request, index in
      var answer = Self.media("hello world")
      if index == 0 {
        answer.breaksAfter = 5
      } else {
        #expect(request.headers["range"] == "bytes=5-10")
        answer.status = 206
        answer.body = Array(" world".utf8)
        answer.headers[0] = ("Content-Length", "6")
        answer.headers.append(("Content-Range", "bytes 5-10/11"))
      }
      return answer
    }
    #expect(try await fakeStore(transport).readBytes(try ObjectKey("a"), limit: 20) == Array("hello world".utf8))
    #expect(transport.requests.count == 2)
    let other = FakeTransport { _, index in
      var answer = Self.media("hello world", rev: index == 0 ? "111111111" : "222222222")
      if index == 0 { answer.breaksAfter = 5 }
      return answer
    }
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(other).readBytes(try ObjectKey("a"), limit: 20)
    }
    #expect(error.code == .preconditionFailed)
  }

  @Test func `requests go where they belong, with the space that paths are relative to`() async throws {
    let transport = FakeTransport { request, _ in
      request.label == "users/get_current_account"
        ? .text(#"{"root_info": {".tag": "team", "root_namespace_id": "77", "home_namespace_id": "5"}}"#) : .text(fileBody("/a"))
    }
    let store = fakeStore(transport) { $0.pathRoot = .root }
    for _ in 0..<2 { _ = try await store.stat(try ObjectKey("a")) }
    #expect(transport.requests.map(\.label) == ["users/get_current_account", "files/get_metadata", "files/get_metadata"])
    #expect(transport.requests[0].headers["dropbox-api-path-root"] == nil)
    #expect(transport.requests[1].headers["dropbox-api-path-root"] == #"{".tag":"root","root":"77"}"#)
    #expect(transport.requests[1].url == "https://api.dropboxapi.com/2/files/get_metadata")
    let shared = fakeStore(transport) { $0.pathRoot = .namespace(DropboxNamespaceID("123")!) }
    _ = try await shared.stat(try ObjectKey("a"))
    #expect(transport.requests.last?.headers["dropbox-api-path-root"] == #"{".tag":"namespace_id","namespace_id":"123"}"#)
    #expect(DropboxNamespaceID("1\r\nx: y") == nil && DropboxNamespaceID("") == nil)
  }

  @Test func `a team's space that moved is asked for once more`() async throws {
    let asked = Lock(0)
    let transport = FakeTransport { request, _ in
      if request.label == "users/get_current_account" {
        let number = asked.withLock { count in
          count += 1
          return count
        }
        return .text(#"{"root_info": {"root_namespace_id": "\#(number)"}}"#)
      }
      let isOld = request.headers["dropbox-api-path-root"]?.contains(#""1""#) ?? false
      return isOld
        ? .text(#"{"error_summary": "invalid_root/", "error": {".tag": "invalid_root", "invalid_root": {}}}"#, 422)
        : .text(fileBody("/a"))
    }
    _ = try await fakeStore(transport) { $0.pathRoot = .root }.stat(try ObjectKey("a"))
    #expect(asked.withLock { $0 } == 2)
  }
}
