import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

@testable import S3Storage

@Suite struct ListingTests {
  private func page(_ keys: [String], token: String? = nil) -> FakeTransport.Answer {
    let entries = keys.map {
      "<Contents><Key>\($0)</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>&quot;5d41402abc4b2a76b9719d911017c592&quot;</ETag><Size>5</Size><StorageClass>STANDARD</StorageClass></Contents>"
    }.joined()
    let more = token.map { "<IsTruncated>true</IsTruncated><NextContinuationToken>\($0)</NextContinuationToken>" } ?? ""
    return .init(
      body: Array(
        "<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType>\(entries)\(more)</ListBucketResult>".utf8))
  }

  private func all(_ store: S3Store, _ options: ListOptions = ListOptions()) async throws -> [ObjectEntry] {
    let listing = store.list(.all, options)
    var entries: [ObjectEntry] = []
    while let page = try await listing.next() { entries += page.entries }
    return entries
  }

  @Test func `an entry has what the listing says`() async throws {
    let page = page(["a%20b%2Bc"])
    let entries = try await all(try fakeStore(FakeTransport { _, _ in page }))
    let entry = try #require(entries.first)
    #expect(entry.key == (try ObjectKey("a b+c")))
    #expect(entry.size == 5)
    #expect(entry.version == ObjectVersion("5d41402abc4b2a76b9719d911017c592"))
    #expect(entry.hash?.method == .md5)
    #expect(entry.stored == Timestamp(seconds: 1_767_323_045, nanoseconds: 678_000_000))
    #expect(entry.storageClass?.name == "STANDARD")
  }

  @Test func `keys out of order, a token that comes again, and what is no listing are errors`() async throws {
    let disordered = page(["b", "a"])
    let looping = [page(["a"], token: "t"), page(["b"], token: "t"), page(["c"], token: "t")]
    let scripts: [@Sendable (Int) -> FakeTransport.Answer] = [
      { _ in disordered }, { looping[min($0, 2)] }, { _ in .init(body: Array("<html/>".utf8)) },
    ]
    for script in scripts {
      let error = try await #require(throws: StorageError.self) {
        try await all(try fakeStore(FakeTransport { _, index in script(index) }))
      }
      #expect(error.code == .corrupted)
    }
  }

  @Test func `a page that ends in a pruned folder is followed by what lies behind the folder`() async throws {
    let (first, second) = (page(["a", "skip/1"], token: "t"), page(["z"]))
    let transport = FakeTransport { _, index in index == 0 ? first : second }
    let entries = try await all(try fakeStore(transport), ListOptions(prune: { $0.bytes == Array("skip/".utf8) }))
    #expect(entries.map { "\($0.key)" } == ["a", "skip/1", "z"])
    #expect(transport.requests[1].url.contains("start-after=skip%2F%F4%8F%BF%BD"))
    #expect(!transport.requests[1].url.contains("continuation-token"))
  }

  @Test func `names that cannot be keys are problems, the prefix is cut off, its own marker is passed over`() async throws {
    let page = page(["in/", "in/a", "in/b//c"])
    var configuration = S3Configuration(bucket: BucketName("photos")!, prefix: "/in/", region: "eu-west-1")
    configuration.anonymous = true
    let prefixed = try S3Store(
      configuration, transport: FakeTransport { _, _ in page },
      credentials: CredentialsProvider(S3Credentials(accessKeyID: "", secretAccessKey: Secret(""))))
    let result = try #require(try await prefixed.list(.all, ListOptions()).next())
    #expect(result.entries.map { "\($0.key)" } == ["a"])
    #expect(result.problems.count == 1)
  }

  @Test func `a page that XML could not carry is asked for again, encoded`() async throws {
    let encoded = page(["a%01b"])
    let transport = FakeTransport { request, _ in
      request.url.contains("encoding-type=url") ? encoded : .init(body: Array("<ListBucketResult><Contents><Key>a&#1;b".utf8))
    }
    let entries = try await all(try fakeStore(transport, endpoint: "http://127.0.0.1:9"))
    #expect(entries.map(\.key.bytes) == [[0x61, 1, 0x62]])
    #expect(transport.requests.count == 2)
  }

  @Test func `spans between hints give the listing once and in order`() async throws {
    let transport = FakeTransport { request, _ in
      let names = (0..<26).map { String(UnicodeScalar(UInt8(0x61 + $0))) }
      let after = request.url.split(separator: "&").first { $0.hasPrefix("start-after=") }.map { String($0.dropFirst(12)) } ?? ""
      let rest = names.filter { $0 > after }.prefix(5)
      return self.page(Array(rest), token: rest.last == "z" || rest.isEmpty ? nil : "")
    }
    let hints = try ["f", "f", "k", "t"].map { try ObjectKey($0) }
    let entries = try await all(try fakeStore(transport), ListOptions(splitHints: hints))
    #expect(entries.map { "\($0.key)" }.joined() == "abcdefghijklmnopqrstuvwxyz")
  }
}
