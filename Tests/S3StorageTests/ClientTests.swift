import Concurrency
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

@testable import S3Storage

@Suite struct ClientTests {
  private let head: [(String, String)] = [("content-length", "5"), ("etag", "\"abc-2\"")]

  @Test(arguments: [301, 400, 403])
  func `the region that an answer names is adopted and remembered`(_ status: Int) async throws {
    let transport = FakeTransport { request, _ in
      if request.url.contains("eu-west-1") { return .init(status: status, headers: [("x-amz-bucket-region", "ap-south-1")]) }
      return .init(headers: [("content-length", "5"), ("etag", "\"abc-2\"")])
    }
    let store = try fakeStore(transport)
    let first = try await store.stat(try ObjectKey("a"))
    #expect(first.entry.size == 5)
    #expect(store.region == "ap-south-1")
    _ = try await store.stat(try ObjectKey("b"))
    #expect(
      transport.requests.map(\.url) == [
        "https://photos.s3.eu-west-1.amazonaws.com/a", "https://photos.s3.ap-south-1.amazonaws.com/a",
        "https://photos.s3.ap-south-1.amazonaws.com/b",
      ])
    #expect(transport.requests[1].headers["authorization"]?.contains("/ap-south-1/s3/") == true)
  }

  @Test func `the service's clock is adopted once when ours is wrong`() async throws {
    let transport = FakeTransport { request, _ in
      if request.headers["x-amz-date"] == "20150830T133600Z" { return .init(headers: [("content-length", "5")]) }
      return .init(
        status: 403, headers: [("date", "Sun, 30 Aug 2015 13:36:00 GMT")], body: errorBody("RequestTimeTooSkewed"))
    }
    _ = try await fakeStore(transport).stat(try ObjectKey("a"))
    #expect(transport.requests.map { $0.headers["x-amz-date"] } == ["20150830T123600Z", "20150830T133600Z"])
  }

  @Test func `an expired token is renewed once`() async throws {
    let loads = Lock(0)
    let provider = CredentialsProvider {
      let number = loads.withLock { count in
        count += 1
        return count
      }
      return (S3Credentials(accessKeyID: "K\(number)", secretAccessKey: Secret("s"), sessionToken: Secret("t\(number)")), .instance)
    }
    let transport = FakeTransport { request, _ in
      request.headers["x-amz-security-token"] == "t2"
        ? .init(headers: [("content-length", "5")]) : .init(status: 400, body: errorBody("ExpiredToken"))
    }
    let store = try fakeStore(transport, credentials: provider)
    _ = try await store.stat(try ObjectKey("a"))
    #expect(loads.withLock { $0 } == 2)
    #expect(store.credentialSource == .instance)
  }

  @Test(arguments: [
    ("SignatureDoesNotMatch", 403, StorageError.Code.unauthenticated, "the secret key is wrong"),
    ("InvalidAccessKeyId", 403, .unauthenticated, "access key id"), ("NoSuchBucket", 404, .storeNotFound, "create it first"),
    ("AccessDenied", 403, .permissionDenied, "s3:GetObject"), ("InvalidObjectState", 403, .archived, "restore it first"),
    ("SlowDown", 503, .throttled, "slow down"), ("", 500, .unavailable, "fault of its own"), ("", 429, .throttled, "slow down"),
    ("KeyTooLongError", 400, .invalidArgument, "longer"), ("QuotaExceeded", 403, .quotaExceeded, "quota"),
  ])
  func `a refusal says what it means and what to do`(_ code: String, _ status: Int, _ meaning: StorageError.Code, _ advice: String)
    async throws
  {
    let transport = FakeTransport { _, _ in
      .init(status: status, headers: [("retry-after", "7")], body: code.isEmpty ? [] : errorBody(code))
    }
    let store = try fakeStore(transport, endpoint: "http://127.0.0.1:9")
    let error = try await #require(throws: StorageError.self) { try await store.readBytes(try ObjectKey("a"), limit: 10) }
    #expect(error.code == meaning)
    #expect(error.message.contains(advice), "\(error)")
    let isTransient = meaning == .throttled || meaning == .unavailable
    #expect(error.retry == (isTransient ? .after(.seconds(7)) : .never))
    #expect(transport.requests.count == 1)
  }

  @Test func `a connection refused names the endpoint and may be tried again`() async throws {
    let transport = FakeTransport { _, _ in throw HTTPError(.connectFailed, "connection refused", host: "127.0.0.1:9") }
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(transport, endpoint: "http://127.0.0.1:9").stat(try ObjectKey("a"))
    }
    #expect(error.code == .unavailable)
    #expect(error.retry == .later)
    #expect(!error.mayHaveHappened)
    #expect(error.message.contains("127.0.0.1:9"))
  }

  @Test func `a body that breaks off goes on where it ended`() async throws {
    let transport = FakeTransport { request, index in
      if index == 0 {
        return .init(headers: [("content-length", "5"), ("etag", "\"v\"")], body: Array("hello".utf8), breaksAfter: 2)
      }
      #expect(request.headers["range"] == "bytes=2-4")
      #expect(request.headers["if-match"] == "\"v\"")
      return .init(
        status: 206, headers: [("content-length", "3"), ("content-range", "bytes 2-4/5"), ("etag", "\"v\"")],
        body: Array("llo".utf8))
    }
    #expect(try await fakeStore(transport).readBytes(try ObjectKey("a"), limit: 10) == Array("hello".utf8))
    #expect(transport.requests.count == 2)
  }

  @Test func `a body that breaks off is not continued with another version's bytes`() async throws {
    let transport = FakeTransport { _, index in
      if index == 0 {
        return .init(headers: [("content-length", "5"), ("etag", "\"v\"")], body: Array("hello".utf8), breaksAfter: 2)
      }
      return .init(
        headers: [("content-range", "bytes 2-4/5"), ("content-length", "3"), ("etag", "\"w\"")], body: Array("LLO".utf8))
    }
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(transport).readBytes(try ObjectKey("a"), limit: 10)
    }
    #expect(error.code == .preconditionFailed)
  }

  @Test func `bytes that do not match the store's checksum or MD5 are refused`() async throws {
    for header in [("x-amz-checksum-crc32c", "AAAAAA=="), ("etag", "\"00000000000000000000000000000000\"")] {
      let transport = FakeTransport { _, _ in .init(headers: [("content-length", "5"), header], body: Array("hello".utf8)) }
      let error = try await #require(throws: StorageError.self) {
        try await fakeStore(transport).readBytes(try ObjectKey("a"), limit: 10)
      }
      #expect(error.code == .corrupted)
    }
  }

  @Test func `a range that was not asked for is refused, a right one with status 200 is taken`() async throws {
    let range = try #require(ByteRange(start: 1, end: 3))
    let right = FakeTransport { _, _ in
      .init(headers: [("content-length", "2"), ("content-range", "bytes 1-2/5"), ("etag", "\"v\"")], body: Array("el".utf8))
    }
    #expect(try await fakeStore(right).readBytes(try ObjectKey("a"), limit: 9, ReadOptions(range: range)) == Array("el".utf8))
    let wrong = FakeTransport { _, _ in .init(headers: [("content-length", "5"), ("etag", "\"v\"")], body: Array("hello".utf8)) }
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(wrong).readBytes(try ObjectKey("a"), limit: 9, ReadOptions(range: range))
    }
    #expect(error.code == .corrupted)
  }

  @Test func `a completion that fails inside an answer of 200 is a failure, and the parts are thrown away`() async throws {
    let transport = FakeTransport { request, _ in
      switch request.label {
      case "CreateMultipartUpload": .init(body: Array("<R><UploadId>u1</UploadId></R>".utf8))
      case "UploadPart": .init(headers: [("etag", "\"p\"")])
      case "CompleteMultipartUpload": .init(body: Array("  \n".utf8) + errorBody("InternalError"))
      default: .init(status: 204)
      }
    }
    let store = try fakeStore(transport)
    let error = try await #require(throws: StorageError.self) {
      try await store.withMultipartWrite(try ObjectKey("a"), WriteOptions()) { try await $0.write(part: 1, .bytes([1, 2, 3])) }
    }
    #expect(error.code == .unavailable && error.mayHaveHappened)
    #expect(transport.requests.last?.label == "AbortMultipartUpload")
  }

  @Test func `a bulk delete gives each key its own outcome`() async throws {
    let transport = FakeTransport { _, _ in
      .init(
        body: Array("<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>".utf8))
    }
    let keys = try ["a", "b", "c"].map { try ObjectKey($0) }
    let outcomes = try await fakeStore(transport).delete(keys.map { DeleteTarget($0) })
    #expect(outcomes.map(\.key) == keys)
    #expect(outcomes.map { $0.error?.code } == [nil, .permissionDenied, nil])
    #expect(transport.requests.count == 1)
    #expect(transport.requests[0].headers["content-md5"] != nil)
  }

  @Test func `a secret is in no error and no description`() async throws {
    let transport = FakeTransport { _, _ in .init(status: 403, body: errorBody("SignatureDoesNotMatch")) }
    let error = try await #require(throws: StorageError.self) { try await fakeStore(transport).stat(try ObjectKey("a")) }
    #expect(!"\(error)".contains("wJalr"))
    #expect(!"\(S3Credentials(accessKeyID: "a", secretAccessKey: Secret("wJalr")))".contains("wJalr"))
  }
}
