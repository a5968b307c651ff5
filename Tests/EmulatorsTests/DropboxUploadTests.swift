import Crypto
import Emulators
import HTTPMessages
import HTTPServer
import Markup
import Primitives
import Testing

@Suite struct DropboxUploadTests {
  @Test func `an uploaded file comes back with its metadata`() async throws {
    let client = try DropboxClient()
    let put = try await client.put("/Dir/A b.txt", "hello", more: #","client_modified":"2020-02-03T04:05:06Z""#)
    #expect(put.status == 200, "\(put.text)")
    #expect(put["name"] == "A b.txt" && put["path_lower"] == "/dir/a b.txt" && put["path_display"] == "/Dir/A b.txt")
    #expect(put["client_modified"] == "2020-02-03T04:05:06Z" && put["size"] == 5 && put[".tag"] == .null)
    let hash = Hex.encode(SHA256.hash(SHA256.hash(Array("hello".utf8))))
    #expect(put["content_hash"] == .string(hash))
    let get = try await client.get("/DIR/a B.TXT")
    #expect(get.status == 200 && get.text == "hello")
    #expect(get.headers["etag"] == "W/\"\(put["rev"].stringValue ?? "")\"")
    let result = try JSONValue.parse(Array((get.headers["dropbox-api-result"] ?? "").utf8))
    #expect(result["path_display"] == "/Dir/A b.txt" && result["content_hash"] == .string(hash))
    let again = try await client.call("get_metadata", #"{"path":"/dir/a b.txt"}"#)
    #expect(again[".tag"] == "file" && again["id"] == put["id"])
    #expect(try await client.call("get_metadata", #"{"path":"/dir"}"#)["path_display"] == "/Dir")
  }

  @Test func `names beyond ASCII are escaped in the result header`() async throws {
    let client = try DropboxClient()
    let put = try await client.put(#"/\u00fc \ud83d\ude00.txt"#, "x")
    #expect(put["name"] == "ü 😀.txt", "\(put.text)")
    let header = try #require(try await client.get(#"/\u00dc \ud83d\ude00.TXT"#).headers["dropbox-api-result"])
    #expect(header.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
    #expect(header.contains(#"\u00fc \ud83d\ude00.txt"#))
  }

  @Test(arguments: [
    (#""add""#, "", "path/conflict/file/"),
    (#"{".tag":"add"}"#, "", "path/conflict/file/"),
    (#"{".tag":"update","update":"0123456789"}"#, "", "path/conflict/file/"),
    (#""overwrite""#, "", nil),
  ]) func `other content at a path is a conflict by the mode`(mode: String, more: String, refusal: String?) async throws {
    let client = try DropboxClient()
    try await client.put("/a", "old")
    let put = try await client.put("/A", "new", mode: mode, more: more)
    #expect(put.status == (refusal == nil ? 200 : 409))
    if let refusal { #expect(put.summary == refusal) }
    #expect(try await client.get("/a").text == (refusal == nil ? "new" : "old"))
  }

  @Test func `an update takes the right revision once`() async throws {
    let client = try DropboxClient()
    let first = try await client.put("/a", "1")["rev"].stringValue ?? ""
    let update = #"{".tag":"update","update":"\#(first)"}"#
    let second = try await client.put("/a", "2", mode: update)
    #expect(second.status == 200 && second["rev"].stringValue != first)
    #expect(try await client.put("/a", "3", mode: update).summary == "path/conflict/file/")
    // The file gone: written again, unless the client is strict.
    _ = try await client.call("delete_v2", #"{"path":"/a"}"#)
    #expect(try await client.put("/a", "3", mode: update, more: #","strict_conflict":true"#).summary == "path/conflict/file/")
    #expect(try await client.put("/a", "3", mode: update).status == 200)
  }

  @Test func `equal content writes nothing, not even the time, and is a conflict for the strict`() async throws {
    let client = try DropboxClient()
    let first = try await client.put("/a", "same", more: #","client_modified":"2001-01-01T00:00:00Z""#)
    for mode in [#""overwrite""#, #""add""#, #"{".tag":"update","update":"0123456789"}"#] {
      let again = try await client.put("/a", "same", mode: mode, more: #","client_modified":"2002-01-01T00:00:00Z""#)
      #expect(again["rev"] == first["rev"] && again["client_modified"] == "2001-01-01T00:00:00Z")
    }
    let strict = try await client.put("/a", "same", mode: #""add""#, more: #","strict_conflict":true"#)
    #expect(strict.summary == "path/conflict/file/")
    let over = try await client.put("/a", "same", more: #","strict_conflict":true,"client_modified":"2002-01-01T00:00:00Z""#)
    #expect(over["rev"] != first["rev"] && over["client_modified"] == "2002-01-01T00:00:00Z" && over["id"] == first["id"])
  }

  @Test func `a conflict can give the file another name`() async throws {
    let client = try DropboxClient()
    try await client.put("/a.tar.gz", "1")
    let numbered = try await client.put("/a.tar.gz", "2", mode: #""add""#, more: #","autorename":true"#)
    #expect(numbered["name"] == "a.tar (1).gz")
    let copy = try await client.put(
      "/a.tar.gz", "3", mode: #"{".tag":"update","update":"0123456789"}"#, more: #","autorename":true"#)
    #expect(copy["name"] == "a.tar (conflicted copy).gz")
    #expect(try await client.put("/a.tar.gz", "4", mode: #""add""#, more: #","autorename":true"#)["name"] == "a.tar (2).gz")
  }

  @Test func `files and folders are in each other's way`() async throws {
    let client = try DropboxClient()
    try await client.put("/dir/file", "1")
    #expect(try await client.put("/Dir", "2").summary == "path/conflict/folder/")
    #expect(try await client.put("/dir/FILE/below/x", "2").summary == "path/conflict/file_ancestor/")
    #expect(try await client.call("create_folder_v2", #"{"path":"/dir"}"#).summary == "path/conflict/folder/")
    #expect(try await client.call("create_folder_v2", #"{"path":"/dir/file"}"#).summary == "path/conflict/file/")
    #expect(try await client.call("get_metadata", #"{"path":"/dir/file/below"}"#).summary == "path/not_found/")
  }

  @Test func `a refused upload can be finished elsewhere without sending it again`() async throws {
    let client = try DropboxClient()
    try await client.put("/a", "old")
    let refused = try await client.put("/a", "new", mode: #""add""#)
    let session = try #require(refused["error"]["upload_session_id"]?.stringValue)
    #expect(refused["error"][".tag"] == "path" && refused["error"]["reason"]?["conflict"]?[".tag"] == "file")
    let finish = #"{"cursor":{"session_id":"\#(session)","offset":3},"commit":{"path":"/b"}}"#
    #expect(try await client.content("upload_session/finish", finish).status == 200)
    #expect(try await client.get("/b").text == "new")
  }

  @Test func `content is checked against the hash that is given`() async throws {
    let client = try DropboxClient()
    let wrong = String(repeating: "0", count: 64)
    let put = try await client.put("/a", "x", more: #","content_hash":"\#(wrong)""#)
    #expect(put.status == 409 && put.summary == "content_hash_mismatch/")
    #expect(try await client.get("/a").summary == "path/not_found/")
    #expect(try await client.put("/a", "x", more: #","content_hash":"abc""#).status == 400)
  }

  @Test func `a request carries so much at most`() async throws {
    let client = try DropboxClient(DropboxRules(payloadLimit: 4))
    #expect(try await client.put("/a", "1234").status == 200)
    #expect(try await client.put("/a", "12345").summary == "payload_too_large/")
    #expect(try await client.get("/a").text == "1234")
  }

  @Test func `an account that is full takes no more`() async throws {
    let client = try DropboxClient(DropboxRules(quota: 5))
    #expect(try await client.put("/a", "1234").status == 200)
    #expect(try await client.put("/b", "12").summary == "path/insufficient_space/")
    _ = try await client.call("delete_v2", #"{"path":"/a"}"#)
    #expect(try await client.put("/b", "12").status == 200)
    let usage = try await client.send("/2/users/get_space_usage")
    #expect(usage["used"] == 2 && usage["allocation"]["allocated"] == 5)
  }

  @Test func `a body that breaks off leaves nothing`() async throws {
    let client = try DropboxClient()
    let request = HTTPServerRequest(
      method: .post, target: "/2/files/upload",
      headers: [
        "Authorization": "Bearer sl.u.developer", "Content-Type": "application/octet-stream", "Dropbox-API-Arg": #"{"path":"/a"}"#,
      ], body: DropboxClient.Content(Array("abc".utf8), isTorn: true, length: 9))
    await #expect(throws: HTTPError.self) { _ = try await client.emulator.respond(to: request) }
    #expect(try await client.get("/a").summary == "path/not_found/")
  }

  @Test(arguments: [
    ("bytes=1-2", 206, "el", "bytes 1-2/5"), ("bytes=3-", 206, "lo", "bytes 3-4/5"), ("bytes=-2", 206, "lo", "bytes 3-4/5"),
    ("bytes=2-99", 206, "llo", "bytes 2-4/5"), ("bytes=5-", 416, "", "bytes */5"), ("bytes=9-12", 416, "", "bytes */5"),
    ("bytes=-0", 416, "", "bytes */5"), ("bytes=3-1", 200, "hello", nil), ("bytes=0-1,3-4", 200, "hello", nil),
    ("lines=1-2", 200, "hello", nil),
  ]) func `a download can be a range`(range: String, status: Int, text: String, contentRange: String?) async throws {
    let client = try DropboxClient()
    try await client.put("/a", "hello")
    let get = try await client.get("/a", range: range)
    #expect(get.status == status && get.text == text && get.headers["content-range"] == contentRange)
  }

  @Test func `a download is answered 304 for the tag that it has`() async throws {
    let client = try DropboxClient()
    let revision = try await client.put("/a", "hello")["rev"].stringValue ?? ""
    let headers = [("Dropbox-API-Arg", #"{"path":"/a"}"#), ("If-None-Match", "W/\"\(revision)\"")]
    #expect(try await client.send("/2/files/download", headers: headers).status == 304)
    #expect(try await client.send("/2/files/download", method: .get, headers: [headers[0]]).text == "hello")
    let query = PercentEncoding.encode(#"{"path":"/a"}"#.utf8, keepSlash: false)
    #expect(try await client.send("/2/files/download?arg=\(query)", method: .get).text == "hello")
  }
}
