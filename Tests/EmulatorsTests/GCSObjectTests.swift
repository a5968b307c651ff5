import Emulators
import HTTPMessages
import Markup
import Primitives
import Testing

/// Objects of the emulator of Cloud Storage: preconditions, names, listings, versions.
@Suite struct GCSObjectTests {
  @Test func `a write happens only in the state that it names`() async throws {
    let wire = try await GCSWire()
    let first = try await wire.put("a", "one", "&ifGenerationMatch=0")
    #expect(first.status == 200)
    let again = try await wire.put("a", "two", "&ifGenerationMatch=0")
    #expect(again.status == 412 && again.reason == "conditionNotMet")
    #expect(try await wire.put("a", "two", "&ifGenerationMatch=1").status == 412)
    #expect(try await wire.put("a", "two", "&ifGenerationNotMatch=\(first.generation)").status == 412)
    #expect(try await wire.put("a", "two", "&ifMetagenerationMatch=2").status == 412)
    #expect(try await wire.put("new", "x", "&ifGenerationMatch=1").status == 412)
    #expect(try await wire.put("new", "x", "&ifGenerationNotMatch=0").status == 412)
    #expect(try await wire.put("a", "two", "&ifGenerationMatch=x").reason == "invalidParameter")
    #expect(try await wire.get("a").text == "one")
    let second = try await wire.put("a", "two", "&ifGenerationMatch=\(first.generation)")
    #expect(second.status == 200 && Int64(second.generation)! > Int64(first.generation)!)
    #expect(try await wire.send(.delete, wire.path("a") + "?ifGenerationMatch=\(first.generation)").status == 412)
    #expect(try await wire.send(.delete, wire.path("a") + "?ifGenerationMatch=\(second.generation)").status == 204)
    #expect(try await wire.send(.delete, wire.path("a")).reason == "notFound")
  }

  @Test func `a rewrite takes the rest, however much may come at once`() async throws {
    let wire = try await GCSWire(GCSEmulatorSettings(rewriteStep: 1 << 20))
    try await wire.put("a", String(repeating: "x", count: 2 << 20))
    let target = wire.path("a") + "/rewriteTo/b/bucket/o/b"
    let class2 = #"{"storageClass": "NEARLINE"}"#
    let begun = try await wire.send(.post, target, json: class2)
    #expect(begun.json?["totalBytesRewritten"] == "1048576", "\(begun.text)")
    let token = try #require(begun.json?["rewriteToken"]?.stringValue)
    let most = Int64.max / (1 << 20) * (1 << 20)
    let done = try await wire.send(.post, target + "?rewriteToken=\(token)&maxBytesRewrittenPerCall=\(most)", json: class2)
    #expect(done.json?["done"] == true, "\(done.text)")
  }

  @Test func `components are counted as far as the count goes`() async throws {
    let wire = try await GCSWire()
    try await wire.put("a", "")
    let sources = Array(repeating: #"{"name": "a"}"#, count: 32).joined(separator: ",")
    var count: JSONValue?
    for _ in 0..<14 {
      let composed = try await wire.send(.post, wire.path("a") + "/compose", json: "{\"sourceObjects\": [\(sources)]}")
      #expect(composed.status == 200, "\(composed.text)")
      count = composed.json?["componentCount"]
    }
    #expect(count == 2_147_483_647)
  }

  @Test func `a read says when nothing changed, and when something else is there`() async throws {
    let wire = try await GCSWire()
    let object = try await wire.put("a", "one")
    #expect(try await wire.get("a", "&ifGenerationMatch=1").status == 412)
    #expect(try await wire.get("a", "&ifGenerationNotMatch=\(object.generation)").status == 304)
    #expect(try await wire.get("a", "&ifMetagenerationNotMatch=1").status == 304)
    let etag = try #require(object.headers["etag"])
    #expect(try await wire.get("a", "", ["if-none-match": "\"x\", \"\(etag)\""]).status == 304)
    #expect(try await wire.get("a", "", ["if-match": "x"]).status == 412)
    #expect(try await wire.get("a", "", ["if-match": etag]).text == "one")
    #expect(try await wire.get("missing", "&ifGenerationMatch=0").status == 404)
    #expect(try await wire.get("a", "&generation=1").reason == "notFound")
  }

  @Test func `metadata changes in place, entry by entry, and is replaced by a full update`() async throws {
    let wire = try await GCSWire()
    let object = try await wire.put("a", "one", "", ["content-type": "text/plain"])
    let changed = try await wire.send(
      .patch, wire.path("a"), json: #"{"metadata": {"a": "1", "b": "2"}, "cacheControl": "no-cache"}"#)
    #expect(changed.generation == object.generation && changed.json?["metageneration"] == "2")
    let patch = #"{"metadata": {"a": null, "c": "3"}}"#
    #expect(try await wire.send(.patch, wire.path("a") + "?ifMetagenerationMatch=1", json: patch).status == 412)
    let third = try await wire.send(.patch, wire.path("a") + "?ifMetagenerationMatch=2", json: patch)
    #expect(third.json?["metadata"] == ["b": "2", "c": "3"] && third.json?["contentType"] == "text/plain")
    let whole = try await wire.send(.put, wire.path("a"), json: #"{"contentType": "x/y"}"#)
    #expect(whole.json?["metadata"] == nil && whole.json?["cacheControl"] == nil && whole.json?["contentType"] == "x/y")
    #expect(try await wire.send(.patch, wire.path("a"), json: #"{"metadata": {"a": 1}}"#).reason == "invalid")
    #expect(try await wire.send(.patch, wire.path("a"), json: #"{"storageClass": "NEARLINE"}"#).reason == "invalid")
    #expect(try await wire.send(.patch, wire.path("a"), json: "{").reason == "parseError")
  }

  @Test(arguments: [
    "a//b", "/lead", "trail/", "..x", "a/../b", "sp ace+%&?#", "e\u{301}", "😀", String(repeating: "k", count: 1024),
  ])
  func `a name is kept byte by byte`(_ name: String) async throws {
    let wire = try await GCSWire()
    #expect(try await wire.put(name, "x").status == 200)
    #expect(try await wire.get(name).text == "x")
    let listed = try await wire.send(.get, "/storage/v1/b/bucket/o").json?["items"]?[0]?["name"]?.stringValue
    #expect(listed.map { Array($0.utf8) } == Array(name.utf8))
  }

  @Test(arguments: [".", "..", "a\nb", "a\rb", ".well-known/acme-challenge/x", String(repeating: "k", count: 1025), ""])
  func `a name that no object can have is refused`(_ name: String) async throws {
    let answer = try await GCSWire().put(name, "x")
    #expect(answer.status == 400, "\(answer.text)")
  }

  @Test func `a listing comes in pages, in order, and folds folders`() async throws {
    let wire = try await GCSWire()
    for name in ["a", "b/", "b/1", "b/2", "b!", "c/d/e", "d", "é"] { try await wire.put(name, name) }
    func list(_ query: String) async throws -> JSONValue? { try await wire.send(.get, "/storage/v1/b/bucket/o?" + query).json }
    func names(_ json: JSONValue?) -> [String] { json?["items"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? [] }
    var (found, token, pages): ([String], String?, Int) = ([], "", 0)
    while let current = token {
      let page = try await list("maxResults=3&pageToken=\(PercentEncoding.encode(current.utf8, keepSlash: false))")
      found += names(page)
      token = page?["nextPageToken"]?.stringValue
      pages += 1
    }
    #expect(found == ["a", "b!", "b/", "b/1", "b/2", "c/d/e", "d", "é"] && pages == 3)
    let folded = try await list("delimiter=/")
    #expect(names(folded) == ["a", "b!", "d", "é"] && folded?["prefixes"] == ["b/", "c/"])
    let inside = try await list("delimiter=/&prefix=b/")
    #expect(names(inside) == ["b/", "b/1", "b/2"] && inside?["prefixes"] == nil)
    let trailing = try await list("delimiter=/&includeTrailingDelimiter=true")
    #expect(names(trailing) == ["a", "b!", "b/", "d", "é"] && trailing?["prefixes"] == ["b/", "c/"])
    #expect(names(try await list("startOffset=b/1&endOffset=d")) == ["b/1", "b/2", "c/d/e"])
    let fields = try await list("fields=items(name,size),nextPageToken&maxResults=1")
    #expect(fields?["items"]?[0]?.objectValue?.members.map(\.key) == ["name", "size"] && fields?["kind"] == nil)
    let one = try await list("delimiter=/&maxResults=1&startOffset=b/")
    #expect(one?["prefixes"] == ["b/"] && one?["nextPageToken"] != nil)
    #expect(try await list("pageToken=zzz")?["error"]?["errors"]?[0]?["reason"] == "invalidParameter")
    #expect(try await list("fields=items(")?["error"]?["code"] == 400)
    #expect(try await list("maxResults=0")?["error"]?["code"] == 400)
  }

  @Test func `generations that are replaced stay where versions are kept`() async throws {
    let wire = try await GCSWire()
    #expect(try await wire.send(.patch, "/storage/v1/b/bucket", json: #"{"versioning": {"enabled": true}}"#).status == 200)
    let first = try await wire.put("a", "one").generation
    let second = try await wire.put("a", "two").generation
    #expect(try await wire.send(.delete, wire.path("a")).status == 204)
    #expect(try await wire.get("a").status == 404)
    #expect(try await wire.get("a", "&generation=\(first)").text == "one")
    #expect(try await wire.send(.get, "/storage/v1/b/bucket/o").json?["items"] == nil)
    let items = try await wire.send(.get, "/storage/v1/b/bucket/o?versions=true").json?["items"]?.arrayValue ?? []
    #expect(items.map { $0["generation"]?.stringValue } == [first, second])
    #expect(items.allSatisfy { $0["timeDeleted"]?.stringValue != nil })
    let page = try await wire.send(.get, "/storage/v1/b/bucket/o?versions=true&maxResults=1").json
    let token = PercentEncoding.encode((page?["nextPageToken"]?.stringValue ?? "").utf8, keepSlash: false)
    let rest = try await wire.send(.get, "/storage/v1/b/bucket/o?versions=true&pageToken=\(token)").json
    #expect(rest?["items"]?.arrayValue?.map { $0["generation"]?.stringValue } == [second])
    #expect(try await wire.send(.delete, "/storage/v1/b/bucket").reason == "conflict")
    for generation in [first, second] {
      #expect(try await wire.send(.delete, wire.path("a") + "?generation=\(generation)").status == 204)
    }
    #expect(try await wire.send(.delete, "/storage/v1/b/bucket").status == 204)
  }

  @Test func `a range is given, or refused with the size`() async throws {
    let wire = try await GCSWire()
    try await wire.put("a", "0123456789")
    func range(_ text: String) async throws -> (Int, String, String?) {
      let answer = try await wire.get("a", "", ["range": text])
      return (answer.status, answer.text, answer.headers["content-range"])
    }
    #expect(try await range("bytes=2-4") == (206, "234", "bytes 2-4/10"))
    #expect(try await range("bytes=8-100") == (206, "89", "bytes 8-9/10"))
    #expect(try await range("bytes=-3") == (206, "789", "bytes 7-9/10"))
    #expect(try await range("bytes=4-2").0 == 200)
    #expect(try await range("bytes=0-1,3-4").0 == 200)
    let beyond = try await wire.get("a", "", ["range": "bytes=10-"])
    #expect(beyond.status == 416 && beyond.headers["content-range"] == "bytes */10")
    let whole = try await wire.get("a")
    #expect(whole.headers["x-goog-hash"]?.hasPrefix("crc32c=") == true && whole.headers["x-goog-stored-content-length"] == "10")
    #expect(whole.headers["x-goog-generation"] != nil && whole.headers["x-goog-storage-class"] == "STANDARD")
  }

  @Test func `objects are joined with a checksum and without MD5`() async throws {
    let wire = try await GCSWire()
    let (one, two) = (try await wire.put("1", "hello "), try await wire.put("2", "world"))
    func compose(_ sources: String, _ query: String = "") async throws -> GCSWire.Answer {
      try await wire.send(
        .post, wire.path("joined") + "/compose" + query,
        json: #"{"sourceObjects": [\#(sources)], "destination": {"contentType": "text/plain"}}"#)
    }
    let wrong = #"{"name": "1", "objectPreconditions": {"ifGenerationMatch": "1"}}"#
    #expect(try await compose(wrong).reason == "conditionNotMet")
    #expect(try await compose(#"{"name": "missing"}"#).status == 404)
    #expect(try await compose("").status == 400)
    #expect(try await compose(Array(repeating: #"{"name": "1"}"#, count: 33).joined(separator: ",")).status == 400)
    let named = #"{"name": "1", "generation": "\#(one.generation)"}, {"name": "2", "generation": "\#(two.generation)"}"#
    #expect(try await compose(named, "?ifGenerationMatch=1").status == 412)
    let joined = try await compose(named, "?ifGenerationMatch=0")
    #expect(joined.json?["componentCount"] == 2 && joined.json?["md5Hash"] == nil && joined.json?["contentType"] == "text/plain")
    #expect(try await wire.get("joined").text == "hello world")
    #expect(joined.json?["crc32c"] == (try await wire.put("same", "hello world").json?["crc32c"]))
  }

  @Test func `a rewrite between classes goes in steps, each with the token of the one before`() async throws {
    let wire = try await GCSWire(GCSEmulatorSettings(rewriteStep: 1 << 20))
    let content = String(repeating: "0123456789abcdef", count: 150_000)
    let source = try await wire.put("a", content, "", ["content-type": "x/y"])
    let path = wire.path("a") + "/rewriteTo/b/bucket/o/copy"
    let plain = try await wire.send(.post, path, json: "{}")
    #expect(plain.json?["done"] == true && plain.json?["resource"]?["contentType"] == "x/y")
    #expect(try await wire.send(.post, path + "?ifSourceGenerationMatch=1", json: "{}").status == 412)
    #expect(try await wire.send(.post, path + "?ifGenerationMatch=0", json: "{}").status == 412)
    let body = #"{"storageClass": "COLDLINE", "metadata": {"k": "v"}}"#
    var (token, steps): (String?, Int) = (nil, 0)
    var last: GCSWire.Answer
    repeat {
      last = try await wire.send(.post, path + (token.map { "?rewriteToken=\($0)" } ?? ""), json: body)
      token = last.json?["rewriteToken"]?.stringValue
      steps += 1
      if steps == 1, let token {
        #expect(try await wire.send(.post, path + "?rewriteToken=\(token)", json: "{}").reason == "invalid")
      }
    } while token != nil && steps < 10
    #expect(steps == 3 && last.json?["done"] == true)
    #expect(last.json?["resource"]?["storageClass"] == "COLDLINE" && last.json?["resource"]?["contentType"] == nil)
    #expect(last.json?["resource"]?["md5Hash"] == source.json?["md5Hash"])
    #expect(try await wire.get("copy").text == content)
  }

  @Test func `what is held cannot be replaced or deleted, and a requester must name who pays`() async throws {
    let wire = try await GCSWire()
    try await wire.put("a", "one")
    _ = try await wire.send(.patch, wire.path("a"), json: #"{"temporaryHold": true}"#)
    #expect(try await wire.send(.delete, wire.path("a")).reason == "objectUnderActiveHold")
    #expect(try await wire.put("a", "two").status == 403)
    _ = try await wire.send(.patch, "/storage/v1/b/bucket", json: #"{"billing": {"requesterPays": true}}"#)
    #expect(try await wire.get("a").reason == "userProjectMissing")
    #expect(try await wire.send(.get, wire.path("a")).reason == "userProjectMissing")
    #expect(try await wire.send(.get, wire.path("a") + "?userProject=p").status == 200)
  }
}
