import Emulators
import HTTPMessages
import HTTPServer
import Markup
import Primitives
import Testing

@Suite struct DropboxChangingTests {
  private func move(_ client: DropboxClient, _ from: String, _ to: String, _ function: String = "move_v2", more: String = "")
    async throws -> DropboxClient.Answer
  {
    try await client.call(function, #"{"from_path":"\#(from)","to_path":"\#(to)"\#(more)}"#)
  }

  @Test func `a move takes a folder with all that is in it, ids stay`() async throws {
    let client = try DropboxClient()
    let put = try await client.put("/From/Sub/f", "x", more: #","client_modified":"2001-01-01T00:00:00Z""#)
    let moved = try await move(client, "/from", "/New/To")
    #expect(moved["metadata"]["path_display"] == "/New/To" && moved["metadata"][".tag"] == "folder", "\(moved.text)")
    let file = try await client.call("get_metadata", #"{"path":"/new/to/sub/F"}"#)
    #expect(file["path_display"] == "/New/To/Sub/f" && file["id"] == put["id"] && file["client_modified"] == put["client_modified"])
    #expect(try await client.call("get_metadata", #"{"path":"/from/sub/f"}"#).summary == "path/not_found/")
    let byID = try await client.call("get_metadata", #"{"path":"\#(put["id"].stringValue ?? "")"}"#)
    #expect(byID["path_display"] == "/New/To/Sub/f")
    let folder = moved["metadata"]["id"]?.stringValue ?? ""
    #expect(try await client.call("get_metadata", #"{"path":"\#(folder)/sub/f"}"#)["id"] == put["id"])
  }

  @Test(arguments: ["/a", "/" + String(repeating: "x", count: 100)])
  func `a path that is longer or deeper than any is no path`(part: String) async throws {
    let client = try DropboxClient()
    let path = String(repeating: part, count: 50_000 / part.utf8.count)
    #expect(try await client.call("create_folder_v2", #"{"path":"\#(path)"}"#).summary == "path/malformed_path/")
    #expect(try await client.call("get_metadata", #"{"path":"\#(path)"}"#).summary == "path/malformed_path/")
    let deep = String(repeating: "/a", count: 512)
    let made = try await client.call("create_folder_v2", #"{"path":"\#(deep)"}"#)
    #expect(made["metadata"]["path_display"] == .string(deep), "\(made.text)")
  }

  @Test(arguments: ["", ".txt", "." + String(repeating: "é", count: 200)])
  func `a name that is made has no more characters than one may have`(ending: String) async throws {
    let client = try DropboxClient(DropboxRules(argumentHeader: .utf8))
    let name = String(repeating: "é", count: 255 - ending.unicodeScalars.count) + ending
    for folder in ["/a", "/b"] { try await client.put("\(folder)/\(name)", folder) }
    let moved = try await move(client, "/a/\(name)", "/b/\(name)", more: #","autorename":true"#)
    let made = try #require(moved["metadata"]["path_display"]?.stringValue, "\(moved.text)")
    #expect(made.contains("é (1)") && (ending.unicodeScalars.count > 100 || made.hasSuffix(ending)))
    #expect(try await client.get(made).text == "/a")
    #expect(try await client.get("/b/\(name)").text == "/b")
  }

  @Test func `what is too long when it is composed is no name`() async throws {
    let client = try DropboxClient(DropboxRules(argumentHeader: .utf8))
    // Excluded from composition: it becomes two characters.
    let name = String(repeating: "\u{958}", count: 200)
    #expect(try await client.put("/\(name)", "x").summary == "path/malformed_path/")
    #expect(try await client.call("create_folder_v2", #"{"path":"/\#(name)"}"#).summary == "path/malformed_path/")
    let half = String(repeating: "/a", count: 300)
    for path in [half, "/b/c"] { _ = try await client.call("create_folder_v2", #"{"path":"\#(path)"}"#) }
    let deep = String(repeating: "/d", count: 300)
    #expect(try await move(client, "/a", deep).summary == "to/malformed_path/")
    #expect(try await client.call("get_metadata", #"{"path":"\#(half)"}"#).status == 200)
  }

  @Test func `a copy has ids of its own and the same content`() async throws {
    let client = try DropboxClient()
    let put = try await client.put("/a/f", "x", more: #","client_modified":"2001-01-01T00:00:00Z""#)
    #expect(try await move(client, "/a", "/b", "copy_v2").status == 200)
    let copy = try await client.call("get_metadata", #"{"path":"/b/f"}"#)
    #expect(copy["id"] != put["id"] && copy["rev"] != put["rev"] && copy["content_hash"] == put["content_hash"])
    #expect(copy["client_modified"] == put["client_modified"])
    _ = try await client.call("delete_v2", #"{"path":"/a"}"#)
    #expect(try await client.get("/b/f").text == "x")
  }

  @Test(arguments: ["move_v2", "copy_v2"]) func `what cannot be moved or copied is told`(function: String) async throws {
    let client = try DropboxClient()
    for path in ["/d/f", "/g", "/d/sub/x"] { try await client.put(path, path) }
    func summary(_ from: String, _ to: String) async throws -> String { try await move(client, from, to, function).summary }
    #expect(try await summary("/none", "/x") == "from_lookup/not_found/")
    #expect(try await summary("/g", "/D/F") == "to/conflict/file/")
    #expect(try await summary("/g", "/d/sub") == "to/conflict/folder/")
    #expect(try await summary("/g", "/d/f/below") == "to/conflict/file_ancestor/")
    #expect(try await summary("/g", "/d/bad /x") == "to/malformed_path/")
    #expect(try await summary("/g", "/d/.dropbox") == "to/disallowed_name/")
    #expect(
      try await summary("/d", "/D/sub/d")
        == (function == "move_v2" ? "cant_move_folder_into_itself/" : "duplicated_or_nested_paths/"))
    #expect(try await summary("/g", "/g") == "duplicated_or_nested_paths/")
    #expect(try await move(client, "/g", "/d/f", function, more: #","autorename":true"#)["metadata"]["name"] == "f (1)")
  }

  @Test func `a name is not renamed by case alone, though the service says yes`() async throws {
    let client = try DropboxClient()
    let put = try await client.put("/Name", "x")
    let moved = try await move(client, "/Name", "/NAME")
    #expect(moved.status == 200 && moved["metadata"]["path_display"] == "/Name" && moved["metadata"]["rev"] == put["rev"])
  }

  @Test func `a delete takes the revision that it is for, and all that is in a folder`() async throws {
    let client = try DropboxClient()
    let old = try await client.put("/d/f", "1")["rev"].stringValue ?? ""
    let new = try await client.put("/d/f", "2")["rev"].stringValue ?? ""
    func delete(_ path: String, _ more: String = "") async throws -> DropboxClient.Answer {
      try await client.call("delete_v2", #"{"path":"\#(path)"\#(more)}"#)
    }
    #expect(try await delete("/d/f", #","parent_rev":"\#(old)""#).summary == "path_write/conflict/file/")
    #expect(try await delete("/d", #","parent_rev":"\#(old)""#).summary == "path_lookup/not_file/")
    #expect(try await delete("/none").summary == "path_lookup/not_found/")
    let gone = try await delete("/D/F", #","parent_rev":"\#(new)""#)
    #expect(gone["metadata"][".tag"] == "file" && gone["metadata"]["rev"]?.stringValue == new)
    try await client.put("/d/sub/g", "1")
    #expect(try await delete("/d").status == 200)
    #expect(try await client.call("get_metadata", #"{"path":"/d/sub/g"}"#).summary == "path/not_found/")
  }

  @Test func `jobs are asked for until they are done`() async throws {
    let client = try DropboxClient(DropboxRules(jobPolls: 1))
    for path in ["/a", "/b", "/c"] { try await client.put(path, path) }
    func run(_ function: String, _ argument: String, check: String) async throws -> JSONValue {
      let launched = try await client.call(function, argument)
      let id = try #require(launched["async_job_id"].stringValue, "\(launched.text)")
      #expect(try await client.call(check, #"{"async_job_id":"\#(id)"}"#)[".tag"] == "in_progress")
      let done = try await client.call(check, #"{"async_job_id":"\#(id)"}"#)
      #expect(done[".tag"] == "complete")
      return done["entries"]
    }
    let deleted = try await run(
      "delete_batch", #"{"entries":[{"path":"/a"},{"path":"/none"}]}"#, check: "delete_batch/check")
    #expect(deleted[0]?["metadata"]?["name"] == "a" && deleted[1]?["failure"]?["path_lookup"]?[".tag"] == "not_found")
    let moved = try await run(
      "move_batch_v2", #"{"entries":[{"from_path":"/b","to_path":"/x/b"},{"from_path":"/c","to_path":"/x/b"}]}"#,
      check: "move_batch/check_v2")
    #expect(moved[0]?["success"]?["path_display"] == "/x/b")
    #expect(moved[1]?["failure"]?["relocation_error"]?["to"]?["conflict"]?[".tag"] == "file")
    let made = try await client.call("create_folder_batch", #"{"paths":["/n/1","/c","/n/2"]}"#)
    #expect(made[".tag"] == "complete" && made["entries"][0]?["metadata"]?["path_display"] == "/n/1")
    #expect(made["entries"][1]?["failure"]?["path"]?["conflict"]?[".tag"] == "file")
    #expect(try await client.call("delete_batch/check", #"{"async_job_id":"x"}"#).summary == "invalid_async_job_id/")
  }

  @Test func `a batch with an argument that is none does nothing`() async throws {
    let client = try DropboxClient()
    try await client.put("/a", "x")
    for (function, argument) in [
      ("delete_batch", #"{"entries":[{"path":"/a"},{"path":"a"}]}"#),
      ("move_batch_v2", #"{"entries":[{"from_path":"/a","to_path":"/b"},{"from_path":"/a"}]}"#),
      ("create_folder_batch", #"{"paths":["/new","new"]}"#),
      ("upload_session/finish_batch_v2", #"{"entries":[{"cursor":{"session_id":"x"}}]}"#),
    ] { #expect(try await client.call(function, argument).status == 400) }
    #expect(try await client.call("list_folder", #"{"path":""}"#)["entries"].arrayValue?.count == 1)
    let mixed = try await client.call("create_folder_batch", #"{"paths":["/new/","/new"]}"#)
    #expect(mixed["entries"][0]?["failure"]?["path"]?[".tag"] == "malformed_path" && mixed["entries"][1]?[".tag"] == "success")
  }

  @Test func `a file has nothing below it`() async throws {
    let client = try DropboxClient()
    try await client.put("/f", "x")
    #expect(try await move(client, "/f", "/f/x").summary == "to/conflict/file_ancestor/")
  }

  @Test func `old revisions can be read and restored`() async throws {
    let client = try DropboxClient()
    let first = try await client.put("/f", "one")["rev"].stringValue ?? ""
    let second = try await client.put("/f", "two")["rev"].stringValue ?? ""
    #expect(try await client.get("rev:\(first)").text == "one")
    let revisions = try await client.call("list_revisions", #"{"path":"/F"}"#)
    #expect(revisions["entries"].arrayValue?.compactMap { $0["rev"]?.stringValue } == [second, first])
    #expect(revisions["is_deleted"] == false)
    #expect(
      try await client.call("list_revisions", #"{"path":"/f","limit":1,"before_rev":"\#(second)"}"#)["entries"][0]?["rev"]?
        .stringValue == first)
    _ = try await client.call("delete_v2", #"{"path":"/f"}"#)
    #expect(try await client.call("list_revisions", #"{"path":"/f"}"#)["is_deleted"] == true)
    let restored = try await client.call("restore", #"{"path":"/f","rev":"\#(first)"}"#)
    #expect(restored.status == 200 && restored["rev"].stringValue != first)
    #expect(try await client.get("/f").text == "one")
    #expect(try await client.call("restore", #"{"path":"/f","rev":"0123456789"}"#).summary == "invalid_revision/")
    #expect(try await client.call("list_revisions", #"{"path":"/none"}"#).summary == "path/not_found/")
  }

  @Test func `writes at the same time can be refused as under load`() async throws {
    let client = try DropboxClient(DropboxRules(contention: .refused))
    let slow = HeldBody()
    let headers: [(String, String)] = [
      ("Authorization", "Bearer sl.u.developer"), ("Content-Type", "application/octet-stream"),
      ("Dropbox-API-Arg", #"{"path":"/slow"}"#),
    ]
    async let first = client.emulator.respond(
      to: .init(method: .post, target: "/2/files/upload", headers: try DropboxClient.fields(headers), body: slow))
    try await slow.wasAskedFor()
    let second = try await client.put("/fast", "x")
    #expect(second.status == 429 && second.summary == "too_many_write_operations/")
    #expect(second.headers["retry-after"] == "1" && second["error"]["retry_after"] == 1)
    #expect(second["error"]["reason"]?[".tag"] == "too_many_write_operations")
    #expect(try await client.get("/fast").summary == "path/not_found/", "reading is no write")
    slow.letGo()
    #expect(try await first.status == 200)
    #expect(try await client.put("/fast", "x").status == 200)
  }
}
