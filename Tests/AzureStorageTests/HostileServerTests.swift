import AzureStorage
import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// Answers that are wrong, hostile or late.
@Suite struct HostileServerTests {
  @Test(arguments: [
    ("BlobNotFound", 404, StorageError.Code.notFound, false), ("ContainerNotFound", 404, .storeNotFound, false),
    ("ContainerBeingDeleted", 409, .storeNotFound, true), ("ConditionNotMet", 412, .preconditionFailed, false),
    ("UnauthorizedBlobOverwrite", 403, .permissionDenied, false), ("AuthenticationFailed", 403, .unauthenticated, false),
    ("AuthorizationFailure", 403, .permissionDenied, false), ("AuthorizationPermissionMismatch", 403, .permissionDenied, false),
    ("InsufficientAccountPermissions", 403, .permissionDenied, false), ("AccountIsDisabled", 403, .permissionDenied, false),
    ("ServerBusy", 503, .throttled, true), ("OperationTimedOut", 500, .timeout, true), ("InternalError", 500, .unavailable, true),
    ("Md5Mismatch", 400, .corrupted, true), ("BlobArchived", 409, .archived, false), ("BlobBeingRehydrated", 409, .archived, false),
    ("LeaseIdMissing", 412, .permissionDenied, false), ("LeaseLost", 412, .permissionDenied, false),
    ("PendingCopyOperation", 409, .preconditionFailed, true), ("BlobImmutableDueToPolicy", 409, .permissionDenied, false),
    ("InvalidBlobType", 409, .invalidArgument, false), ("CannotVerifyCopySource", 404, .notFound, false),
    ("CannotVerifyCopySource", 403, .unsupported, false), ("CannotVerifyCopySource", 500, .unavailable, true),
    ("", 503, .throttled, true), ("", 403, .permissionDenied, false),
    ("", 412, .preconditionFailed, false), ("", 418, .invalidArgument, false),
  ])
  func `each code has its meaning, in the header as in the document`(
    _ word: String, _ status: Int, _ code: StorageError.Code, _ isTransient: Bool
  ) async throws {
    for answer in [FakeTransport.Answer.text(errorBody(word), status), .text("", status, [("x-ms-error-code", word)])] {
      let transport = FakeTransport { _, _ in answer }
      let error = try await #require(throws: StorageError.self) { try await fakeStore(transport).stat(try ObjectKey("a")) }
      #expect(error.code == code, "\(error)")
      #expect((error.retry != .never) == isTransient, "\(error)")
    }
  }

  @Test func `a lease, a missing role and the service's request are named`() async throws {
    let leased = FakeTransport { _, _ in .text(errorBody("LeaseIdMissing"), 412) }
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(leased).write(.bytes([1]), to: try ObjectKey("a"), WriteOptions(condition: .ifAbsent))
    }
    #expect(error.code == .permissionDenied && error.message.contains("lease"))
    let denied = FakeTransport { _, _ in
      .text(errorBody("AuthorizationPermissionMismatch"), 403, [("x-ms-request-id", "id-1"), ("Retry-After", "17")])
    }
    let role = try await #require(throws: StorageError.self) {
      try await fakeStore(denied).write(.bytes([1]), to: try ObjectKey("a"), WriteOptions())
    }
    #expect(role.message.contains("Storage Blob Data Contributor") && role.detail?.contains("id-1") == true)
    let busy = FakeTransport { _, _ in .text(errorBody("ServerBusy"), 503, [("Retry-After", "17")]) }
    let late = try await #require(throws: StorageError.self) { try await fakeStore(busy).stat(try ObjectKey("a")) }
    #expect(late.retry == .after(.seconds(17)))
  }

  @Test func `conditions that fail mean what was asked`() async throws {
    func failure(_ word: String, _ status: Int, _ condition: WriteCondition) async throws -> StorageError.Code {
      let transport = FakeTransport { _, _ in .text(errorBody(word), status) }
      return try await #require(throws: StorageError.self) {
        try await fakeStore(transport).write(.bytes([1]), to: try ObjectKey("a"), WriteOptions(condition: condition))
      }.code
    }
    #expect(try await failure("ConditionNotMet", 412, .ifAbsent) == .alreadyExists)
    #expect(try await failure("BlobAlreadyExists", 409, .ifAbsent) == .alreadyExists)
    #expect(try await failure("ConditionNotMet", 412, .ifMatches(ObjectVersion("0x1"))) == .preconditionFailed)
    // What is said of a source is not said of what is written.
    for word in ["SourceConditionNotMet", "CannotVerifyCopySource"] {
      let transport = FakeTransport { request, _ in
        request.method == .head
          ? .text("", 200, [("Content-Length", "5"), ("ETag", "\"0x1\"")]) : .text(errorBody(word), 412)
      }
      let error = try await #require(throws: StorageError.self) {
        try await fakeStore(transport).copy(try ObjectKey("a"), to: try ObjectKey("b"), CopyOptions(condition: .ifAbsent))
      }
      #expect(error.code == .preconditionFailed && error.message.contains("source"), "\(error)")
    }
    // No tag at all: nothing is asked.
    #expect(try await failure("InternalError", 500, .ifMatches(ObjectVersion("a\"b"))) == .preconditionFailed)
  }

  @Test(arguments: [("http", false), ("https", true)])
  func `no permission to read goes over a line that others read`(_ scheme: String, _ isPrivate: Bool) async throws {
    let transport = FakeTransport { request, _ in
      .text("", request.method == .head ? 200 : 201, [("Content-Length", "5"), ("ETag", "\"0x1\"")])
    }
    let store = fakeStore(transport) { $0.endpoint = AzureEndpoint(parsing: "\(scheme)://store.example:10000/devstoreaccount1")! }
    do {
      _ = try await store.copy(try ObjectKey("a"), to: try ObjectKey("b"), CopyOptions())
      #expect(isPrivate)
    } catch let error as StorageError { #expect(!isPrivate && error.code == .unsupported, "\(error)") }
    #expect(transport.requests.contains { $0.headers["x-ms-copy-source"] != nil } == isPrivate)
  }

  @Test func `each request is counted in its class`() {
    let classes = ["List Blobs", "Get Blob Properties", "Get Blob", "Put Block", "Put Block From URL", "Blob Batch", "credentials"]
      .map { AzureStore.requestClass(of: $0) }
    #expect(classes == [.list, .head, .get, .put, .copy, .delete, .other])
  }

  private static func blob(_ body: String, tag: String = "\"0x8D1\"", md5: [UInt8]? = nil) -> FakeTransport.Answer {
    FakeTransport.Answer(
      headers: [
        ("Content-Length", "\(body.utf8.count)"), ("ETag", tag),
        ("Content-MD5", Base64.encode(md5 ?? MD5.hash(Array(body.utf8)))), ("x-ms-blob-type", "BlockBlob"),
      ], body: Array(body.utf8))
  }

  @Test func `damage is seen, and so is another state`() async throws {
    let key = try ObjectKey("a")
    let good = FakeTransport { _, _ in Self.blob("hello") }
    #expect(try await fakeStore(good).readBytes(key, limit: 10) == Array("hello".utf8))
    let damaged = FakeTransport { _, _ in Self.blob("hello", md5: [UInt8](repeating: 7, count: 16)) }
    let error = try await #require(throws: StorageError.self) { try await fakeStore(damaged).readBytes(key, limit: 10) }
    #expect(error.code == .corrupted && error.retry == .later)
    let changed = try await #require(throws: StorageError.self) {
      try await fakeStore(good).readBytes(key, limit: 10, ReadOptions(ifMatches: ObjectVersion("0x8D2")))
    }
    #expect(changed.code == .preconditionFailed)
    #expect(good.requests[1].headers["if-match"] == "\"0x8D2\"")
    let longer = FakeTransport { _, _ in
      var answer = Self.blob("hello")
      answer.headers[0] = ("Content-Length", "3")
      return answer
    }
    #expect(
      try await #require(throws: StorageError.self) { try await fakeStore(longer).readBytes(key, limit: 10) }.code == .corrupted)
  }

  @Test func `a read that breaks off goes on in the middle, of the same state`() async throws {
    let transport = FakeTransport { request, index in
      var answer = Self.blob("hello world")
      if index == 0 {
        answer.breaksAfter = 5
      } else {
        #expect(request.headers["x-ms-range"] == "bytes=5-10")
        #expect(request.headers["if-match"] == "\"0x8D1\"")
        answer.status = 206
        answer.body = Array(" world".utf8)
        answer.headers[0] = ("Content-Length", "6")
        answer.headers[2] = ("x-ms-blob-content-md5", answer.headers[2].1)
        answer.headers.append(("Content-Range", "bytes 5-10/11"))
      }
      return answer
    }
    #expect(try await fakeStore(transport).readBytes(try ObjectKey("a"), limit: 20) == Array("hello world".utf8))
    #expect(transport.requests.count == 2)
  }

  @Test func `an archived blob says how far it is`() async throws {
    let transport = FakeTransport { request, _ in
      if request.method == .get { return .text(errorBody("BlobArchived"), 409) }
      return .text(
        "", 200,
        [
          ("Content-Length", "5"), ("ETag", "\"0x1\""), ("x-ms-access-tier", "Archive"),
          ("x-ms-archive-status", "rehydrate-pending-to-cool"),
        ])
    }
    let key = try ObjectKey("a")
    #expect(try await fakeStore(transport).stat(key).isArchived)
    let error = try await #require(throws: StorageError.self) { try await fakeStore(transport).readBytes(key, limit: 10) }
    #expect(error.code == .archived && error.message.contains("to cool"))
  }

  @Test func `a store that took something else than was sent is not believed`() async throws {
    let transport = FakeTransport { _, _ in
      .text("", 201, [("ETag", "\"0x1\""), ("Content-MD5", Base64.encode([UInt8](repeating: 1, count: 16)))])
    }
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(transport).write(.bytes([1]), to: try ObjectKey("a"), WriteOptions())
    }
    #expect(error.code == .corrupted && error.mayHaveHappened)
    let nameless = FakeTransport { _, _ in .text("", 201) }
    let unknown = try await #require(throws: StorageError.self) {
      try await fakeStore(nameless).write(.bytes([1]), to: try ObjectKey("a"), WriteOptions())
    }
    #expect(unknown.code == .internalError && unknown.mayHaveHappened)
  }

  @Test(arguments: ["", "--x\r\n", "--b\r\ncontent-id: 9\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n--b--", "--b\r\n\r\n\r\n\r\n--b--"])
  func `a batch whose answer makes no sense is done one by one`(_ body: String) async throws {
    let transport = FakeTransport { request, _ in
      request.method == .post ? .text(body, 202, [("Content-Type", "multipart/mixed; boundary=b")]) : .text("", 202)
    }
    let outcomes = try await fakeStore(transport).delete(try ["a", "b"].map { DeleteTarget(try ObjectKey($0)) })
    #expect(outcomes.allSatisfy { $0.error == nil })
    #expect(transport.requests.map(\.method.name) == ["POST", "DELETE", "DELETE"])
  }

  @Test func `a batch whose parts are all refused for their token is built once more`() async throws {
    let transport = FakeTransport { request, index in
      .text(
        (0...1).map { "--b\r\nContent-ID: \($0)\r\n\r\nHTTP/1.1 \(index == 0 ? "401 No" : "202 Accepted")\r\n\r\n\r\n" }.joined()
          + "--b--", 202, [("Content-Type", "multipart/mixed; boundary=b")])
    }
    let outcomes = try await fakeStore(transport).delete(try ["a", "b"].map { DeleteTarget(try ObjectKey($0)) })
    #expect(outcomes.allSatisfy { $0.error == nil })
    #expect(transport.requests.map(\.method.name) == ["POST", "POST"])
  }

  @Test func `each part of a batch has its own outcome and its own signature`() async throws {
    let transport = FakeTransport { _, _ in
      func part(_ index: Int, _ answer: String) -> String {
        "--b\r\nContent-Type: application/http\r\nContent-ID: \(index)\r\n\r\n\(answer)"
      }
      return .text(
        part(1, "HTTP/1.1 404 Not Found\r\nx-ms-error-code: BlobNotFound\r\n\r\n\r\n")
          + part(0, "HTTP/1.1 202 Accepted\r\nx-ms-request-id: 1\r\n\r\n\r\n")
          + part(2, "HTTP/1.1 409 No\r\nx-ms-error-code: SnapshotsPresent\r\nContent-Length: 0\r\n\r\n\r\n") + "--b--", 202,
        [("Content-Type", "multipart/mixed; boundary=\"b\"")])
    }
    let keys = try ["a", "b c", "d"].map { try ObjectKey($0) }
    let outcomes = try await fakeStore(transport).delete([
      DeleteTarget(keys[0]), DeleteTarget(keys[1], ifMatches: ObjectVersion("0x1")), DeleteTarget(keys[2]),
    ])
    #expect(outcomes.map { $0.error?.code } == [nil, nil, .notEmpty])
    #expect(outcomes.map(\.key) == keys)
    let body = try #require(transport.texts.first)
    #expect(body.contains("DELETE /photos/b%20c HTTP/1.1\r\nif-match: \"0x1\"\r\nx-ms-date: "))
    #expect(body.components(of: "authorization: SharedKey devstoreaccount1:") == 3)
    #expect(!body.contains("x-ms-version"))
  }
}

extension String {
  /// How often a text occurs.
  fileprivate func components(of text: String) -> Int { split(separator: text, omittingEmptySubsequences: false).count - 1 }
}
