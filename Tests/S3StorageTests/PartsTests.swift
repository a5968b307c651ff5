import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

@testable import S3Storage

@Suite struct PartsTests {
  /// 54 MiB in parts of 9 MiB, and a shorter part behind them.
  private func largeStore(_ transport: FakeTransport) throws -> S3Store {
    try fakeStore(transport) {
      $0.checksum = .md5
      $0.partSize = 9 << 20
      $0.multipartThreshold = 10 << 20
    }
  }

  private let large: [UInt8] = {
    // Blocks of a length that no part's is a multiple of: all parts differ.
    let block = [UInt8](0...250)
    var bytes: [UInt8] = []
    for _ in 0..<(54 << 20) / block.count + 5 { bytes += block }
    return bytes
  }()

  @Test func `parts that were hashed together carry the right MD5 each`() async throws {
    let lengths = Lock<[Int64]>([])
    let transport = FakeTransport { request, _ in
      if request.url.hasSuffix("uploads=") { return FakeTransport.Answer(body: Array("<R><UploadId>u</UploadId></R>".utf8)) }
      guard request.method == .put, let body = request.body else {
        return FakeTransport.Answer(body: Array("<R><ETag>\"t\"</ETag></R>".utf8))
      }
      let digests = try hash(body)
      #expect(request.headers["content-md5"] == digests[.md5].map { Base64.encode($0) })
      lengths.withLock { $0.append(digests.byteCount) }
      return FakeTransport.Answer(headers: [("etag", "\"\(lengths.withLock { $0.count })\"")])
    }
    let receipt = try await largeStore(transport).write(.bytes(large), to: try ObjectKey("a"), WriteOptions())
    // The hash over the parts' own, as it is where each is hashed by itself.
    let size = 9 << 20
    var own: [UInt8] = []
    var expected: [Int64] = []
    for start in stride(from: 0, to: large.count, by: size) {
      let part = large[start..<min(start + size, large.count)]
      own += SHA256.hash(Array(part))
      expected.append(Int64(part.count))
    }
    #expect(lengths.withLock { $0.sorted() } == expected.sorted())
    #expect(expected.count == 7)
    #expect(receipt.hash == ContentHash(.sha256OfParts(partSize: Int64(size)), SHA256.hash(own)))
  }

  @Test func `a file that changes after its parts were hashed together is not stored`() async throws {
    let made = Lock(0)
    let payload = Payload(length: Int64(large.count), isAtHand: true) { [large] range in
      var bytes = Array(large[Int(range.lowerBound)..<Int(range.upperBound)])
      // The first six sources are those that are hashed.
      if made.withLock({ made in
        made += 1
        return made > 6
      }) {
        bytes[bytes.count / 2] ^= 1
      }
      return MemorySource(bytes[...])
    }
    let transport = FakeTransport { request, _ in
      if request.url.hasSuffix("uploads=") { return FakeTransport.Answer(body: Array("<R><UploadId>u</UploadId></R>".utf8)) }
      if let body = request.body { _ = try hash(body) }
      return FakeTransport.Answer(headers: [("etag", "\"t\"")])
    }
    await #expect { _ = try await largeStore(transport).write(payload, to: try ObjectKey("a"), WriteOptions()) } throws: { error in
      (error as? StorageError)?.code == .sourceChanged
    }
    #expect(transport.requests.contains { $0.method == .delete })
    #expect(!transport.requests.contains { $0.label == "CompleteMultipartUpload" })
  }

  @Test func `no more parts are sent at once than allowed, however many are hashed ahead`() async throws {
    let transport = CountingTransport(
      FakeTransport { request, _ in
        if request.url.hasSuffix("uploads=") { return FakeTransport.Answer(body: Array("<R><UploadId>u</UploadId></R>".utf8)) }
        return FakeTransport.Answer(headers: [("etag", "\"t\"")], body: Array("<R><ETag>\"t\"</ETag></R>".utf8))
      })
    let store = try fakeStore(transport) {
      $0.checksum = .md5
      $0.partSize = 9 << 20
      $0.multipartThreshold = 10 << 20
      $0.uploadConcurrency = 1
    }
    _ = try await store.write(.bytes(large), to: try ObjectKey("a"), WriteOptions())
    #expect(transport.most == 1)
  }

  @Test func `metadata is written as rclone writes it and comes back`() throws {
    let metadata = ObjectMetadata(
      modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789), mode: 0o644, contentType: "text/plain",
      user: ["note": "grün", "plain": "x y"])
    let headers = try MetadataHeaders.headers(for: metadata, key: try ObjectKey("a"))
    #expect(headers.contains { $0 == ("x-amz-meta-mtime", "1700000000.123456789") })
    #expect(headers.contains { $0 == ("x-amz-meta-mode", "100644") })
    #expect(headers.contains { $0 == ("x-amz-meta-note", "=?UTF-8?B?Z3LDvG4=?=") })
    #expect(MetadataHeaders.metadata(from: headers.map { (name: $0.name.uppercased(), value: $0.value) }) == metadata)
    #expect(throws: InvalidMetadata.self) {
      try MetadataHeaders.headers(for: ObjectMetadata(user: ["a": "x\r\ny: z"]), key: try ObjectKey("a"))
    }
  }

  @Test func `an encoded word in either spelling is read`() {
    #expect(EncodedWord.decode("=?UTF-8?Q?gr=C3=BCn_gut?=") == "grün gut")
    #expect(EncodedWord.decode("=?utf-8?b?Z3LDvG4=?=") == "grün")
    #expect(EncodedWord.decode("=?not") == "=?not")
  }

  @Test func `addresses follow from endpoint, bucket and options`() throws {
    func origin(_ bucket: String, endpoint: String? = nil, _ change: (inout S3Configuration) -> Void = { _ in }) throws -> String {
      var configuration = S3Configuration(bucket: BucketName(bucket)!, endpoint: endpoint.flatMap { HTTPEndpoint(parsing: $0) })
      change(&configuration)
      let address = try #require(S3Address(configuration, region: "eu-west-1"))
      return address.origin + address.path(Array("k y".utf8))
    }
    #expect(try origin("photos") == "https://photos.s3.eu-west-1.amazonaws.com/k%20y")
    #expect(try origin("my.photos") == "https://s3.eu-west-1.amazonaws.com/my.photos/k%20y")
    #expect(try origin("photos", endpoint: "http://127.0.0.1:9000") == "http://127.0.0.1:9000/photos/k%20y")
    #expect(
      try origin("photos", endpoint: "https://s3.example.com", { $0.addressing = .virtualHost })
        == "https://photos.s3.example.com/k%20y")
    #expect(
      try origin("photos", { $0.aws = .init(dualStack: true, fips: true) })
        == "https://photos.s3-fips.dualstack.eu-west-1.amazonaws.com/k%20y")
  }
}

/// Takes its time for each request with a body, and knows how many of them there were at once.
private final class CountingTransport: HTTPTransport {
  private let base: FakeTransport
  private let running = Lock((now: 0, most: 0))

  init(_ base: FakeTransport) { self.base = base }

  var most: Int { running.withLock { $0.most } }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    guard request.method == .put else { return try await base.send(request, into: sink) }
    running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
    defer { running.withLock { $0.now -= 1 } }
    try await Task.sleep(for: .milliseconds(20))
    return try await base.send(request, into: sink)
  }

  func close() async {}
}

/// Reads a body to its end.
private func hash(_ body: HTTPBody) throws -> Digests {
  let source = try body.makeSource()
  let hashes = HashStream([.md5])
  try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
    while case .bytes(let count) = try source.read(into: buffer) {
      hashes.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
  return hashes.finish()
}
