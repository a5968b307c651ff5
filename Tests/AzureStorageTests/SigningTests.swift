@testable import AzureStorage
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// Signatures, against what Microsoft's own client for Python (azure-storage-blob 12.31.1) makes of the same requests.
@Suite struct SigningTests {
  private static let date = "Fri, 20 Nov 2026 10:42:23 GMT"

  private func signature(
    _ method: HTTPMethod, _ path: String, _ query: [(String, String)] = [], _ headers: [(String, String)], length: Int64? = nil
  ) throws -> String {
    var fields = HTTPHeaders()
    try fields.add("x-ms-version", "2021-12-02")
    try fields.add("x-ms-date", Self.date)
    for (name, value) in headers { try fields.add(name, value) }
    return TestAccount.key.authorization(
      method, path: path, query: query.map { ($0.0, Array($0.1.utf8)) }, headers: fields, length: length)
  }

  @Test func `a query is signed decoded and sorted, and the path as it is sent`() throws {
    let query = [("restype", "container"), ("comp", "list"), ("include", "metadata"), ("maxresults", "5000"), ("prefix", "a b/ü")]
    #expect(
      try signature(.get, "/devstoreaccount1/photos", query, [])
        == "SharedKey devstoreaccount1:domeJz0H3JgVd91XD6h0rsASjHex/q67xY9TlqgCpIc=")
  }

  @Test func `headers are signed in the service's order of words`() throws {
    let headers = [
      ("x-ms-blob-type", "BlockBlob"), ("x-ms-blob-content-type", "text/plain"), ("x-ms-meta-mtime", "2026-11-20T10:42:23Z"),
      ("x-ms-meta-a_b", "1"), ("x-ms-meta-a1", "2"), ("x-ms-meta-ab", "3"), ("content-md5", "XUFAKrxLKna5cZ2REBfFkg=="),
      ("if-none-match", "*"),
    ]
    #expect(
      try signature(.put, "/devstoreaccount1/photos/dir/a%20%C3%BC%2Bx.txt", [], headers, length: 5)
        == "SharedKey devstoreaccount1:1p+aPDu/9d4CqeadJcHIOEpTd5B2nENsglj8URea5VM=")
  }

  @Test func `an empty body has no length to sign`() throws {
    #expect(
      try signature(
        .put, "/devstoreaccount1/photos/x", [("comp", "block"), ("blockid", "aXNiMQ==")],
        [("x-ms-content-crc64", "YeJLfssylmU=")], length: 0)
        == "SharedKey devstoreaccount1:5qust7dbU/gVvvw3wXW6WB3GGjSHf2+Vh2sKxsNeGx0=")
  }

  @Test func `conditions and ranges have their places`() throws {
    #expect(
      try signature(.head, "/photos/x", [], [("if-match", "\"0x8D1\""), ("x-ms-range", "bytes=1-3")])
        == "SharedKey devstoreaccount1:4w+4E+y8OxeTl/AWwU1D9xHT5cXOZjt3IVt8dRZXr/w=")
  }

  @Test func `a signature for one blob is that of the service's client`() {
    let query = AzureSharedAccessSignature.reading(
      Array("photos/dir/a ü+x.txt".utf8), by: TestAccount.key, version: "2021-12-02", until: TestAccount.now + .seconds(3600))
    #expect(query.contains("se=2026-11-20T11%3A42%3A23Z") && query.contains("sp=r") && query.contains("sr=b"))
    #expect(query.hasSuffix("sig=xvclovtjuKb1yJfztNaWQBkog6CJH%2Fq9qlvAh0bdpHE%3D"))
  }

  @Test func `the checksum of blocks is the service's`() {
    // As the service answered to these bytes.
    #expect(BlockCRC.header(BlockCRC.of(Array("Hello World".utf8))) == "YeJLfssylmU=")
    #expect(BlockCRC.read("YeJLfssylmU=") == BlockCRC.of(Array("Hello World".utf8)))
    #expect(BlockCRC.read("YeJLfss=") == nil && BlockCRC.read("!") == nil && BlockCRC.read(nil) == nil)
  }

  @Test func `a request of the store is signed over what is sent`() async throws {
    let transport = FakeTransport { _, _ in .text(listing("")) }
    _ = try await fakeStore(transport) { $0.enter(Array("a b".utf8)) }.list(.all, ListOptions()).next()
    let request = try #require(transport.requests.first)
    #expect(
      request.url
        == "https://devstoreaccount1.blob.core.windows.net/photos?restype=container&comp=list&include=metadata&maxresults=5000"
        + "&prefix=a%20b%2F")
    #expect(request.headers["x-ms-date"] == Self.date)
    var headers = request.headers
    headers.remove("authorization")
    let query = [("restype", "container"), ("comp", "list"), ("include", "metadata"), ("maxresults", "5000"), ("prefix", "a b/")]
    #expect(
      request.headers["authorization"]
        == TestAccount.key.authorization(
          .get, path: "/photos", query: query.map { ($0.0, Array($0.1.utf8)) }, headers: headers, length: nil))
  }

  @Test func `a shared access signature is put behind the query, and is in no error`() async throws {
    let signature = try #require(
      AzureSharedAccessSignature(Secret("?sv=2021-12-02&sp=rwdl&se=2026-11-21T00%3A00%3A00Z&sig=top%2Fsecret%3D\n")))
    #expect(signature.permissions == "rwdl")
    #expect(signature.expiration == Timestamp(iso8601: "2026-11-21T00:00:00Z"))
    let transport = FakeTransport { _, _ in throw HTTPError(.connectFailed, "refused", host: "a:443") }
    let store = fakeStore(transport, credentials: AzureCredentialProvider(.signature(signature)))
    let error = try await #require(throws: StorageError.self) { try await store.stat(try ObjectKey("a&b")) }
    #expect(!"\(error)".contains("secret"))
    #expect(
      transport.requests.first?.url
        == "https://devstoreaccount1.blob.core.windows.net/photos/a%26b?sv=2021-12-02&sp=rwdl&se=2026-11-21T00%3A00%3A00Z"
        + "&sig=top%2Fsecret%3D")
    #expect(AzureSharedAccessSignature(Secret("sv=2021-12-02&sp=r")) == nil)
    #expect(AzureSharedAccessSignature(Secret("sig=a b")) == nil)
  }

  @Test func `tokens and signatures do not go over the network in the clear`() async throws {
    let transport = FakeTransport { _, _ in .text("") }
    let token = AzureCredentialProvider(.token(AzureAccessToken(Secret("t"))))
    let store = fakeStore(transport, credentials: token) { $0.endpoint = AzureEndpoint(parsing: "http://storage.example.com")! }
    let error = try await #require(throws: StorageError.self) { try await store.stat(try ObjectKey("a")) }
    #expect(error.code == .invalidArgument)
    #expect(transport.requests.isEmpty)
  }
}
