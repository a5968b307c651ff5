import Emulators
import HTTPMessages
import Markup
import Primitives
import Testing

@Suite struct DropboxRequestTests {
  @Test(arguments: [
    ("get_metadata", "", "request body: could not decode input as JSON"),
    ("get_metadata", "{", "request body: could not decode input as JSON"),
    ("get_metadata", #"{"path":"/\ud800"}"#, "request body: could not decode input as JSON"),
    ("get_metadata", #""/a""#, "request body: expected object, got string"),
    ("get_metadata", "{}", "request body: missing required field 'path'"),
    ("get_metadata", #"{"path":null}"#, "request body: path: 'None' expected to be a string, got null"),
    ("get_metadata", #"{"path":7}"#, "request body: path: '7' expected to be a string, got integer"),
    ("get_metadata", #"{"path":"a"}"#, "request body: path: 'a' did not match pattern '"),
    ("get_metadata", #"{"path":""}"#, "request body: path: The root folder is unsupported."),
    ("get_metadata", #"{"path":"rev:12"}"#, "request body: path: 'rev:12' did not match pattern '"),
    ("get_metadata", #"{"path":"/a","pathh":1}"#, "request body: unknown field 'pathh'"),
    ("get_metadata", #"{"path":"/a","include_deleted":"yes"}"#, "include_deleted: 'yes' expected to be a boolean, got string"),
    ("list_folder", #"{"path":"/"}"#, #"path: Specify the root folder as an empty string rather than as "/"."#),
    ("list_folder", #"{"path":"","limit":0}"#, "limit: 0 is not within range [1, 2000]"),
    ("list_folder", #"{"path":"","limit":2001}"#, "limit: 2001 is not within range [1, 2000]"),
    ("list_folder", #"{"path":"","limit":1.5}"#, "limit: '1.5' expected to be an integer, got float"),
    ("list_folder/longpoll", #"{"cursor":"x","timeout":29}"#, "timeout: 29 is not within range [30, 480]"),
    ("create_folder_v2", #"{"path":"id:abc"}"#, "path: 'id:abc' did not match pattern '"),
    ("delete_v2", #"{"path":"/"}"#, "path: The root folder is unsupported."),
    ("delete_batch", #"{"entries":{}}"#, "entries: '{}' expected to be a list, got object"),
    ("delete_batch", #"{"entries":[{"path":1}]}"#, "entries[0].path: '1' expected to be a string, got integer"),
    ("upload_session/start_batch", #"{"num_sessions":1001}"#, "num_sessions: 1001 is not within range [1, 1000]"),
    ("nothing", "{}", "Unknown API function"),
  ]) func `a wrong argument is refused with 400 and a text`(function: String, argument: String, text: String) async throws {
    let answer = try await DropboxClient().call(function, argument)
    #expect(answer.status == 400 && answer.text.contains(text), "\(answer.text)")
    #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
  }

  @Test(arguments: [
    (#"{"path":"/a","mode":"update"}"#, "mode: missing required field 'update'"),
    (#"{"path":"/a","mode":"replace"}"#, "mode: invalid union tag 'replace'"),
    (#"{"path":"/a","mode":{"update":"0123456789"}}"#, "mode: missing '.tag' key"),
    (#"{"path":"/a","mode":{".tag":"update","update":"XYZ"}}"#, "did not match pattern '[0-9a-f]+'"),
    (#"{"path":"/a","client_modified":"2020-01-01T00:00:00.5Z"}"#, "does not match format '%Y-%m-%dT%H:%M:%SZ'"),
    (#"{"path":"/a","client_modified":"2020-01-01T00:00:00+01:00"}"#, "does not match format '%Y-%m-%dT%H:%M:%SZ'"),
    (#"{"path":"/a","client_modified":"2020-02-30T00:00:00Z"}"#, "does not match format '%Y-%m-%dT%H:%M:%SZ'"),
    (#"{"path":"/ü"}"#, #"HTTP header "Dropbox-API-Arg": could not decode input as JSON"#),
    (#"{"path":"/"}"#, "path: The root folder is unsupported."),
  ]) func `a wrong argument of an upload is refused`(argument: String, text: String) async throws {
    let client = try DropboxClient()
    let answer = try await client.content("upload", argument, [1])
    #expect(answer.status == 400 && answer.text.contains(text), "\(answer.text)")
    #expect(try await client.call("list_folder", #"{"path":""}"#)["entries"] == [])
  }

  @Test func `an argument in UTF-8 is taken where that is allowed`() async throws {
    let client = try DropboxClient(DropboxRules(argumentHeader: .utf8))
    #expect(try await client.content("upload", #"{"path":"/ü"}"#, [1])["name"] == "ü")
    #expect(try await client.content("upload", "{\"path\":\"/\u{FFFD}\"}", [1]).status == 400)
  }

  @Test(arguments: [
    "/a/", "//a", "/a//b", "/a/../b", "/./a", "/a/.", "/back\\\\slash", "/trailing /x", "/trailing ", "/del\\u007f", "/nul\\u0000",
    "/" + String(repeating: "x", count: 256),
  ]) func `a path that cannot be is malformed`(path: String) async throws {
    let client = try DropboxClient()
    #expect(try await client.put(path, "x").summary == "path/malformed_path/")
    #expect(try await client.call("get_metadata", #"{"path":"\#(path)"}"#).summary == "path/malformed_path/")
    #expect(try await client.call("create_folder_v2", #"{"path":"\#(path)"}"#).summary == "path/malformed_path/")
    #expect(try await client.call("delete_v2", #"{"path":"\#(path)"}"#).summary == "path_lookup/malformed_path/")
    #expect(try await client.call("list_folder", #"{"path":""}"#)["entries"] == [])
  }

  @Test(arguments: ["/Desktop.ini", "/d/.DS_Store", "/icon\\r", "/.dropbox", "/.dropbox.cache/x"])
  func `a name that the service keeps for itself is disallowed`(path: String) async throws {
    let client = try DropboxClient()
    #expect(try await client.put(path, "x").summary == "path/disallowed_name/")
    #expect(try await client.call("create_folder_v2", #"{"path":"\#(path)"}"#).summary == "path/disallowed_name/")
  }

  @Test(arguments: [
    ("/a\\nb", "/a\\nb"), ("/ lead", "/ lead"), ("/a+b%20&c", "/a+b%20&c"), ("/ÄÖ", "/äö"),
    // Each letter by itself, and no letter that is younger than Unicode 4.1.
    ("/ΣΑΣ", "/σασ"), ("/\\u0130X", "/ix"), ("/\\uA64AX", "/\\uA64Ax"), ("/\\u023AX", "/\\u023Ax"), ("/\\u1C90X", "/\\u1C90x"),
    ("/" + String(repeating: "y", count: 255), "/" + String(repeating: "y", count: 255)),
  ]) func `an odd name is kept, and found in lower case`(path: String, lower: String) async throws {
    let client = try DropboxClient()
    let made = try await client.call("create_folder_v2", #"{"path":"\#(path)"}"#)
    let expected = try JSONValue.parse(Array("[\"\(path)\",\"\(lower)\"]".utf8))
    #expect(made["metadata"]["path_display"] == expected[0] && made["metadata"]["path_lower"] == expected[1], "\(made.text)")
    #expect(try await client.call("get_metadata", #"{"path":"\#(lower)"}"#)["id"] == made["metadata"]["id"])
  }

  @Test func `a name becomes composed, and is not found decomposed`() async throws {
    let client = try DropboxClient()
    let made = try await client.put(#"/e\u0301/o\u0308.txt"#, "x")
    #expect(made["path_display"].stringValue?.unicodeScalars.elementsEqual("/\u{E9}/\u{F6}.txt".unicodeScalars) == true)
    #expect(try await client.get(#"/\u00e9/\u00f6.txt"#).text == "x")
    #expect(try await client.get(#"/e\u0301/o\u0308.txt"#).summary == "path/not_found/")
    #expect(try await client.call("create_folder_v2", #"{"path":"/E\u0301"}"#).summary == "path/conflict/folder/")
  }

  @Test(arguments: [
    ("text/plain", #"Bad HTTP "Content-Type" header: "text/plain"."#),
    ("", #"Missing or empty HTTP "Content-Type" header."#),
    ("application/x-www-form-urlencoded", "Expecting one of"),
  ]) func `the type of a request must be the function's`(type: String, text: String) async throws {
    let client = try DropboxClient()
    let headers = type.isEmpty ? [] : [("Content-Type", type)]
    for target in ["/2/files/get_metadata", "/2/files/upload"] {
      let answer = try await client.send(target, headers: headers + [("Dropbox-API-Arg", "{}")], body: Array("{}".utf8))
      #expect(answer.status == 400 && answer.text.contains(text), "\(answer.text)")
    }
    let cors = [("Content-Type", "text/plain; charset=dropbox-cors-hack")]
    #expect(try await client.send("/2/files/list_folder", headers: cors, body: Array(#"{"path":""}"#.utf8)).status == 200)
  }

  @Test func `a function without an argument takes null or nothing`() async throws {
    let client = try DropboxClient()
    let json = [("Content-Type", "application/json")]
    #expect(try await client.send("/2/users/get_current_account").status == 200)
    #expect(try await client.send("/2/users/get_current_account", headers: json, body: Array("null".utf8)).status == 200)
    for body in ["", "{}"] {
      #expect(try await client.send("/2/users/get_current_account", headers: json, body: Array(body.utf8)).status == 400)
    }
    #expect(try await client.send("/2/users/get_current_account", body: Array("null".utf8)).status == 400)
  }

  @Test func `a download takes no body and needs its argument`() async throws {
    let client = try DropboxClient()
    #expect(try await client.send("/2/files/download").text.contains(#"Must provide HTTP header "Dropbox-API-Arg""#))
    let argument = [("Dropbox-API-Arg", #"{"path":"/a"}"#)]
    let answer = try await client.send("/2/files/download", headers: argument, body: [65])
    #expect(answer.status == 400 && answer.text.contains("supposed to be empty"))
    #expect(try await client.send("/2/files/download", headers: argument + [("Content-Type", "application/json")]).status == 400)
    try await client.put("/d/x", "x")
    #expect(try await client.get("/d").summary == "path/not_file/")
    #expect(try await client.send("/2/files/list_folder", method: .get).status == 400)
  }

  @Test(arguments: [
    (#"{".tag":"home"}"#, 200, ""), (#"{".tag":"root","root":"1234567890"}"#, 200, ""),
    (#"{".tag":"namespace_id","namespace_id":"1234567890"}"#, 200, ""),
    (#"{".tag":"root","root":"1"}"#, 422, "invalid_root/"), (#"{".tag":"namespace_id","namespace_id":"1"}"#, 422, "no_permission/"),
    (#"{".tag":"moon"}"#, 400, nil), ("{", 400, nil), ("[]", 400, nil),
  ]) func `the path root is this account's or none`(root: String, status: Int, summary: String?) async throws {
    let client = try DropboxClient()
    let answer = try await client.send(
      "/2/files/list_folder", headers: [("Content-Type", "application/json"), ("Dropbox-API-Path-Root", root)],
      body: Array(#"{"path":""}"#.utf8))
    #expect(answer.status == status, "\(answer.text)")
    if let summary, status != 200 { #expect(answer.summary == summary) }
  }

  @Test func `paths can name the namespace`() async throws {
    let client = try DropboxClient()
    try await client.put("ns:1234567890/d/a", "x")
    #expect(try await client.get("/d/a").text == "x")
    #expect(try await client.call("get_metadata", #"{"path":"ns:1/d/a"}"#).summary == "path/not_found/")
    #expect(try await client.call("list_folder", #"{"path":"ns:1234567890"}"#)["entries"][0]?["name"] == "d")
  }
}
