import Crypto
import Emulators
import HTTPClient
import HTTPMessages
import HTTPServer
import Markup
import Primitives
import Testing

/// Requests that no client of others sends, and what the emulator of Azure Blob Storage says of them.
@Suite struct AzureRequestTests {
  @Test(arguments: [
    ("/con/..%2f..%2fetc%2fpasswd", "400 InvalidUri"), ("/con/../x", "400 InvalidUri"), ("/con/a/./b", "400 InvalidUri"),
    ("/con/a.", "400 InvalidUri"), ("/con/a./b", "400 InvalidUri"), ("/con/a%5cb", "400 InvalidUri"),
    ("/con/a%00b", "400 InvalidUri"),
    ("/con/a%1fb", "400 InvalidUri"), ("/con/%ff", "400 InvalidUri"), ("/con/%zz", "400 InvalidUri"), ("/con/%", "400 InvalidUri"),
    ("/con/%c3%28", "400 InvalidUri"), ("/co/x", "400 OutOfRangeInput"), ("/Con/x", "400 InvalidResourceName"),
    ("/co--n/x", "400 InvalidResourceName"), ("/-con/x", "400 InvalidResourceName"), ("/con-/x", "400 InvalidResourceName"),
    ("/c%2fn/x", "400 InvalidResourceName"), ("/con//x", "201"), ("/con/x//y", "201"), ("/con/x%2Fz", "201"),
    ("/con/.hidden", "201"),
    ("/con/...x", "201"),
  ])
  func `a name is one, or is refused`(target: String, outcome: String) async throws {
    let client = try AzureTestClient()
    try await client.makeContainer()
    #expect(try await client.put(target, "x").outcome == outcome)
  }

  @Test func `a name has at most 1,024 characters and 254 segments`() async throws {
    let client = try AzureTestClient()
    try await client.makeContainer()
    let umlaut = "%C3%A4"
    #expect(try await client.put("/con/" + String(repeating: umlaut, count: 1024)).outcome == "201")
    #expect(try await client.put("/con/" + String(repeating: umlaut, count: 1025)).outcome == "400 OutOfRangeInput")
    // Two units of UTF-16 each.
    #expect(try await client.put("/con/" + String(repeating: "%F0%9F%98%80", count: 513)).outcome == "400 OutOfRangeInput")
    let segments = [String](repeating: "s", count: 254).joined(separator: "/")
    #expect(try await client.put("/con/\(segments)").outcome == "201")
    #expect(try await client.put("/con/\(segments)/t").outcome == "400 OutOfRangeInput")
    let container = String(repeating: "a", count: 64)
    #expect(try await client.send(.put, "/\(container)?restype=container").outcome == "400 OutOfRangeInput")
  }

  @Test func `another account is not served`() async throws {
    let client = try AzureTestClient()
    for target in ["/other/con/b", "/", "/devstoreaccount1x/con"] {
      let request = HTTPServerRequest(method: .get, target: target, body: AzureTestBody([]))
      let answer = try await AzureTestClient.take(try await client.emulator.respond(to: request))
      #expect((400..<500).contains(answer.status), "\(target)")
    }
  }

  @Test func `the account may be in the host's name`() async throws {
    let client = try AzureTestClient()
    try await client.makeContainer()
    _ = try await client.put("/con/b", "1")
    var headers: HTTPHeaders = ["host": "devstoreaccount1.blob.core.windows.net", "x-ms-version": "2023-11-03"]
    try headers.add("x-ms-date", client.time.now.rfc1123)
    let key = try #require(client.key)
    try headers.add("authorization", "SharedKey devstoreaccount1:\(AzureTestClient.sign(.get, "/con/b", headers, key))")
    let request = HTTPServerRequest(method: .get, target: "/con/b", headers: headers, body: AzureTestBody([]))
    #expect(try await AzureTestClient.take(try await client.emulator.respond(to: request)).text == "1")
  }

  @Test func `answers say what was asked and by whom`() async throws {
    let client = try AzureTestClient()
    let answer = try await client.send(.put, "/con?restype=container", [("x-ms-client-request-id", "mine")])
    #expect(answer["x-ms-client-request-id"] == "mine")
    #expect(answer["x-ms-version"] == "2023-11-03")
    #expect(answer["x-ms-request-id"]?.count == 36)
    let other = try await client.get("/con?restype=container")
    #expect(other["x-ms-request-id"] != answer["x-ms-request-id"])
    let refused = try await client.get("/con/none")
    #expect(refused.outcome == "404 BlobNotFound")
    #expect(refused.xml?.name == "Error")
    #expect(refused.xml?.child("Message")?.string.contains("RequestId:\(refused["x-ms-request-id"] ?? "?")\nTime:") == true)
    let head = try await client.send(.head, "/con/none")
    #expect(head.outcome == "404 BlobNotFound")
    #expect(head.body.isEmpty)
    for version in ["1", "2009-09-18", "2023-13-01"] {
      let answer = try await client.get("/con?restype=container", [("x-ms-version", version)])
      #expect(answer.outcome == "400 InvalidHeaderValue", "\(version)")
    }
  }

  @Test func `what is not asked that way is refused`() async throws {
    let client = try AzureTestClient()
    try await client.makeContainer()
    _ = try await client.put("/con/b", "1")
    #expect(try await client.get("/con/b?comp=nothing").outcome == "400 InvalidQueryParameterValue")
    #expect(try await client.send(.post, "/con/b").outcome == "405 UnsupportedHttpVerb")
    #expect(try await client.send(.delete, "/con/b?comp=metadata").outcome == "405 UnsupportedHttpVerb")
    #expect(try await client.send(.patch, "/con/b").outcome == "405 UnsupportedHttpVerb")
    #expect(try await client.get("/con/b?versionid=2026-01-01T00:00:00.0000000Z").outcome == "400 InvalidQueryParameterValue")
    #expect(try await client.put("/con/b?comp=metadata&snapshot=x").outcome == "400 InvalidQueryParameterValue")
  }

  // MARK: Bodies

  @Test func `a body must say how long it is, and be that long`() async throws {
    let client = try AzureTestClient()
    try await client.makeContainer()
    let type = [("x-ms-blob-type", "BlockBlob")]
    let unknown = try await client.send(.put, "/con/b", type, body: AzureTestBody([1, 2], length: nil))
    #expect(unknown.outcome == "411 MissingContentLengthHeader")
    await #expect(throws: HTTPError.self) {
      _ = try await client.send(.put, "/con/b", type, body: AzureTestBody([1, 2], length: 3, isTorn: true))
    }
    let short = try await client.send(.put, "/con/b", type, body: AzureTestBody([1, 2], length: 3))
    #expect(short.outcome == "400 InvalidInput")
    #expect(try await client.get("/con/b").outcome == "404 BlobNotFound")
    let huge = try await client.send(.put, "/con/b", type, body: AzureTestBody([1, 2], length: 5000 << 20 + 1))
    #expect(huge.outcome == "413 RequestBodyTooLarge")
    #expect(try await client.send(.put, "/con/b", body: AzureTestBody([1])).outcome == "400 MissingRequiredHeader")
    #expect(try await client.send(.put, "/con/b", [("x-ms-blob-type", "Blob")]).outcome == "400 InvalidHeaderValue")
  }

  @Test func `a body is what its checksums say`() async throws {
    let client = try AzureTestClient()
    try await client.makeContainer()
    let body = "123456789"
    let md5 = Base64.encode(MD5.hash(Array(body.utf8)))
    // The check value of CRC-64/NVME, lowest byte first.
    let crc = Base64.encode([0x88, 0x98, 0x79, 0x0A, 0x86, 0x14, 0x8B, 0xAE])
    let wrong = Base64.encode([UInt8](repeating: 7, count: 16))
    let put = try await client.put("/con/b", body, [("content-md5", md5)])
    #expect(put.outcome == "201")
    #expect(put["content-md5"] == md5)
    #expect(try await client.put("/con/b", body, [("x-ms-content-crc64", crc)])["x-ms-content-crc64"] == crc)
    let refused = try await client.put("/con/b", body, [("content-md5", wrong)])
    #expect(refused.outcome == "400 Md5Mismatch")
    #expect(refused.xml?.child("ServerCalculatedMd5")?.string == md5)
    #expect(try await client.put("/con/b", body, [("x-ms-blob-content-md5", wrong)]).outcome == "400 Md5Mismatch")
    #expect(try await client.put("/con/b", body, [("x-ms-content-crc64", "AAAAAAAAAAA=")]).outcome == "400 Crc64Mismatch")
    #expect(try await client.put("/con/b", body, [("content-md5", "AAAA")]).outcome == "400 InvalidMd5")
    #expect(
      try await client.put("/con/b", body, [("content-md5", md5), ("x-ms-content-crc64", crc)]).outcome
        == "400 BothCrc64AndMd5HeaderPresent")
    #expect(try await client.put("/con/b?comp=block&blockid=MDAx", body, [("content-md5", wrong)]).outcome == "400 Md5Mismatch")
  }

  // MARK: Metadata and tags

  @Test func `metadata have names of identifiers and 8 KiB`() async throws {
    let client = try AzureTestClient()
    try await client.makeContainer()
    func put(_ headers: (String, String)...) async throws -> String { try await client.put("/con/b", "", headers).outcome }
    #expect(try await put(("x-ms-meta-Name_1", "v"), ("x-ms-meta-_x", "")) == "201")
    #expect(try await client.send(.head, "/con/b")["x-ms-meta-name_1"] == "v")
    #expect(try await client.send(.head, "/con/b").headers.contains { $0.name == "x-ms-meta-Name_1" })
    for name in ["1a", "a-b", "a.b", "a!"] {
      #expect(try await put(("x-ms-meta-\(name)", "v")) == "400 InvalidMetadata", "\(name)")
    }
    #expect(try await put(("x-ms-meta-", "v")) == "400 EmptyMetadataKey")
    #expect(try await put(("x-ms-meta-a", "ä")) == "400 InvalidMetadata")
    #expect(try await put(("x-ms-meta-a", String(repeating: "v", count: 8191))) == "201")
    #expect(try await put(("x-ms-meta-a", String(repeating: "v", count: 8192))) == "400 MetadataTooLarge")
  }

  @Test func `tags are ten, short and of few characters`() async throws {
    let client = try AzureTestClient()
    try await client.makeContainer()
    func put(_ tags: String) async throws -> String { try await client.put("/con/b", "", [("x-ms-tags", tags)]).outcome }
    #expect(try await put("a=1&b%20c=x%2Fy") == "201")
    #expect(try await client.send(.head, "/con/b")["x-ms-tag-count"] == "2")
    #expect(try await put((0..<11).map { "t\($0)=1" }.joined(separator: "&")) == "400 TagsTooLarge")
    #expect(try await put("a=%C3%A4") == "400 InvalidTags")
    #expect(try await put("a=1&a=2") == "400 DuplicateTagNames")
    #expect(try await put(String(repeating: "k", count: 129) + "=1") == "400 TagsTooLarge")
  }
}
