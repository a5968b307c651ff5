import Crypto
import Emulators
import Files
import Markup
import Primitives
import Testing

@Suite struct DropboxSessionTests {
  private static let block = 4 << 20

  private func start(_ client: DropboxClient, _ body: String = "", _ argument: String = "{}") async throws -> String {
    let answer = try await client.content("upload_session/start", argument, Array(body.utf8))
    return try #require(answer["session_id"].stringValue, "\(answer.text)")
  }

  private func cursor(_ id: String, _ offset: Int) -> String { #""cursor":{"session_id":"\#(id)","offset":\#(offset)}"# }

  private func append(_ client: DropboxClient, _ id: String, _ offset: Int, _ body: [UInt8], close: Bool = false) async throws
    -> DropboxClient.Answer
  {
    try await client.content("upload_session/append_v2", #"{\#(cursor(id, offset)),"close":\#(close)}"#, body)
  }

  private func finish(
    _ client: DropboxClient, _ id: String, _ offset: Int, _ path: String, _ body: [UInt8] = []
  ) async throws -> DropboxClient.Answer {
    try await client.content("upload_session/finish", #"{\#(cursor(id, offset)),"commit":{"path":"\#(path)"}}"#, body)
  }

  @Test func `a file is uploaded in pieces of any size`() async throws {
    let client = try DropboxClient()
    let id = try await start(client, "abc")
    #expect(try await append(client, id, 3, Array("de".utf8)).text == "null")
    let done = try await finish(client, id, 5, "/f", Array("fg".utf8))
    #expect(done.status == 200 && done["size"] == 7, "\(done.text)")
    #expect(done["content_hash"] == .string(Hex.encode(SHA256.hash(SHA256.hash(Array("abcdefg".utf8))))))
    #expect(try await client.get("/f").text == "abcdefg")
    #expect(try await client.get("/f", range: "bytes=2-4").text == "cde")
    #expect(try await client.get("/f", range: "bytes=3-3").text == "d")
  }

  @Test func `a wrong offset is told the right one`() async throws {
    let client = try DropboxClient()
    let id = try await start(client, "abc")
    for offset in [0, 2, 4] {
      let refused = try await append(client, id, offset, [1])
      #expect(refused.summary == "incorrect_offset/" && refused["error"]["correct_offset"] == 3)
      let unfinished = try await finish(client, id, offset, "/f")
      #expect(unfinished.summary == "lookup_failed/incorrect_offset/")
      #expect(unfinished["error"]["lookup_failed"]?["correct_offset"] == 3)
    }
    #expect(try await finish(client, id, 3, "/f").status == 200)
    #expect(try await append(client, "pid_upload_session:none", 0, [1]).summary == "not_found/")
    #expect(try await finish(client, "pid_upload_session:none", 0, "/f").summary == "lookup_failed/not_found/")
  }

  @Test func `a closed session takes no more, and makes one file`() async throws {
    let client = try DropboxClient()
    let id = try await start(client, "abc", #"{"close":true}"#)
    #expect(try await append(client, id, 3, [1]).summary == "closed/")
    #expect(try await finish(client, id, 3, "/f").status == 200)
    #expect(try await finish(client, id, 3, "/g").summary == "lookup_failed/not_found/")
    #expect(try await append(client, id, 3, [1]).summary == "closed/")
  }

  @Test func `bytes that came with a refused finish stay`() async throws {
    let client = try DropboxClient()
    try await client.put("/f", "old")
    let id = try await start(client, "ab")
    #expect(try await finish(client, id, 2, "/f", [99]).summary == "path/conflict/file/")
    #expect(try await finish(client, id, 2, "/g", [99])["error"]["lookup_failed"]?["correct_offset"] == 3)
    #expect(try await finish(client, id, 3, "/g").status == 200)
    #expect(try await client.get("/g").text == "abc")
  }

  @Test func `the pieces of a concurrent session come in any order, by blocks`() async throws {
    let client = try DropboxClient()
    let block = Self.block
    let concurrent = #"{"session_type":"concurrent"}"#
    #expect(
      try await client.content("upload_session/start", concurrent, [1]).summary == "concurrent_session_data_not_allowed/")
    #expect(
      try await client.content("upload_session/start", #"{"session_type":{".tag":"concurrent"},"close":true}"#).summary
        == "concurrent_session_close_not_allowed/")
    let id = try await start(client, "", concurrent)
    #expect(try await append(client, id, 1, [1]).summary == "concurrent_session_invalid_offset/")
    #expect(try await append(client, id, 0, [1]).summary == "concurrent_session_invalid_data_size/")
    let first = [UInt8](repeating: 1, count: block)
    let second = [UInt8](repeating: 2, count: block)
    #expect(try await append(client, id, block, second).status == 200)
    #expect(try await finish(client, id, 2 * block, "/f").summary == "concurrent_session_not_closed/")
    #expect(try await append(client, id, block, second).status == 200, "the same piece may come again")
    #expect(try await append(client, id, 2 * block, [3, 3, 3], close: true).status == 200)
    #expect(try await finish(client, id, 2 * block + 3, "/f").summary == "concurrent_session_missing_data/")
    #expect(try await append(client, id, 0, first).summary == "closed/")

    let whole = try await start(client, "", concurrent)
    #expect(try await append(client, whole, block, second).status == 200)
    #expect(try await append(client, whole, 0, first).status == 200)
    #expect(try await append(client, whole, 2 * block, [3], close: true).status == 200)
    #expect(try await finish(client, whole, 2 * block + 1, "/f", [1]).summary == "concurrent_session_data_not_allowed/")
    let done = try await finish(client, whole, 2 * block + 1, "/f")
    let blocks = SHA256.hash(first) + SHA256.hash(second) + SHA256.hash([3])
    #expect(done["content_hash"] == .string(Hex.encode(SHA256.hash(blocks))), "\(done.text)")
    #expect(try await client.get("/f", range: "bytes=\(block - 1)-\(block)").body == [1, 2])
  }

  @Test func `nothing at the place of a piece leaves the piece as it is`() async throws {
    let client = try DropboxClient()
    let id = try await start(client, "", #"{"session_type":"concurrent"}"#)
    #expect(try await append(client, id, 0, [UInt8](repeating: 1, count: Self.block)).status == 200)
    #expect(try await append(client, id, 0, [], close: true).status == 200)
    #expect(try await finish(client, id, Self.block, "/f").status == 200)
    #expect(try await client.get("/f").body.count == Self.block)
  }

  @Test func `a batch gives each file a result of its own`() async throws {
    let client = try DropboxClient()
    try await client.put("/taken", "old")
    let ids = try await client.call("upload_session/start_batch", #"{"num_sessions":3}"#)["session_ids"].arrayValue ?? []
    let names = ids.compactMap(\.stringValue)
    try #require(names.count == 3)
    for id in names.prefix(2) { #expect(try await append(client, id, 0, [65], close: true).status == 200) }
    #expect(try await append(client, names[2], 0, [65]).status == 200)
    let entries = zip(names, ["/new", "/taken", "/open"]).map { #"{\#(cursor($0, 1)),"commit":{"path":"\#($1)"}}"# }
    let answer = try await client.call(
      "upload_session/finish_batch_v2", #"{"entries":[\#(entries.joined(separator: ","))]}"#)
    let results = answer["entries"]
    #expect(results[0]?[".tag"] == "success" && results[0]?["path_lower"] == "/new", "\(answer.text)")
    #expect(results[1]?["failure"]?["path"]?["conflict"]?[".tag"] == "file")
    #expect(results[2]?["failure"]?["lookup_failed"]?[".tag"] == "not_closed")
    let many = Array(repeating: entries[0], count: 1001).joined(separator: ",")
    #expect(try await client.call("upload_session/finish_batch_v2", #"{"entries":[\#(many)]}"#).status == 400)
  }

  @Test func `pieces of many sessions come in one body`() async throws {
    let client = try DropboxClient()
    let (one, other) = (try await start(client, "a"), try await start(client))
    func entry(_ id: String, _ offset: Int, _ length: Int) -> String {
      #"{\#(cursor(id, offset)),"length":\#(length),"close":true}"#
    }
    let entries = [entry(one, 1, 2), entry(other, 7, 1), entry(other, 0, 3)].joined(separator: ",")
    let argument = #"{"entries":[\#(entries)]}"#
    let answer = try await client.content("upload_session/append_batch", argument, Array("bcxdef".utf8))
    #expect(answer["entries"][0]?[".tag"] == "success" && answer["entries"][2]?[".tag"] == "success", "\(answer.text)")
    #expect(answer["entries"][1]?["failure"]?["correct_offset"] == 0)
    #expect(try await finish(client, one, 3, "/one").status == 200)
    let done = try await finish(client, other, 3, "/other")
    #expect(done["content_hash"] == .string(Hex.encode(SHA256.hash(SHA256.hash(Array("def".utf8))))))
    #expect(try await client.get("/one").text == "abc")
    #expect(try await client.get("/other").text == "def")
    let short = try await client.content("upload_session/append_batch", argument, Array("bc".utf8))
    #expect(short.summary == "length_mismatch/")
  }

  @Test func `a session is gone after a week`() async throws {
    let time = DropboxTestTime()
    let client = try DropboxClient(DropboxRules(), EmulatorOptions(clock: time.clock))
    let id = try await start(client, "a")
    time.advance(7 * 86400)
    #expect(try await append(client, id, 1, [1]).status == 200)
    time.advance(1)
    #expect(try await append(client, id, 2, [1]).summary == "not_found/")
  }

  @Test func `what nobody finished in a week is gone when the emulator is opened again`() async throws {
    let folder = try DropboxTestFolder()
    defer { folder.remove() }
    let time = DropboxTestTime()
    let options = EmulatorOptions(data: folder.path, clock: time.clock)
    func files() throws -> Int {
      let walk = TreeWalk(root: try ConfinedDirectory.open(folder.path + Array("/dropbox/blobs".utf8), create: false))
      return try walk.next(max: 100).count
    }
    var client = try DropboxClient(DropboxRules(), options)
    _ = try await start(client, "a")
    #expect(try await finish(client, "pid_upload_session:none", 0, "/f", [1]).summary == "lookup_failed/not_found/")
    time.advance(86400)
    let young = try await start(client, "b")
    #expect(try files() == 2)
    await client.emulator.close()
    time.advance(6 * 86400 + 1)
    client = try DropboxClient(DropboxRules(), options)
    #expect(try files() == 1)
    #expect(try await finish(client, young, 1, "/f").status == 200)
    await client.emulator.close()
  }

  @Test func `a client that appends to a session twice at once adds once`() async throws {
    let client = try DropboxClient()
    let id = try await start(client)
    let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 { group.addTask { try await append(client, id, 0, [7]).status } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(statuses.filter { $0 == 200 }.count == 1)
  }
}
