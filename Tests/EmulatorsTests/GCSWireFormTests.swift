import Crypto
import Emulators
import Files
import HTTPMessages
import HTTPServer
import Markup
import Primitives
import Testing

/// Batches, buckets, and bodies packed by gzip.
@Suite struct GCSWireFormTests {
  private func batch(_ wire: GCSWire, _ requests: [String], end: String = "\r\n") async throws -> GCSWire.Answer {
    let parts = requests.enumerated().map {
      "--xx\(end)Content-Type: application/http\(end)Content-ID: <\($0.offset)>\(end)\(end)\($0.element)\(end)\(end)\(end)"
    }
    return try await wire.send(
      .post, "/batch/storage/v1", ["content-type": "multipart/mixed; boundary=xx"],
      body: Array((parts.joined() + "--xx--\(end)").utf8))
  }

  @Test(arguments: ["\r\n", "\n"])
  func `each request of a batch has its own answer`(_ end: String) async throws {
    let wire = try await GCSWire()
    for name in ["a", "b"] { try await wire.put(name, "x") }
    let answer = try await batch(
      wire,
      [
        "DELETE \(wire.path("a")) HTTP/1.1", "DELETE \(wire.path("missing")) HTTP/1.1",
        "DELETE \(wire.path("b"))?ifGenerationMatch=1 HTTP/1.1", "GET http://gcs.test\(wire.path("b"))?fields=name HTTP/1.1",
        "GET \(wire.path("b"))?alt=media HTTP/1.1", "GET /nowhere HTTP/1.1",
      ], end: end)
    #expect(answer.status == 200 && answer.headers["content-type"]?.hasPrefix("multipart/mixed; boundary=batch_") == true)
    let statuses = answer.text.split(separator: "\r\n").filter { $0.hasPrefix("HTTP/1.1 ") }.map { $0.split(separator: " ")[1] }
    #expect(statuses == ["204", "404", "412", "200", "400", "404"])
    #expect(answer.text.contains("Content-ID: <response-3>") && answer.text.contains(#"{"name":"b"}"#))
  }

  @Test func `a batch that is none, or too long, is refused whole`() async throws {
    let wire = try await GCSWire()
    try await wire.put("a", "x")
    let many = Array(repeating: "DELETE \(wire.path("a")) HTTP/1.1", count: 101)
    #expect(try await batch(wire, many).status == 400)
    #expect(try await batch(wire, []).status == 400)
    #expect(try await batch(wire, ["nonsense"]).status == 200)
    #expect(try await wire.get("a").status == 200)
  }

  @Test func `buckets have names, places and settings`() async throws {
    let wire = try await GCSWire()
    for name in ["ab", "UPPER", "-a-b", "goog-x", "my-google-bucket", "1.2.3.4", "a..b", String(repeating: "x", count: 64)] {
      let answer = try await wire.send(.post, "/storage/v1/b?project=p", json: #"{"name": "\#(name)"}"#)
      #expect(answer.status == 400, "\(name)")
    }
    #expect(try await wire.send(.post, "/storage/v1/b", json: #"{"name": "other"}"#).reason == "required")
    let json = #"{"name": "other", "location": "eu", "storageClass": "NEARLINE", "labels": {"a": "1", "b": "2"}}"#
    let made = try await wire.send(.post, "/storage/v1/b?project=p", json: json)
    #expect(made.json?["location"] == "EU" && made.json?["softDeletePolicy"] != nil && made.json?["metageneration"] == "1")
    #expect(try await wire.send(.post, "/storage/v1/b?project=q", json: json).status == 409)
    let patched = try await wire.send(
      .patch, "/storage/v1/b/other?ifMetagenerationMatch=1", json: #"{"labels": {"a": null}, "versioning": {"enabled": true}}"#)
    #expect(patched.json?["labels"] == ["b": "2"] && patched.json?["metageneration"] == "2")
    #expect(try await wire.send(.patch, "/storage/v1/b/other?ifMetagenerationMatch=1", json: "{}").status == 412)
    #expect(try await wire.send(.get, "/storage/v1/b?project=p").json?["items"]?.arrayValue?.count == 2)
    let object = try await wire.send(.post, "/upload/storage/v1/b/other/o?uploadType=media&name=a", body: [1])
    #expect(object.json?["storageClass"] == "NEARLINE")
    #expect(try await wire.send(.get, "/storage/v1/b/none").reason == "notFound")
    #expect(try await wire.send(.get, "/storage/v1/b/none/o").text.contains("The specified bucket does not exist."))
  }

  /// With a fixed code, with codes of its own, and stored.
  private static let packed = [
    ("H4sIAAAAAAACA8tIzcnJV8hAJwHjUT2NFwAAAA==", "hello hello hello hello"),
    (
      "H4sIAAAAAAACAwXBBwEAIBAAoayc7+ifQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACoqqqqqqqqqqqqqqqqNfvc9wEZREuEAAEAAA==",
      String(repeating: "a", count: 200) + String(repeating: "b", count: 50) + "cdefgh"
    ),
    ("H4sIAAAAAAACAwEXAOj/aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG/jUT2NFwAAAA==", "hello hello hello hello"),
  ]

  @Test(arguments: packed)
  func `a packed object is given as it is, or unpacked`(_ packed: String, _ content: String) async throws {
    let wire = try await GCSWire()
    let bytes = try #require(Base64.decode(packed))
    let sent = try await wire.send(
      .post, "/upload/storage/v1/b/bucket/o?uploadType=media&name=a&contentEncoding=gzip", ["content-type": "text/plain"],
      body: bytes)
    #expect(sent.json?["contentEncoding"] == "gzip")
    let asIs = try await wire.get("a", "", ["accept-encoding": "deflate, gzip;q=1"])
    #expect(asIs.body == bytes && asIs.headers["content-encoding"] == "gzip")
    let plain = try await wire.get("a", "", ["range": "bytes=0-1"])
    #expect(plain.status == 200 && plain.headers["content-encoding"] == nil, "\(plain.text)")
    #expect(plain.headers["x-goog-stored-content-encoding"] == "gzip" && plain.headers["content-length"] == nil)
    #expect(plain.text == content)
    _ = try await wire.send(.patch, wire.path("a"), json: #"{"cacheControl": "no-transform"}"#)
    #expect(try await wire.get("a").body == bytes)
  }

  @Test func `data outlive the emulator that keeps them`() async throws {
    let folder = "/tmp/isobar-gcs-emulator-\(Hex.encode(Random.bytes(6)))"
    defer { _ = try? Subprocess.run(.program("rm", arguments: ["-rf", folder]), timeout: .seconds(60)) }
    let options = EmulatorOptions(data: Array(folder.utf8))
    let endpoint = try #require(HTTPEndpoint(scheme: .http, host: "gcs.test"))
    var file = ""
    for round in 0..<2 {
      let emulator = try GCSEmulator(options, settings: GCSEmulatorSettings())
      let key = try emulator.serviceAccountFile(at: endpoint).reveal()
      if round == 0 { file = key } else { #expect(file == key) }
      let answer = try await emulator.respond(
        to: HTTPServerRequest(method: .post, target: "/storage/v1/b?project=p", body: TextBody(#"{"name": "kept"}"#)))
      #expect(answer.status == (round == 0 ? 200 : 409))
      await emulator.close()
    }
  }
}
