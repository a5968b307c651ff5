import Crypto
import Emulators
import Files
import HTTPMessages
import HTTPServer
import Markup
import Primitives
import Testing

/// Blocks, ranges and copies of the emulator of Azure Blob Storage: what clients of others never ask, or cannot see.
@Suite struct AzureBlobTests {
  private func prepared() async throws -> AzureTestClient {
    let client = try AzureTestClient()
    try await client.makeContainer()
    return client
  }

  private func block(_ client: AzureTestClient, _ id: String, _ text: String) async throws -> String {
    try await client.put("/con/b?comp=block&blockid=\(id)", text).outcome
  }

  private func commit(_ client: AzureTestClient, _ list: String) async throws -> String {
    try await client.put("/con/b?comp=blocklist", "<?xml version=\"1.0\"?><BlockList>\(list)</BlockList>").outcome
  }

  // MARK: Blocks

  @Test func `identifiers of blocks are Base64 of one length up to 64 bytes`() async throws {
    let client = try await prepared()
    #expect(try await block(client, "MDAx", "1") == "201")
    #expect(try await block(client, "MDAy", "2") == "201")
    #expect(try await block(client, "MDAwMQ%3D%3D", "3") == "400 InvalidBlobOrBlock")
    for id in ["M", "MDA", "MD%20x", "", "%3D%3D%3D%3D"] {
      #expect(try await block(client, id, "3") == "400 InvalidQueryParameterValue", "\(id)")
    }
    let long = PercentEncoding.encode(Base64.encode([UInt8](repeating: 65, count: 65)).utf8, keepSlash: false)
    #expect(try await block(client, long, "3") == "400 InvalidQueryParameterValue")
    #expect(try await client.put("/con/b?comp=block", "1").outcome == "400 MissingRequiredQueryParameter")
    #expect(try await block(client, "MDAz", "") == "400 InvalidHeaderValue")
  }

  @Test func `a list takes blocks from where it says`() async throws {
    let client = try await prepared()
    _ = try await block(client, "MDAx", "old")
    #expect(try await commit(client, "<Committed>MDAx</Committed>") == "400 InvalidBlockList")
    #expect(try await commit(client, "<Uncommitted>MDAx</Uncommitted>") == "201")
    _ = try await block(client, "MDAx", "new")
    #expect(
      try await commit(client, "<Committed>MDAx</Committed><Uncommitted>MDAx</Uncommitted><Latest>MDAx</Latest>") == "201")
    #expect(try await client.get("/con/b").text == "oldnewnew")
    #expect(try await commit(client, "<Uncommitted>MDAx</Uncommitted>") == "400 InvalidBlockList")
    for body in ["", "<BlockList>", "<Blocks/>", "<BlockList><Other>MDAx</Other></BlockList>"] {
      #expect(try await client.put("/con/b?comp=blocklist", body).outcome == "400 InvalidXmlDocument", "\(body)")
    }
    #expect(try await commit(client, "<Latest>!</Latest>") == "400 InvalidBlockId")
    #expect(try await commit(client, String(repeating: "<Latest>MDAx</Latest>", count: 50_001)) == "400 BlockListTooLong")
    #expect(try await commit(client, "") == "201")
    #expect(try await client.get("/con/b").text == "")
  }

  @Test func `a list cannot make more pieces of its blocks than fit`() async throws {
    let client = try AzureTestClient()
    _ = try await client.send(.put, "/con?restype=container", [("x-ms-blob-public-access", "blob")])
    _ = try await block(client, "MDAx", "1")
    let list = String(repeating: "<Latest>MDAx</Latest>", count: 500)
    #expect(try await commit(client, list) == "201")
    let source = [("x-ms-copy-source", "http://127.0.0.1:10000/devstoreaccount1/con/b"), ("content-length", "0")]
    #expect(try await client.send(.put, "/con/b?comp=block&blockid=MDAy", source).outcome == "201")
    #expect(try await commit(client, String(repeating: "<Latest>MDAy</Latest>", count: 401)) == "400 BlockListTooLong")
    #expect(try await commit(client, String(repeating: "<Latest>MDAy</Latest>", count: 4)) == "201")
    #expect(try await client.get("/con/b").body.count == 2000)
  }

  @Test func `blocks alone are no blob, and are gone after a week`() async throws {
    let client = try await prepared()
    _ = try await block(client, "MDAx", "1")
    #expect(try await client.get("/con/b").outcome == "404 BlobNotFound")
    #expect(try await client.put("/con/b?comp=metadata").outcome == "404 BlobNotFound")
    #expect(try await client.get("/con?restype=container&comp=list").xml?.child("Blobs")?.children.count == 0)
    let listing = "/con?restype=container&comp=list&include=uncommittedblobs"
    #expect(try await client.get(listing).xml?.child("Blobs")?.children.count == 1)
    let blocks = try await client.get("/con/b?comp=blocklist&blocklisttype=all")
    #expect(blocks.xml?.element(at: "UncommittedBlocks", "Block", "Name")?.string == "MDAx")
    client.time.advance(by: .seconds(6 * 86_400))
    _ = try await block(client, "MDAy", "2")
    client.time.advance(by: .seconds(6 * 86_400))
    #expect(try await client.get("/con/b?comp=blocklist&blocklisttype=all").text.contains("MDAx"))
    client.time.advance(by: .seconds(86_400))
    #expect(try await client.get("/con/b?comp=blocklist&blocklisttype=all").outcome == "404 BlobNotFound")
    #expect(try await client.get(listing).xml?.child("Blobs")?.children.count == 0)
  }

  @Test func `blocks alone can be deleted, as a blob would be`() async throws {
    let client = try await prepared()
    _ = try await block(client, "MDAx", "1")
    #expect(try await client.send(.delete, "/con/b").outcome == "202")
    #expect(try await client.send(.delete, "/con/b").outcome == "404 BlobNotFound")
    #expect(try await commit(client, "<Latest>MDAx</Latest>") == "400 InvalidBlockList")
  }

  @Test func `a blob of one kind does not become one of another`() async throws {
    let client = try await prepared()
    let append = [("x-ms-blob-type", "AppendBlob")]
    #expect(try await client.send(.put, "/con/b", append).outcome == "201")
    #expect(try await client.put("/con/b", "1").outcome == "409 InvalidBlobType")
    #expect(try await block(client, "MDAx", "1") == "409 InvalidBlobType")
    #expect(try await client.send(.delete, "/con/b").outcome == "202")
    #expect(try await client.put("/con/b", "1").outcome == "201")
    #expect(try await client.send(.put, "/con/b", append).outcome == "409 InvalidBlobType")
  }

  @Test func `putting a blob forgets its blocks`() async throws {
    let client = try await prepared()
    _ = try await block(client, "MDAx", "1")
    _ = try await client.put("/con/b", "whole")
    #expect(try await commit(client, "<Latest>MDAx</Latest>") == "400 InvalidBlockList")
    #expect(try await client.get("/con/b").text == "whole")
  }

  // MARK: Ranges

  @Test(arguments: [
    ("bytes=0-3", "206", "0123"), ("bytes=7-", "206", "789"), ("bytes=9-100", "206", "9"), ("bytes=10-", "416 InvalidRange", nil),
    ("bytes=3-2", "400 InvalidHeaderValue", nil), ("bytes=-3", "400 InvalidHeaderValue", nil),
    ("bytes=0-1,3-4", "400 InvalidHeaderValue", nil), ("bytes=a-b", "400 InvalidHeaderValue", nil),
    ("bytes=99999999999999999999-", "400 InvalidHeaderValue", nil), ("items=0-1", "400 InvalidHeaderValue", nil),
    ("bytes=0-9223372036854775807", "400 InvalidHeaderValue", nil),
  ])
  func `a range is two numbers, or one`(range: String, outcome: String, text: String?) async throws {
    let client = try await prepared()
    for (id, part) in [("MDAx", "012"), ("MDAy", "3456"), ("MDAz", "789")] { _ = try await block(client, id, part) }
    _ = try await commit(client, "<Latest>MDAx</Latest><Latest>MDAy</Latest><Latest>MDAz</Latest>")
    let answer = try await client.get("/con/b", [("x-ms-range", range), ("range", "bytes=1-1")])
    #expect(answer.outcome == outcome)
    if let text { #expect(answer.text == text) }
    if outcome == "416 InvalidRange" { #expect(answer["content-range"] == "bytes */10") }
  }

  @Test func `a part has its own checksum if asked for`() async throws {
    let client = try await prepared()
    let put = try await client.put("/con/b", "0123456789")
    let sum = [("x-ms-range-get-content-md5", "true")]
    let part = try await client.get("/con/b", [("range", "bytes=1-2")] + sum)
    #expect(part["content-md5"] == Base64.encode(MD5.hash(Array("12".utf8))))
    #expect(part["x-ms-blob-content-md5"] == put["content-md5"])
    #expect(part["content-range"] == "bytes 1-2/10")
    #expect(try await client.get("/con/b", sum).status == 400)
    #expect(try await client.get("/con/b")["content-md5"] == put["content-md5"])
  }

  @Test func `who reads is not disturbed by who overwrites`() async throws {
    let client = try await prepared()
    for (id, part) in [("MDAx", "one"), ("MDAy", "two")] { _ = try await block(client, id, part) }
    _ = try await commit(client, "<Latest>MDAx</Latest><Latest>MDAy</Latest>")
    var headers: HTTPHeaders = ["x-ms-version": "2023-11-03"]
    try headers.add("x-ms-date", client.time.now.rfc1123)
    let key = try #require(client.key)
    try headers.add(
      "authorization", "SharedKey devstoreaccount1:\(AzureTestClient.sign(.get, "/devstoreaccount1/con/b", headers, key))")
    let reading = try await client.emulator.respond(
      to: HTTPServerRequest(method: .get, target: "/devstoreaccount1/con/b", headers: headers, body: AzureTestBody([])))
    _ = try await client.put("/con/b", "three")
    _ = try await client.send(.delete, "/con/b")
    #expect(try await AzureTestClient.take(reading).text == "onetwo")
  }

  @Test func `a page has an end that can be counted`() async throws {
    let client = try await prepared()
    let page = [("x-ms-blob-type", "PageBlob"), ("x-ms-blob-content-length", "512")]
    #expect(try await client.send(.put, "/con/p", page).outcome == "201")
    let range = [("x-ms-range", "bytes=0-9223372036854775807"), ("x-ms-page-write", "clear")]
    #expect(try await client.send(.put, "/con/p?comp=page", range).outcome == "400 InvalidHeaderValue")
  }

  @Test func `a page blob grows to 8 TiB`() async throws {
    let client = try await prepared()
    #expect(
      try await client.send(.put, "/con/p", [("x-ms-blob-type", "PageBlob"), ("x-ms-blob-content-length", "512")]).outcome == "201")
    func resize(_ size: Int64) async throws -> String {
      try await client.send(.put, "/con/p?comp=properties", [("x-ms-blob-content-length", String(size))]).outcome
    }
    #expect(try await resize(8 << 40) == "200")
    #expect(try await resize(8 << 40 + 512) == "400 InvalidHeaderValue")
    #expect(try await client.get("/con/p?comp=pagelist")["x-ms-blob-content-length"] == "8796093022208")
  }

  @Test func `the largest sequence number has none after it`() async throws {
    let client = try await prepared()
    let page = [
      ("x-ms-blob-type", "PageBlob"), ("x-ms-blob-content-length", "512"), ("x-ms-blob-sequence-number", "9223372036854775806"),
    ]
    #expect(try await client.send(.put, "/con/p", page).outcome == "201")
    let increment = [("x-ms-sequence-number-action", "increment")]
    #expect(try await client.send(.put, "/con/p?comp=properties", increment)["x-ms-blob-sequence-number"] == "9223372036854775807")
    #expect(try await client.send(.put, "/con/p?comp=properties", increment).outcome == "400 InvalidHeaderValue")
  }

  // MARK: What is kept

  /// The files that hold content.
  private func files(_ data: [UInt8]) throws -> Int {
    let walk = TreeWalk(root: try ConfinedDirectory.open(data + Array("/azure/blobs".utf8), create: false))
    return try walk.next(max: 1024).count
  }

  @Test func `content is kept as long as somebody has it, and over a restart`() async throws {
    let folder = try DropboxTestFolder()
    defer { folder.remove() }
    var client = try AzureTestClient(data: folder.path)
    try await client.makeContainer()
    _ = try await block(client, "MDAx", "one")
    _ = try await block(client, "MDAx", "two")
    _ = try await commit(client, "<Latest>MDAx</Latest>")
    #expect(try files(folder.path) == 1)
    let snapshot = try await client.put("/con/b?comp=snapshot")["x-ms-snapshot"] ?? ""
    let source = [("x-ms-copy-source", "http://127.0.0.1:10000/devstoreaccount1/con/b")]
    #expect(try await client.send(.put, "/con/copy", source).outcome == "202")
    let etag = try await client.put("/con/b", "new").etag
    #expect(try await client.put("/con/b", "no", [("if-match", "\"0x8D\"")]).status == 412)
    #expect(try files(folder.path) == 2)
    await client.emulator.close()
    client = try AzureTestClient(data: folder.path)
    #expect(try await client.get("/con/b").etag == etag)
    #expect(try await client.get("/con/b?snapshot=\(snapshot)").text == "two")
    #expect(try await client.put("/con/later", "").etag > etag)
    _ = try await client.send(.delete, "/con/b", [("x-ms-delete-snapshots", "include")])
    #expect(try files(folder.path) == 1)
    #expect(try await client.get("/con/copy").text == "two")
    _ = try await client.send(.delete, "/con?restype=container")
    #expect(try files(folder.path) == 0)
    await client.emulator.close()
  }

  /// A race, whose every outcome is looked at.
  @Test func `a copy that was made has its content, whatever became of the source meanwhile`() async throws {
    let client = try AzureTestClient()
    _ = try await client.send(.put, "/con?restype=container", [("x-ms-blob-public-access", "blob")])
    let part = String(repeating: "x", count: 200_000)
    let source = [
      ("x-ms-copy-source", "http://127.0.0.1:10000/devstoreaccount1/con/b"), ("x-ms-blob-type", "BlockBlob"),
    ]
    for round in 0..<20 {
      for id in ["MDAx", "MDAy"] { #expect(try await block(client, id, part) == "201") }
      #expect(try await commit(client, "<Latest>MDAx</Latest><Latest>MDAy</Latest>") == "201")
      async let copying = client.send(.put, "/con/copy\(round)", source)
      async let deleting = client.send(.delete, "/con/b")
      let (copied, deleted) = try await (copying, deleting)
      #expect(deleted.outcome == "202")
      guard copied.status == 201 else { continue }
      #expect(try await client.get("/con/copy\(round)").body.count == 400_000)
    }
  }

  @Test func `a copy says what it is of, and takes its time`() async throws {
    let client = try AzureTestClient { $0.copy = .seconds(10) }
    try await client.makeContainer()
    _ = try await client.put("/con/source", "text")
    let source = [("x-ms-copy-source", "http://127.0.0.1:10000/devstoreaccount1/con/source")]
    let started = try await client.send(.put, "/con/b", source)
    #expect(started["x-ms-copy-status"] == "pending")
    let id = try #require(started["x-ms-copy-id"])
    #expect(try await client.send(.head, "/con/b")["x-ms-copy-progress"] == "0/4")
    #expect(try await client.put("/con/b", "no").outcome == "409 PendingCopyOperation")
    _ = try await client.put("/con/source", "other")
    client.time.advance(by: .seconds(10))
    let done = try await client.get("/con/b")
    #expect(done.text == "text")
    #expect(done["x-ms-copy-status"] == "success")
    let abort = [("x-ms-copy-action", "abort")]
    #expect(try await client.put("/con/b?comp=copy&copyid=\(id)", "", abort).outcome == "409 NoPendingCopyOperation")
    let again = try #require(try await client.send(.put, "/con/b", source)["x-ms-copy-id"])
    #expect(try await client.put("/con/b?comp=copy&copyid=\(id)", "", abort).outcome == "409 CopyIdMismatch")
    #expect(try await client.put("/con/b?comp=copy&copyid=\(again)", "", abort).outcome == "204")
    #expect(try await client.get("/con/b").text == "")
    #expect(try await client.send(.head, "/con/b")["x-ms-copy-status"] == "aborted")
  }
}
