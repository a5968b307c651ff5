import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

@testable import S3Storage

/// What happens around large objects when answers are lost, late or refused.
@Suite struct LargeObjectTests {
  private static let uploadID = Array("<R><UploadId>u</UploadId></R>".utf8)

  /// An object of 6 GiB, in this version.
  private static func head(_ tag: String, size: Int64 = 6 << 30) -> FakeTransport.Answer {
    FakeTransport.Answer(headers: [("etag", "\"\(tag)\""), ("content-length", "\(size)")])
  }

  private func tag(_ text: String) -> FakeTransport.Answer {
    FakeTransport.Answer(headers: [("etag", "\"\(text)\"")], body: Array("<R><ETag>\"\(text)\"</ETag></R>".utf8))
  }

  /// Small parts of a service of which only this is known.
  private func store(_ transport: any HTTPTransport, _ traits: S3Traits, records: (any S3UploadRecords)? = nil) throws -> S3Store {
    var configuration = S3Configuration(
      bucket: BucketName("photos")!, endpoint: HTTPEndpoint(parsing: "http://127.0.0.1:1"), region: "us-east-1")
    configuration.partSize = 5 << 20
    configuration.multipartThreshold = 6 << 20
    configuration.uploadConcurrency = 1
    let keys = S3Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("secret"))
    return try S3Store(
      configuration, transport: transport, credentials: CredentialsProvider(keys), probeCache: KnownTraits(traits), uploads: records
    )
  }

  private let content = [UInt8](repeating: 7, count: 12 << 20)

  private var traits: S3Traits {
    var traits = S3Traits.modest
    traits.completeTagIsFinal = true
    return traits
  }

  @Test func `new metadata of an object that is too large for one copy replaces only the version that was seen`() async throws {
    let transport = FakeTransport { request, _ in
      switch request.label {
      case "HeadObject": Self.head("v1")
      case "CreateMultipartUpload": FakeTransport.Answer(body: Self.uploadID)
      default: FakeTransport.Answer(body: Array("<R><ETag>\"t\"</ETag></R>".utf8))
      }
    }
    _ = try await fakeStore(transport).updateMetadata(
      ObjectMetadata(modified: Timestamp(seconds: 1)), of: try ObjectKey("a"), ifMatches: nil)
    let complete = try #require(transport.requests.first { $0.label == "CompleteMultipartUpload" })
    #expect(complete.headers["if-match"] == "\"v1\"")
  }

  @Test func `where a copy takes no condition its large source is looked at before and after, not for each part`() async throws {
    let looks = Lock(0)
    let transport = FakeTransport { [self] request, _ in
      switch request.label {
      case "HeadObject" where request.url.hasSuffix("/a"):
        // Somebody replaces it while it is copied.
        return Self.head(
          looks.withLock { looks in
            looks += 1
            return looks
          } == 1 ? "v1" : "v2")
      case "HeadObject": return FakeTransport.Answer(status: 404)
      case "CreateMultipartUpload": return FakeTransport.Answer(body: Self.uploadID)
      default: return tag("t")
      }
    }
    let error = try await #require(throws: StorageError.self) {
      _ = try await store(transport, traits).copy(try ObjectKey("a"), to: try ObjectKey("b"), CopyOptions())
    }
    #expect(error.code == .preconditionFailed)
    #expect(!transport.requests.contains { $0.label == "CompleteMultipartUpload" })
    #expect(looks.withLock { $0 } == 2)
  }

  @Test func `a part that meets a passing fault is sent again by itself`() async throws {
    let parts = Lock(0)
    let transport = FakeTransport { [self] request, _ in
      switch request.label {
      case "CreateMultipartUpload": return FakeTransport.Answer(body: Self.uploadID)
      case "UploadPart":
        let number = parts.withLock { parts in
          parts += 1
          return parts
        }
        // Each second one: no single budget of five would be enough for a long object.
        return number % 2 == 1 ? FakeTransport.Answer(status: 503, body: errorBody("SlowDown")) : tag("t\(number)")
      default: return tag("whole-3")
      }
    }
    _ = try await store(transport, traits).write(.bytes(content), to: try ObjectKey("a"), WriteOptions())
    #expect(parts.withLock { $0 } == 6)
    #expect(transport.requests.filter { $0.label == "CreateMultipartUpload" }.count == 1)
  }

  @Test func `a part that is refused for good is not sent again`() async throws {
    let transport = FakeTransport { [self] request, _ in
      switch request.label {
      case "CreateMultipartUpload": return FakeTransport.Answer(body: Self.uploadID)
      case "UploadPart": return FakeTransport.Answer(status: 403, body: errorBody("AccessDenied"))
      default: return tag("t")
      }
    }
    await #expect(throws: StorageError.self) {
      _ = try await store(transport, traits).write(.bytes(content), to: try ObjectKey("a"), WriteOptions())
    }
    #expect(transport.requests.filter { $0.label == "UploadPart" }.count == 1)
    #expect(transport.requests.contains { $0.label == "AbortMultipartUpload" })
  }

  @Test(arguments: [(403, "AccessDenied"), (501, "NotImplemented"), (400, "InvalidArgument")])
  func `an upload whose parts may not be listed is thrown away, not forgotten`(_ refusal: (status: Int, code: String)) async throws
  {
    let records = OneRecord()
    let transport = FakeTransport { [self] request, _ in
      switch request.label {
      case "CreateMultipartUpload": return FakeTransport.Answer(body: Self.uploadID)
      case "ListParts": return FakeTransport.Answer(status: refusal.status, body: errorBody(refusal.code))
      default: return tag("t")
      }
    }
    let payload = Payload(length: Int64(content.count), isAtHand: true, contentID: [1]) { [content] in
      MemorySource(content[Int($0.lowerBound)..<Int($0.upperBound)])
    }
    _ = try await store(transport, traits, records: records).write(payload, to: try ObjectKey("a"), WriteOptions())
    let aborted = transport.requests.filter { $0.label == "AbortMultipartUpload" }
    #expect(aborted.count == 1)
    #expect(aborted.first?.url.contains("uploadId=old") == true)
    #expect(records.isGone)
  }

  @Test func `what the service does by itself may take its time`() async throws {
    let transport = FakeTransport { [self] request, _ in
      switch request.label {
      case "HeadObject": Self.head("v1", size: 12 << 20)
      case "CreateMultipartUpload": FakeTransport.Answer(body: Self.uploadID)
      default: tag("t")
      }
    }
    let store = try store(transport, traits)
    _ = try await store.write(.bytes(content), to: try ObjectKey("a"), WriteOptions())
    _ = try await store.copy(try ObjectKey("a"), to: try ObjectKey("b"), CopyOptions())
    let upload = try await store.startMultipart(try ObjectKey("c"), WriteOptions())
    _ = try await upload.copy(part: 1, from: try ObjectKey("a"), range: 0..<(5 << 20), ifMatches: nil)
    for request in transport.requests {
      let isLong = ["CopyObject", "UploadPartCopy", "CompleteMultipartUpload"].contains(request.label)
      #expect(request.patience.firstByte == (isLong ? .seconds(900) : .seconds(60)), "\(request.label)")
    }
  }

  @Test(arguments: [S3Configuration.ChecksumPolicy.sha256, .crc32c, .crc64nvme])
  func `an upload that was begun with a checksum is completed with that of each part`(
    _ policy: S3Configuration.ChecksumPolicy
  ) async throws {
    let sent = Lock<[String]>([])
    let name = ["sha256": "ChecksumSHA256", "crc32c": "ChecksumCRC32C", "crc64nvme": "ChecksumCRC64NVME"]
    let transport = FakeTransport { [self] request, _ in
      switch request.label {
      case "CreateMultipartUpload": return FakeTransport.Answer(body: Self.uploadID)
      case "UploadPart":
        for algorithm in name.keys {
          if let value = request.headers["x-amz-checksum-\(algorithm)"] {
            sent.withLock { $0.append("<\(name[algorithm]!)>\(value)</\(name[algorithm]!)>") }
          }
        }
        return tag("t")
      default: return tag("t")
      }
    }
    // Of this service it is not known that it keeps a checksum of the whole.
    var configuration = S3Configuration(
      bucket: BucketName("photos")!, endpoint: HTTPEndpoint(parsing: "http://127.0.0.1:1"), region: "us-east-1")
    (configuration.partSize, configuration.multipartThreshold, configuration.uploadConcurrency) = (5 << 20, 6 << 20, 1)
    configuration.checksum = policy
    let keys = S3Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("secret"))
    let store = try S3Store(
      configuration, transport: transport, credentials: CredentialsProvider(keys), probeCache: KnownTraits(traits))
    _ = try await store.write(.bytes(content), to: try ObjectKey("a"), WriteOptions())
    #expect(sent.withLock { $0.count } == 3)
    let complete = try #require(transport.requests.first { $0.label == "CompleteMultipartUpload" })
    let text = String(decoding: try bytes(of: complete), as: UTF8.self)
    for element in sent.withLock({ $0 }) { #expect(text.contains(element)) }
    #expect(transport.requests.first { $0.label == "CreateMultipartUpload" }?.headers["x-amz-checksum-algorithm"] != nil)
  }

  @Test func `a source that comes over a network is fetched once, and what moves is counted when it is sent`() async throws {
    let large = [UInt8](repeating: 3, count: 28 << 20)
    for isAtHand in [false, true] {
      let (made, counted) = (Lock(0), Lock(0))
      let transport = FakeTransport { [self] request, _ in
        if request.label == "CreateMultipartUpload" { return FakeTransport.Answer(body: Self.uploadID) }
        return tag("t")
      }
      let payload = Payload(length: Int64(large.count), isAtHand: isAtHand) { range in
        made.withLock { $0 += 1 }
        return MemorySource(large[Int(range.lowerBound)..<Int(range.upperBound)])
      }
      let store = try fakeStore(transport) {
        ($0.partSize, $0.multipartThreshold, $0.uploadConcurrency) = (9 << 20, 10 << 20, 1)
        $0.checksum = .md5
      }
      let watched = payload.mapSource { Counted($0) { count in counted.withLock { $0 += count } } }
      _ = try await store.write(watched, to: try ObjectKey("a"), WriteOptions())
      #expect(counted.withLock { $0 } == large.count)
      #expect(made.withLock { $0 } == (isAtHand ? 7 : 4))
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a listing of parts that goes around in a circle ends`() async throws {
    let transport = FakeTransport { request, index in
      let next = index % 2 == 0 ? 2 : 1
      return FakeTransport.Answer(
        body: Array("<R><IsTruncated>true</IsTruncated><NextPartNumberMarker>\(next)</NextPartNumberMarker></R>".utf8))
    }
    _ = try await store(transport, traits).listParts(of: try ObjectKey("a"), uploadID: "u")
    #expect(transport.requests.count == 2)
  }

  @Test func `a source that was read in ranges is compared with its store's checksum of the whole`() async throws {
    let stream = HashStream([.crc32c, .crc64nvme])
    content.withUnsafeBytes { stream.update($0) }
    let digests = stream.finish()
    for (method, algorithm) in [(ContentHash.Method.crc32c, HashAlgorithm.crc32c), (.crc64nvme, .crc64nvme)] {
      for isRight in [true, false] {
        let transport = FakeTransport { [self] request, _ in
          request.label == "CreateMultipartUpload" ? FakeTransport.Answer(body: Self.uploadID) : tag("t")
        }
        var known = try #require(digests[algorithm])
        if !isRight { known[0] ^= 1 }
        let payload = Payload(length: Int64(content.count), hashes: [ContentHash(method, known)]) { [content] in
          MemorySource(content[Int($0.lowerBound)..<Int($0.upperBound)])
        }
        let store = try store(transport, traits)
        if isRight {
          _ = try await store.write(payload.mapSource { $0 }, to: try ObjectKey("a"), WriteOptions())
        } else {
          let error = try await #require(throws: StorageError.self) {
            _ = try await store.write(payload.mapSource { $0 }, to: try ObjectKey("a"), WriteOptions())
          }
          #expect(error.code == .corrupted)
        }
        #expect(transport.requests.contains { $0.label == "CompleteMultipartUpload" } == isRight)
        #expect(transport.requests.contains { $0.label == "AbortMultipartUpload" } == !isRight)
      }
    }
  }

  @Test func `what is said to those who fetch an object over HTTP stays with new metadata and goes along with a copy`() async throws
  {
    let said = [
      ("content-encoding", "gzip"), ("cache-control", "max-age=60"), ("content-disposition", "attachment"),
      ("content-language", "de"),
    ]
    let transport = FakeTransport { [self] request, _ in
      guard request.label == "HeadObject" else { return tag("t") }
      return FakeTransport.Answer(headers: [("etag", "\"v1\""), ("content-length", "5")] + said)
    }
    let store = try store(transport, traits)
    _ = try await store.updateMetadata(ObjectMetadata(modified: Timestamp(seconds: 1)), of: try ObjectKey("a"), ifMatches: nil)
    _ = try await store.copy(try ObjectKey("a"), to: try ObjectKey("b"), CopyOptions())
    let info = try await store.stat(try ObjectKey("a"))
    _ = try await store.write(
      .bytes([1]), to: try ObjectKey("c"), WriteOptions(metadata: ObjectMetadata(headers: info.headers)))
    let written = transport.requests.filter { $0.method == .put }
    #expect(written.count == 3)
    for request in written { for (name, value) in said { #expect(request.headers[name] == value, "\(request.label) \(name)") } }
  }

  // MARK: Whose object it is

  /// The tag of 12 MiB in parts of 5 MiB.
  private func wholeTag() -> String {
    var all: [UInt8] = []
    for start in stride(from: 0, to: content.count, by: 5 << 20) {
      all += HashStream.md5(content[start..<min(start + 5 << 20, content.count)])
    }
    return Hex.encode(HashStream.md5(all[...])) + "-3"
  }

  private func transport(_ complete: FakeTransport.Answer, then head: FakeTransport.Answer, breaks: Bool = false) -> FakeTransport {
    FakeTransport { request, _ in
      switch request.label {
      case "CreateMultipartUpload": return FakeTransport.Answer(body: Self.uploadID)
      case "UploadPart":
        return FakeTransport.Answer(headers: [("etag", "\"\(Hex.encode(HashStream.md5(try bytes(of: request)[...])))\"")])
      case "CompleteMultipartUpload":
        if breaks { throw HTTPError(.connectionReset, "lost", host: "h:1", requestMayHaveBeenSent: true) }
        return complete
      default: return head
      }
    }
  }

  @Test func `an upload that is gone although nobody heard of its end was completed, if the object is what was sent`() async throws
  {
    let gone = FakeTransport.Answer(status: 404, body: errorBody("NoSuchUpload"))
    let mine = transport(gone, then: Self.head(wholeTag(), size: Int64(content.count)))
    let receipt = try await store(mine, traits).write(.bytes(content), to: try ObjectKey("a"), WriteOptions())
    #expect(receipt.version == ObjectVersion(Array(wholeTag().utf8)))
    // A lost answer, the same.
    let lost = transport(gone, then: Self.head(wholeTag(), size: Int64(content.count)), breaks: true)
    let settled = try await store(lost, traits).write(.bytes(content), to: try ObjectKey("a"), WriteOptions())
    #expect(settled.version == receipt.version)
    #expect(lost.requests.filter { $0.label == "CompleteMultipartUpload" }.count == 1)
    #expect(!lost.requests.contains { $0.label == "AbortMultipartUpload" })
    // Somebody else's object is not ours.
    let theirs = transport(gone, then: Self.head("0123456789abcdef0123456789abcdef-3", size: Int64(content.count)))
    await #expect(throws: StorageError.self) {
      _ = try await store(theirs, traits).write(.bytes(content), to: try ObjectKey("a"), WriteOptions())
    }
  }

  @Test func `a version that must be looked up is that of what was sent`() async throws {
    var traits = traits
    traits.completeTagIsFinal = false
    let done = tag("something")
    let mine = transport(done, then: Self.head(wholeTag(), size: Int64(content.count)))
    let receipt = try await store(mine, traits).write(.bytes(content), to: try ObjectKey("a"), WriteOptions())
    #expect(receipt.version == ObjectVersion(Array(wholeTag().utf8)))
    // Somebody wrote between our answer and our look.
    for (tag, size) in [("0123456789abcdef0123456789abcdef", content.count), (wholeTag(), content.count - 1)] {
      let theirs = transport(done, then: Self.head(tag, size: Int64(size)))
      let error = try await #require(throws: StorageError.self) {
        _ = try await store(theirs, traits).write(
          .bytes(content), to: try ObjectKey("a"), WriteOptions(metadata: ObjectMetadata(modified: Timestamp(seconds: 1))))
      }
      #expect(error.code == .preconditionFailed)
    }
  }
}

/// Everything in a request's body.
private func bytes(of request: HTTPRequest) throws -> [UInt8] {
  guard let source = try request.body?.makeSource() else { return [] }
  var bytes: [UInt8] = []
  try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
    while case .bytes(let count) = try source.read(into: buffer) { bytes += buffer[..<count] }
  }
  return bytes
}

/// Tells of the bytes that pass.
private final class Counted: ByteSource, @unchecked Sendable {
  private let base: any ByteSource
  private let count: @Sendable (Int) -> Void

  init(_ base: any ByteSource, _ count: @escaping @Sendable (Int) -> Void) { (self.base, self.count) = (base, count) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    let result = try base.read(into: buffer)
    if case .bytes(let count) = result { self.count(count) }
    return result
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }
}

extension HashStream {
  fileprivate static func md5(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    let stream = HashStream([.md5])
    bytes.withUnsafeBytes { stream.update($0) }
    return stream.finish()[.md5] ?? []
  }
}

/// Knows a service without asking it.
private struct KnownTraits: S3ProbeCache {
  let traits: S3Traits
  init(_ traits: S3Traits) { self.traits = traits }
  func load(_ place: String) async -> [UInt8]? { traits.json }
  func save(_ bytes: [UInt8], for place: String) async {}
}

/// One upload that an earlier process left.
private final class OneRecord: S3UploadRecords {
  private final class Note: S3UploadNote {
    let records: OneRecord
    init(_ records: OneRecord) { self.records = records }
    func remove() { records.state.withLock { $0 = .gone } }
    func letGo() { records.state.withLock { $0 = .free } }
  }

  private enum State { case free, held, gone }
  private let state = Lock(State.free)
  var isGone: Bool { state.withLock { $0 == .gone } }

  func note(_ key: ObjectKey, uploadID: String, content: [UInt8]?, at place: String) -> (any S3UploadNote)? { nil }

  func unfinished(_ key: ObjectKey, content: [UInt8], at place: String) -> (uploadID: String, note: any S3UploadNote)? {
    take() ? ("old", Note(self)) : nil
  }

  func abandoned(at place: String, of key: ObjectKey?) -> [S3AbandonedUpload] {
    guard take(), let key else { return [] }
    return [S3AbandonedUpload(UnfinishedUpload(key: key, uploadID: "old", begun: nil), canGoOn: true, note: Note(self))]
  }

  private func take() -> Bool {
    state.withLock { state in
      guard state == .free else { return false }
      state = .held
      return true
    }
  }
}
