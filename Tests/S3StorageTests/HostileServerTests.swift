import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import SyncTesting
import Testing

@testable import S3Storage

/// A server that lies: about lengths, versions, hashes, places, or about being a server at all. Real bytes over a real connection.
@Suite struct HostileServerTests {
  /// What becomes of a read of `f` if every request is answered by these bytes.
  private func read(_ answer: @escaping @Sendable (Connection) -> Void) async throws -> [UInt8] {
    try await against(answer) { try await $0.readBytes(ObjectKey("f"), limit: 1 << 20) }
  }

  private func against<Result>(
    _ answer: @escaping @Sendable (Connection) -> Void, _ body: (S3Store) async throws -> Result
  ) async throws -> Result {
    let server = RawServer { connection in
      while connection.readHead() != nil {
        answer(connection)
        return
      }
    }
    defer { server.stop() }
    return try await body(store(server))
  }

  private func store(_ server: RawServer, prefix: String = "") throws -> S3Store {
    let configuration = S3Configuration(
      bucket: BucketName("photos")!, prefix: prefix, endpoint: HTTPEndpoint(parsing: server.url("")), region: "us-east-1")
    let credentials = S3Credentials(accessKeyID: "KEYID", secretAccessKey: Secret("secret"), sessionToken: Secret("token"))
    return try S3Store(configuration, transport: TestServer.transport, credentials: CredentialsProvider(credentials))
  }

  private static let md5 = "5d41402abc4b2a76b9719d911017c592"

  // MARK: Bodies

  static let lies: [(name: String, head: String, body: String)] = [
    ("shorter than said", "Content-Length: 50", "hello"), ("no length", "X: y", "hello"),
    ("a length below zero", "Content-Length: -5", "hello"),
    ("a length beyond every number", "Content-Length: 99999999999999999999", "hello"),
    ("a length that is none", "Content-Length: five", "hello"),
    ("another MD5", "Content-Length: 5\r\nETag: \"00000000000000000000000000000000\"", "hello"),
    ("another CRC", "Content-Length: 5\r\nETag: \"x\"\r\nx-amz-checksum-crc32c: AAAAAA==", "hello"),
    ("another SHA-256", "Content-Length: 5\r\nx-amz-checksum-sha256: \(Base64.encode(SHA256.hash(Array("other".utf8))))", "hello"),
    ("a range that was not asked for", "Content-Length: 2\r\nContent-Range: bytes 1-2/5", "el"),
    ("chunks of which one is too large", "Transfer-Encoding: chunked", "FFFFFFFFFFFFFFFFFF\r\nhello"),
    ("chunks that break off", "Transfer-Encoding: chunked", "5\r\nhel"),
    ("a chunk that is no number", "Transfer-Encoding: chunked", "-5\r\nhello"),
    ("a head that breaks off", "Content-Length: 5\r\nETag: \"", ""),
  ]

  @Test(.timeLimit(.minutes(2)), arguments: lies.indices) func `a body with a lie in it is an error`(_ index: Int) async throws {
    let lie = Self.lies[index]
    let error = try await #require(throws: StorageError.self, "\(lie.name)") {
      let bytes = try await read { $0.send("HTTP/1.1 200 OK\r\n\(lie.head)\r\n\(lie.body.isEmpty ? "" : "\r\n")\(lie.body)") }
      Issue.record("\(lie.name): read \(bytes.count) bytes")
    }
    #expect([.corrupted, .unavailable].contains(error.code), "\(lie.name): \(error)")
    #expect(!error.description.contains("secret"))
  }

  @Test(.timeLimit(.minutes(2))) func `a body that goes on for ever ends where it was said to`() async throws {
    let bytes = try await read { connection in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"\(Self.md5)\"\r\n\r\nhello")
      while connection.send(String(repeating: "more", count: 4000)) {}
    }
    #expect(bytes == Array("hello".utf8))
  }

  @Test(.timeLimit(.minutes(2)), arguments: ["Transfer-Encoding: chunked", "Connection: close"])
  func `a body without a length and without an end is not taken`(_ header: String) async throws {
    let error = try await #require(throws: StorageError.self) {
      _ = try await read { connection in
        connection.send("HTTP/1.1 200 OK\r\nETag: \"\(Self.md5)\"\r\n\(header)\r\n\r\n")
        while connection.send("FF0\r\n" + String(repeating: "m", count: 0xFF0) + "\r\n") {}
      }
    }
    #expect(error.code == .corrupted)
  }

  @Test(.timeLimit(.minutes(2)), arguments: ["HTTP/1.1 503 No\r\n", "HTTP/1.1 200 OK\r\n"])
  func `an answer to a listing that does not end is cut off`(_ status: String) async throws {
    let isGood = status.contains("200")
    let error = try await #require(throws: StorageError.self) {
      try await against { connection in
        connection.send(status + "Transfer-Encoding: chunked\r\n\r\n")
        let filler = isGood ? "<a>" : "sorry"
        while connection.send("FF0\r\n" + String(String(repeating: filler, count: 0xFF0).prefix(0xFF0)) + "\r\n") {}
      } _: { store in
        let listing = store.list(.all, ListOptions())
        while try await listing.next() != nil {}
      }
    }
    #expect(isGood ? error.code == .corrupted : error.code == .unavailable || error.code == .throttled, "\(error)")
  }

  // MARK: Redirects

  @Test(
    .timeLimit(.minutes(2)), arguments: ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
  func `a redirect carries neither request nor credentials to another host`(_ status: String) async throws {
    let other = RawServer { connection in while connection.readHead() != nil { connection.answer("200 OK", "hello") } }
    defer { other.stop() }
    for location in [other.url("/f"), "//127.0.0.1:\(other.port)/f", "file:///etc/passwd", "/f\r\nX-Evil: yes"] {
      for region in ["", "x-amz-bucket-region: eu-west-1.evil.invalid/\r\n"] {
        let error = try await #require(throws: StorageError.self, "\(location)") {
          let bytes = try await read { connection in
            connection.answer(status, headers: "Location: \(location)\r\n\(region)")
          }
          Issue.record("\(location): read \(bytes.count) bytes")
        }
        #expect(!error.description.contains("root:"))
      }
    }
    #expect(other.connections == 0)
  }

  @Test func `a region that is no name of one leads nowhere`() async throws {
    for region in ["evil.invalid/", "x@evil.invalid", "a.b", "EU", "", "a b", "eu-west-1\u{0}"] {
      let transport = FakeTransport { _, _ in .init(status: 400, headers: [("x-amz-bucket-region", region)]) }
      await #expect(throws: StorageError.self) { try await fakeStore(transport).stat(try ObjectKey("a")) }
      #expect(transport.requests.allSatisfy { $0.url.hasPrefix("https://photos.s3.eu-west-1.amazonaws.com/") }, "\(region)")
    }
  }

  // MARK: Names and texts

  private func page(_ content: String) -> String { "<?xml version=\"1.0\"?><ListBucketResult>\(content)</ListBucketResult>" }

  private func entry(_ key: String, size: String = "5", tag: String = md5) -> String {
    "<Contents><Key>\(key)</Key><Size>\(size)</Size><ETag>&quot;\(tag)&quot;</ETag></Contents>"
  }

  private func list(_ documents: [String], _ options: ListOptions = ListOptions()) async throws -> (
    [ObjectEntry], [ListProblem], Int
  ) {
    let transport = FakeTransport { _, index in .init(body: Array(documents[min(index, documents.count - 1)].utf8)) }
    let listing = try fakeStore(transport).list(.all, options)
    var (entries, problems): ([ObjectEntry], [ListProblem]) = ([], [])
    while let page = try await listing.next() {
      entries += page.entries
      problems += page.problems
      try #require(transport.requests.count < 5000, "it does not end")
    }
    return (entries, problems, transport.requests.count)
  }

  @Test func `keys that lead out of a folder are problems, not keys`() async throws {
    let hostile = ["../x", "..", ".", "a/..", "a/../../x", "/etc/passwd", "a//b", "./x", "a/./b", "%00", "a%00b", "//", "/"]
      .sorted()
    let body = "<EncodingType>url</EncodingType>" + (hostile.map { entry($0) } + [entry("~good")]).joined()
    let (entries, problems, _) = try await list([page(body)])
    #expect(entries.map { "\($0.key)" } == ["~good"])
    #expect(problems.count == hostile.count)
  }

  @Test(arguments: ["a\\b", "C:x", "con", "a\u{202E}b", "-rf", "~", "$(x)", "a%0D%0AX-Evil: 1", "%FF%FE", "%E2%80%AE"])
  func `keys that are strange but lead nowhere are keys, and are asked for as they are`(_ name: String) async throws {
    let transport = FakeTransport { request, index in
      if index == 0 { return .init(body: Array(self.page("<EncodingType>url</EncodingType>" + self.entry(name)).utf8)) }
      return .init(headers: [("content-length", "5"), ("etag", "\"\(Self.md5)\"")], body: Array("hello".utf8))
    }
    let store = try fakeStore(transport)
    let entry = try #require(try await store.list(.all, ListOptions()).next()?.entries.first)
    _ = try? await store.readBytes(entry.key, limit: 10)
    for request in transport.requests {
      #expect(request.url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "\(request.url)")
      #expect(!request.headers.contains { $0.name.lowercased() == "x-evil" })
    }
  }

  @Test func `an entity tag with a line end in it never becomes a header`() async throws {
    let transport = FakeTransport { [page, entry] _, index in
      if index == 0 { return .init(body: Array(page(entry("a", "5", "x&#13;&#10;X-Evil: 1")).utf8)) }
      return .init(headers: [("content-length", "5")], body: Array("hello".utf8))
    }
    let store = try fakeStore(transport)
    let found = try #require(try await store.list(.all, ListOptions()).next()?.entries.first)
    await #expect(throws: StorageError.self) {
      try await store.readBytes(found.key, limit: 10, ReadOptions(ifMatches: found.version))
    }
    #expect(transport.requests.count == 1)
  }

  @Test func `metadata that would be a header of its own is refused before anything is sent`() async throws {
    let hostile: [ObjectMetadata] = [
      ObjectMetadata(contentType: "text/plain\r\nX-Evil: 1"), ObjectMetadata(user: ["a": "b\r\nX-Evil: 1"]),
      ObjectMetadata(user: ["a\r\nX-Evil": "1"]), ObjectMetadata(user: ["a:b": "1"]), ObjectMetadata(user: ["": "1"]),
      ObjectMetadata(user: ["a": "b\u{0}"]),
    ]
    for metadata in hostile {
      let transport = FakeTransport { _, _ in .init(headers: [("etag", "\"x\"")]) }
      let error = try await #require(throws: StorageError.self) {
        try await fakeStore(transport).write(.bytes([1]), to: ObjectKey("a"), WriteOptions(metadata: metadata))
      }
      #expect(error.code == .invalidArgument)
      #expect(transport.requests.isEmpty)
    }
  }

  @Test func `what a service says of an error cannot drive a terminal`() async throws {
    let text = "gone \u{9B}2J\u{202E} &#10;&#13; \u{7F} end"
    let transport = FakeTransport { _, _ in .init(status: 418, body: errorBody("Odd\u{9B}Code", text)) }
    let error = try await #require(throws: StorageError.self) { try await fakeStore(transport).readBytes(ObjectKey("a"), limit: 1) }
    let shown = DisplayText.escape(Array(error.description.utf8))
    #expect(error.description == shown, "\(shown)")
  }

  // MARK: Listings

  @Test func `listings that contradict themselves are errors, and every listing ends`() async throws {
    func more(_ token: String) -> String {
      "<IsTruncated>true</IsTruncated><NextContinuationToken>\(token)</NextContinuationToken>"
    }
    let cases: [(String, [String])] = [
      ("out of order", [page(entry("b") + entry("a"))]), ("twice", [page(entry("a") + entry("a"))]),
      ("the page again", [page(entry("a") + more("t"))]),
      ("the page again under new tokens", (0..<9).map { page(entry("a") + more("t\($0)")) }),
      ("back again", [page(entry("m") + more("1")), page(entry("a"))]),
      ("more, but not where", [page("<IsTruncated>true</IsTruncated>")]),
      ("empty pages without end", (0..<3000).map { page(more("t\($0)")) }),
      ("no size", [page(entry("a", size: "-1"))]), ("too large a size", [page(entry("a", size: "99999999999999999999"))]),
      ("no key", [page(entry(""))]), ("not encoded as announced", [page("<EncodingType>url</EncodingType>" + entry("%zz"))]),
      ("another document", ["<Error><Code>x</Code></Error>"]), ("cut off", [String(page(entry("a")).dropLast(5))]),
      ("nothing", [""]),
    ]
    for (name, documents) in cases {
      let error = try await #require(throws: StorageError.self, "\(name)") {
        let (entries, _, _) = try await list(documents)
        Issue.record("\(name): \(entries.map(\.key))")
      }
      #expect(error.code == .corrupted, "\(name): \(error)")
    }
  }

  @Test func `a listing of one level that names a folder for ever ends`() async throws {
    let documents = (0..<6000).map {
      page(
        "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes><IsTruncated>true</IsTruncated><NextContinuationToken>t\($0)</NextContinuationToken>"
      )
    }
    let error = try await #require(throws: StorageError.self) { try await list(documents, ListOptions(depth: .oneLevel)) }
    #expect(error.code == .corrupted)
  }

  @Test func `a listing with keys or folders of others is an error`() async throws {
    for body in [entry("other/a"), "<CommonPrefixes><Prefix>other/</Prefix></CommonPrefixes>", entry("mineral")] {
      let transport = FakeTransport { [page] _, _ in .init(body: Array(page(body).utf8)) }
      let listing = try fakeStore(transport).list(KeyPrefix(folder: ObjectKey("mine/")), ListOptions(depth: .oneLevel))
      let error = try await #require(throws: StorageError.self) { try await listing.next() }
      #expect(error.code == .corrupted, "\(body)")
    }
  }

  static let bombs: [(name: String, document: String)] = [
    (
      "entities that multiply",
      "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\">"
        + zip("abcdefgh", "bcdefghi").map { "<!ENTITY \($1) \"\(String(repeating: "&\($0);", count: 10))\">" }.joined()
        + "]><ListBucketResult><Contents><Key>&i;</Key><Size>1</Size></Contents></ListBucketResult>"
    ),
    (
      "an entity that names a file",
      "<!DOCTYPE l [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><ListBucketResult><Contents><Key>&f;</Key><Size>1</Size></Contents></ListBucketResult>"
    ),
    (
      "an entity that names itself",
      "<!DOCTYPE l [<!ENTITY f \"&f;\">]><ListBucketResult><Contents><Key>&f;</Key><Size>1</Size></Contents></ListBucketResult>"
    ),
    ("depth", "<ListBucketResult>" + String(repeating: "<a>", count: 200_000)),
    ("a huge attribute", "<ListBucketResult a=\"" + String(repeating: "x", count: 20 << 20) + "\"></ListBucketResult>"),
    ("many attributes", "<ListBucketResult" + (0..<200_000).map { " a\($0)=\"x\"" }.joined() + "></ListBucketResult>"),
    ("a huge name", "<" + String(repeating: "n", count: 20 << 20) + "/>"),
    ("a huge comment", "<ListBucketResult><!--" + String(repeating: "x", count: 20 << 20) + "</ListBucketResult>"),
    (
      "a huge key",
      "<ListBucketResult><Contents><Key>" + String(repeating: "k", count: 20 << 20)
        + "</Key><Size>1</Size></Contents></ListBucketResult>"
    ),
    ("UTF-16", "\u{FEFF}<\0?\0x\0m\0l\0"),
  ]

  @Test(.timeLimit(.minutes(2)), arguments: bombs.indices) func `a document that is a bomb does not go off`(_ index: Int)
    async throws
  {
    let (name, document) = Self.bombs[index]
    let began = ContinuousClock.now
    var problems: [ListProblem] = []
    do {
      let (entries, found, _) = try await list([document])
      problems = found
      #expect(entries.isEmpty, "\(name)")
    } catch let error as StorageError {
      #expect(error.code == .corrupted, "\(name): \(error)")
      #expect(error.description.utf8.count < 2000 && !error.description.contains("root:"), "\(name)")
    }
    #expect(problems.allSatisfy { $0.key == nil })
    #expect(ContinuousClock.now - began < .seconds(20), "\(name)")
  }
}
