import Emulators
import HTTPMessages
import Markup
import Primitives
import Testing

@Suite struct DropboxListingTests {
  /// What a client that follows cursors to the end sees: `tag path_display` of each entry.
  private func follow(_ client: DropboxClient, _ first: DropboxClient.Answer) async throws -> (entries: [String], cursor: String) {
    var answer = first
    var entries: [String] = []
    while true {
      try #require(answer.status == 200, "\(answer.text)")
      for entry in answer["entries"].arrayValue ?? [] {
        entries.append("\(entry[".tag"]?.stringValue ?? "?") \(entry["path_display"]?.stringValue ?? "?")")
      }
      let cursor = answer["cursor"].stringValue ?? ""
      guard answer["has_more"] == true else { return (entries, cursor) }
      answer = try await client.call("list_folder/continue", #"{"cursor":"\#(cursor)"}"#)
    }
  }

  private func list(_ client: DropboxClient, _ argument: String) async throws -> (entries: [String], cursor: String) {
    try await follow(client, try await client.call("list_folder", argument))
  }

  private func news(_ client: DropboxClient, _ cursor: String) async throws -> (entries: [String], cursor: String) {
    try await follow(client, try await client.call("list_folder/continue", #"{"cursor":"\#(cursor)"}"#))
  }

  @Test(arguments: [1, 2, 3, 100]) func `pages of any size give every entry once, folders first`(limit: Int) async throws {
    let client = try DropboxClient()
    for number in 0..<7 { try await client.put("/Dir/f\(number)", "x") }
    for number in 0..<3 { try await client.put("/Dir/sub\(number)/y", "x") }
    let (entries, _) = try await list(client, #"{"path":"/DIR","limit":\#(limit)}"#)
    #expect(entries.count == 10 && Set(entries).count == 10)
    #expect(entries.prefix(3).allSatisfy { $0.hasPrefix("folder /Dir/sub") })
    #expect(entries.dropFirst(3) != entries.dropFirst(3).sorted()[...], "an order that a client could rely on")
    #expect(entries == (try await list(client, #"{"path":"/dir"}"#).entries), "an order that does not stay")
  }

  @Test(arguments: [1, 2, 5, 100]) func `a recursive listing begins with the folder, and has folders before what is in them`(
    limit: Int
  ) async throws {
    let client = try DropboxClient()
    for path in ["/A/b/c/1", "/A/b/2", "/A/3", "/A b/4", "/other"] { try await client.put(path, "x") }
    let (entries, _) = try await list(client, #"{"path":"/a","recursive":true,"limit":\#(limit)}"#)
    #expect(entries.first == "folder /A")
    #expect(Set(entries) == ["folder /A", "folder /A/b", "folder /A/b/c", "file /A/b/c/1", "file /A/b/2", "file /A/3"])
    #expect(entries.count == 6)
    let whole = try await list(client, #"{"path":"","recursive":true,"limit":\#(limit)}"#).entries
    #expect(whole.count == 9 && Set(whole).count == 9)
    var seen: Set<String> = [""]
    for path in whole.map({ String($0.drop { $0 != " " }.dropFirst()) }) {
      #expect(seen.contains(String(path[..<path.lastIndex(of: "/")!])), "\(path) before its folder")
      seen.insert(path)
    }
  }

  @Test func `a cursor tells what changed, each path as it is now`() async throws {
    let client = try DropboxClient()
    for path in ["/d/keep", "/d/change", "/d/delete", "/d/sub/deep"] { try await client.put(path, "1") }
    let (_, flat) = try await list(client, #"{"path":"/d"}"#)
    let (_, deep) = try await list(client, #"{"path":"/d","recursive":true}"#)
    #expect(try await news(client, flat).entries.isEmpty)
    try await client.put("/d/change", "2")
    try await client.put("/d/change", "3")
    _ = try await client.call("delete_v2", #"{"path":"/d/delete"}"#)
    try await client.put("/d/sub/deep", "2")
    try await client.put("/elsewhere", "2")
    _ = try await client.call("move_v2", #"{"from_path":"/d/sub","to_path":"/d/moved"}"#)
    #expect(
      try await news(client, flat).entries
        == ["file /d/change", "deleted /d/delete", "deleted /d/sub", "folder /d/moved"])
    let changes = try await news(client, deep)
    #expect(
      changes.entries == [
        "file /d/change", "deleted /d/delete", "deleted /d/sub", "folder /d/moved", "deleted /d/sub/deep", "file /d/moved/deep",
      ])
    #expect(try await news(client, changes.cursor).entries.isEmpty)
    // A cursor stays good, and tells the same again.
    #expect(try await news(client, deep).entries == changes.entries)
  }

  @Test func `what changes while a folder is listed is told in the end`() async throws {
    let client = try DropboxClient()
    for number in 0..<6 { try await client.put("/d/\(number)", "x") }
    let first = try await client.call("list_folder", #"{"path":"/d","limit":2}"#)
    for number in 0..<6 { try await client.put("/d/\(number)", "changed") }
    _ = try await client.call("delete_v2", #"{"path":"/d/3"}"#)
    let (entries, _) = try await follow(client, first)
    #expect(entries.filter { $0 == "deleted /d/3" }.count == 1)
    for number in [0, 1, 2, 4, 5] { #expect(entries.suffix(6).contains("file /d/\(number)")) }
  }

  @Test func `what is gone is listed to who asks for it`() async throws {
    let client = try DropboxClient()
    for path in ["/d/a", "/d/b", "/d/s/c"] { try await client.put(path, "x") }
    for path in ["/d/a", "/d/s"] { _ = try await client.call("delete_v2", #"{"path":"\#(path)"}"#) }
    #expect(try await list(client, #"{"path":"/d"}"#).entries == ["file /d/b"])
    let all = try await list(client, #"{"path":"/d","include_deleted":true,"limit":1}"#).entries
    #expect(Set(all) == ["file /d/b", "deleted /d/a", "deleted /d/s"] && all.count == 3)
    try await client.put("/d/a", "again")
    #expect(
      Set(try await list(client, #"{"path":"/d","include_deleted":true}"#).entries) == ["file /d/a", "file /d/b", "deleted /d/s"])
    let gone = try await client.call("get_metadata", #"{"path":"/D/S/C","include_deleted":true}"#)
    #expect(gone[".tag"] == "deleted" && gone["path_display"] == "/d/s/c")
    #expect(try await client.call("get_metadata", #"{"path":"/never","include_deleted":true}"#).summary == "path/not_found/")
  }

  @Test func `cursors that are no longer good say so`() async throws {
    let client = try DropboxClient()
    try await client.put("/d/a", "x")
    let (_, cursor) = try await list(client, #"{"path":"/d"}"#)
    func next(_ cursor: String) async throws -> DropboxClient.Answer {
      try await client.call("list_folder/continue", #"{"cursor":"\#(cursor)"}"#)
    }
    for bad in ["AAAA", "x", String(cursor.dropLast(4)) + "AAAA", String(cursor.dropLast(1))] {
      let refused = try await next(bad)
      #expect(refused.status == 400 && refused.text.contains(#"Invalid "cursor" parameter"#), "\(refused.text)")
    }
    _ = try await client.call("delete_v2", #"{"path":"/d"}"#)
    #expect(try await next(cursor).summary == "path/not_found/")
    try await client.put("/d", "a file")
    #expect(try await next(cursor).summary == "path/not_folder/")
    _ = try await client.call("delete_v2", #"{"path":"/d"}"#)
    try await client.put("/d/b", "x")
    #expect(try await next(cursor).status == 200)
    try client.emulator.expireCursors()
    #expect(try await next(cursor).summary == "reset/")
    let poll = try await client.send(
      "/2/files/list_folder/longpoll", headers: [("Content-Type", "application/json")],
      body: Array(#"{"cursor":"\#(cursor)"}"#.utf8), withToken: false)
    #expect(poll.summary == "reset/")
  }

  @Test func `the latest cursor tells only what comes`() async throws {
    let client = try DropboxClient()
    try await client.put("/a", "x")
    let cursor = try await client.call("list_folder/get_latest_cursor", #"{"path":"","recursive":true}"#)["cursor"]
    try await client.put("/b/c", "x")
    #expect(try await news(client, cursor.stringValue ?? "").entries == ["folder /b", "file /b/c"])
  }

  @Test func `a long poll returns with the first change, or at the end of its time`() async throws {
    let client = try DropboxClient(DropboxRules(longPollLimit: .milliseconds(50)))
    let (_, cursor) = try await list(client, #"{"path":""}"#)
    func poll(_ client: DropboxClient) async throws -> DropboxClient.Answer {
      try await client.send(
        "/2/files/list_folder/longpoll", headers: [("Content-Type", "application/json")],
        body: Array(#"{"cursor":"\#(cursor)","timeout":30}"#.utf8), withToken: false)
    }
    #expect(try await poll(client)["changes"] == false)
    try await client.put("/a", "x")
    #expect(try await poll(client)["changes"] == true)

    let patient = try DropboxClient(DropboxRules(longPollLimit: .seconds(60)))
    let start = try await list(patient, #"{"path":""}"#).cursor
    async let waiting = patient.send(
      "/2/files/list_folder/longpoll", headers: [("Content-Type", "application/json")],
      body: Array(#"{"cursor":"\#(start)"}"#.utf8), withToken: false)
    try await patient.put("/a", "x")
    #expect(try await waiting["changes"] == true)
  }

  @Test func `a data folder keeps all of it, cursors too`() async throws {
    let folder = try DropboxTestFolder()
    let options = EmulatorOptions(data: folder.path)
    var client = try DropboxClient(DropboxRules(), options)
    try await client.put("/a", "content")
    let (_, cursor) = try await list(client, #"{"path":""}"#)
    try await client.put("/b", "more")
    await client.emulator.close()
    client = try DropboxClient(DropboxRules(), options)
    #expect(try await client.get("/a").text == "content")
    #expect(try await news(client, cursor).entries == ["file /b"])
    await client.emulator.close()
    folder.remove()
  }
}
