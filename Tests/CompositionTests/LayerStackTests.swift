import GCSStorage
import HTTPClient
import HTTPMessages
import MemoryStorage
import ObjectStorage
import Primitives
import S3Storage
import StoreLayers
import Testing

@testable import Composition

@Suite struct LayerStackTests {
  private let key = try! ObjectKey("a")

  private func stack(_ limits: Limits) -> LayerStack { LayerStack(runtime: Runtime(limits: limits), name: "test") }

  @Test func `a failed attempt is tried again by retry and counted by metering`() async throws {
    let memory = bucket("order")
    try await memory.put("a", "content")
    let faulty = FaultyStore(memory, [Fault(.read, .failBefore(.unavailable)), Fault(.stat, .failAfter(.throttled))])
    let meter = RequestMeter(store: "test")
    let store = stack(Limits(retryDelay: .milliseconds(1))).around(remote: faulty, meter: meter)
    #expect(try await store.text("a") == "content")
    #expect(try await store.stat(key).entry.size == 7)
    #expect(faulty.unfired.isEmpty)
    #expect(meter.snapshot[.get] == 2)
    #expect(meter.snapshot[.head] == 2)
    #expect(meter.snapshot.errors == [.unavailable: 1, .throttled: 1])
  }

  @Test func `each attempt has a deadline of its own`() async throws {
    let memory = bucket("deadline")
    try await memory.put("a", "content")
    let faulty = FaultyStore(memory, [Fault(.stat, .delay(.seconds(60)))])
    let store = stack(Limits(retryDelay: .milliseconds(1), attemptTimeout: .milliseconds(100))).around(remote: faulty, meter: nil)
    #expect(try await store.stat(key).entry.size == 7)
    #expect(faulty.calls(.stat) == 2)
  }

  @Test func `a store that is down is left alone after a few calls, whatever the retries`() async throws {
    let faulty = FaultyStore(bucket("down"), random: RandomFaults(seed: 1, failBefore: 1000, failAfter: 0, breakBody: 0))
    let meter = RequestMeter(store: "test")
    let store = stack(Limits(attempts: 2, retryDelay: .milliseconds(1))).around(remote: faulty, meter: meter)
    for _ in 0..<5 { #expect(await error { try await store.stat(key) } != nil) }
    #expect(meter.snapshot[.head] == 10)
    let last = await error { try await store.stat(key) } as? StorageError
    #expect(last?.code == .unavailable)
    #expect(meter.snapshot[.head] == 10)
  }

  @Test func `what a read-only store refuses sends no request`() async throws {
    let meter = RequestMeter(store: "test")
    let stack = stack(Limits())
    let store = try stack.around(view: stack.around(remote: bucket("ro"), meter: meter), subfolder: nil, isReadOnly: true)
    let refused = await error { try await store.put("a", "b") } as? StorageError
    #expect(refused?.code == .permissionDenied)
    #expect(meter.snapshot.total == 0)
  }

  @Test func `a subfolder is a store of its own`() async throws {
    let memory = bucket("sub")
    let store = try stack(Limits()).around(view: memory, subfolder: ObjectKey("in/"), isReadOnly: false)
    try await store.put("a", "content")
    #expect(try await memory.text("in/a") == "content")
  }

  @Test func `every attempt at an S3 service is counted on the wire`() async throws {
    let meter = RequestMeter(store: "test")
    let transport = FlakyTransport()
    var configuration = S3Configuration(bucket: BucketName("b")!, endpoint: HTTPEndpoint(parsing: "http://localhost:1"))
    configuration.anonymous = true
    let s3 = try S3Store(
      configuration, transport: WireCounter(transport, meter: meter, classify: S3Store.requestClass),
      credentials: CredentialsProvider(S3Credentials(accessKeyID: "k", secretAccessKey: Secret("s"))))
    let store = stack(Limits(retryDelay: .milliseconds(1))).around(remote: s3, meter: nil)
    #expect(try await store.stat(key).entry.size == 7)
    #expect(meter.snapshot[.head] == 2)
    #expect(meter.snapshot.total == 2)
    #expect(meter.snapshot.errors == [.throttled: 1])
  }

  @Test(arguments: [
    ("objects.list", RequestClass.list), ("objects.get media", .get), ("objects.insert chunk", .put), ("objects.rewrite", .copy),
    ("objects.delete batch", .delete), ("ListObjectsV2", .list), ("HeadObject", .head), ("GetObject", .get), ("UploadPart", .put),
    ("CompleteMultipartUpload", .put), ("CopyObject", .copy), ("DeleteObjects", .delete), ("HeadBucket", .other),
  ])
  func `a request is counted in its class`(label: String, requestClass: RequestClass) {
    let found = S3Store.requestClass(of: label)
    #expect((found == .other ? GCSStore.requestClass(of: label) : found) == requestClass)
  }
}

/// A service that is too busy for the first request and knows one object.
private final class FlakyTransport: HTTPTransport {
  private let count = Counter()

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    if count.next() == 1 { return HTTPResponse(status: 503) }
    return HTTPResponse(
      status: 200,
      headers: [
        "content-length": "7", "etag": "\"9a0364b9e99bb480dd25e1f0284c8555\"", "last-modified": "Wed, 12 Oct 2022 17:50:00 GMT",
      ])
  }

  func close() async {}
}
