import Crypto
import Emulators
import Files
import HTTPMessages
import HTTPServer
import Markup
import Primitives
import Testing

/// Uploads to the emulator of Cloud Storage: one request, two parts, many chunks, and what is wrong with each.
@Suite struct GCSUploadTests {
  private static let unit = 256 << 10
  private static let data = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 8) }
  private static func crc(_ bytes: [UInt8]) -> String { Base64.encode(CRC.bytes(bytes.withUnsafeBytes { CRC.crc32c($0) })) }

  @Test func `chunks are counted, and the last makes the object`() async throws {
    let wire = try await GCSWire()
    let started = try await wire.start(
      "a", "&fields=name,size", ["x-upload-content-type": "x/y", "x-upload-content-length": "600000"],
      json: #"{"metadata": {"k": "v"}}"#)
    #expect(started.status == 200 && started.headers["x-guploader-uploadid"] != nil)
    let session = started.session
    #expect(try await wire.chunk(session, "bytes */600000").headers["range"] == nil)
    let first = try await wire.chunk(session, "bytes 0-262143/600000", Array(Self.data[..<Self.unit]))
    #expect(first.status == 308 && first.headers["range"] == "bytes=0-262143")
    #expect(try await wire.get("a").status == 404)
    let go = try await wire.chunk(session, "bytes */*", [], ["x-guploader-no-308": "yes"])
    #expect(go.status == 200 && go.headers["x-http-status-code-override"] == "308" && go.headers["range"] == "bytes=0-262143")
    let last = try await wire.chunk(session, "bytes 262144-599999/600000", Array(Self.data[Self.unit...]))
    #expect(last.status == 200 && last.json == ["name": "a", "size": "600000"])
    #expect(try await wire.get("a").body == Self.data)
    let described = try await wire.send(.get, wire.path("a"))
    #expect(described.json?["metadata"]?["k"] == "v" && described.json?["contentType"] == "x/y")
    #expect(described.json?["md5Hash"]?.stringValue == Base64.encode(MD5.hash(Self.data)))
    // Whoever lost the answer asks again.
    #expect(try await wire.chunk(session, "bytes */600000").status == 200)
  }

  @Test func `what nobody finished in a week is gone when the emulator is opened again`() async throws {
    let folder = try DropboxTestFolder()
    defer { folder.remove() }
    let time = DropboxTestTime()
    let options = EmulatorOptions(data: folder.path, clock: time.clock)
    func files() throws -> Int {
      let walk = TreeWalk(root: try ConfinedDirectory.open(folder.path + Array("/gcs/blobs".utf8), create: false))
      return try walk.next(max: 100).count
    }
    var wire = try await GCSWire(options: options)
    for name in ["a", "b"] {
      let session = try await wire.start(name).session
      #expect(try await wire.chunk(session, "bytes 0-262143/*", Array(Self.data[..<Self.unit])).status == 308)
      time.advance(86400)
    }
    #expect(try files() == 2)
    await wire.emulator.close()
    time.advance(5 * 86400)
    wire = try await GCSWire(options: options)
    #expect(try files() == 1)
    await wire.emulator.close()
  }

  @Test func `an encoding in the address is as good as one in the description`() async throws {
    let wire = try await GCSWire()
    #expect(try await wire.put("a", "x", "&contentEncoding=br").json?["contentEncoding"] == "br")
    #expect(try await wire.put("a", "x", "&contentEncoding=a%0D%0Ab").reason == "invalid")
    #expect(try await wire.get("a").headers["content-encoding"] == "br")
  }

  @Test func `who asks for fields in no form changes nothing`() async throws {
    let wire = try await GCSWire()
    let object = try await wire.put("a", "one")
    let body = "--x\r\nContent-Type: application/json\r\n\r\n{\"name\": \"a\"}\r\n--x\r\nContent-Type: a/b\r\n\r\ntwo\r\n--x--"
    let related = try await wire.send(
      .post, "/upload/storage/v1/b/bucket/o?uploadType=multipart&fields=(", ["content-type": "multipart/related; boundary=x"],
      body: Array(body.utf8))
    #expect(related.reason == "invalidParameter", "\(related.text)")
    #expect(try await wire.put("a", "two", "&fields=name(").reason == "invalidParameter")
    #expect(try await wire.start("a", "&fields=,").reason == "invalidParameter")
    #expect(try await wire.send(.patch, wire.path("a") + "?fields=)", json: "{}").reason == "invalidParameter")
    let now = try await wire.send(.get, wire.path("a"))
    #expect(now.generation == object.generation && now.json?["metageneration"] == "1")
    #expect(try await wire.get("a").text == "one")
  }

  @Test func `what is there already is not taken twice, and nothing is left out`() async throws {
    let wire = try await GCSWire()
    let session = try await wire.start("a").session
    let chunk = Array(Self.data[..<Self.unit])
    _ = try await wire.chunk(session, "bytes 0-262143/*", chunk)
    let again = try await wire.chunk(session, "bytes 0-262143/*", [UInt8](repeating: 0, count: Self.unit))
    #expect(again.status == 308 && again.headers["range"] == "bytes=0-262143")
    let gap = try await wire.chunk(session, "bytes 524288-599999/600000", Array(Self.data[524_288...]))
    #expect(gap.status == 503 && gap.text.contains("exceeds already uploaded size of 262144"))
    let overlapping = try await wire.chunk(session, "bytes 262000-599999/600000", Array(Self.data[262_000...]))
    #expect(overlapping.status == 200)
    #expect(try await wire.get("a").body == Self.data)
  }

  @Test(arguments: [
    ("bytes 0-999/*", 1000), ("bytes 0-262143/600000", 1000), ("bytes 0-262143/*", 262_145), ("bytes 5-2/*", 10),
    ("bytes 0-9/5", 10), ("0-9/10", 10), ("bytes */5", 1), ("bytes 0-9/10", 10),
  ])
  func `a chunk that contradicts itself, or what was announced, is refused`(_ range: String, _ count: Int) async throws {
    let wire = try await GCSWire()
    let session = try await wire.start("a", "", ["x-upload-content-length": "600000"]).session
    let answer = try await wire.chunk(session, range, Array(Self.data[..<count]))
    #expect(answer.status == 400, "\(answer.status) \(answer.text)")
    #expect(try await wire.chunk(session, "bytes */*").headers["range"] == nil)
  }

  @Test func `an upload can be cancelled, expires, and is known by its address only`() async throws {
    let now = ManualTime()
    let wire = try await GCSWire(clock: now.clock)
    let session = try await wire.start("a").session
    #expect(try await wire.send(.delete, session).status == 499)
    #expect(try await wire.chunk(session, "bytes */*").status == 499)
    let other = try await wire.start("a").session
    now.advance(.seconds(8 * 86_400))
    #expect(try await wire.chunk(other, "bytes */*").status == 410)
    let unknown = "/upload/storage/v1/b/bucket/o?uploadType=resumable&upload_id=none"
    #expect(try await wire.chunk(unknown, "bytes */*").status == 404)
  }

  @Test func `of a chunk that breaks off whole units are kept`() async throws {
    let wire = try await GCSWire()
    let session = try await wire.start("a").session
    let broken = BrokenBody(Array(Self.data[..<300_000]), announced: 600_000)
    await #expect(throws: BrokenBody.Broken.self) {
      _ = try await wire.emulator.respond(
        to: .init(
          method: .put, target: session, headers: ["host": "gcs.test", "content-range": "bytes 0-599999/600000"], body: broken))
    }
    #expect(try await wire.chunk(session, "bytes */600000").headers["range"] == "bytes=0-262143")
    #expect(try await wire.chunk(session, "bytes 262144-599999/600000", Array(Self.data[Self.unit...])).status == 200)
    #expect(try await wire.get("a").body == Self.data)
  }

  @Test func `a checksum that is wrong makes no object, wherever it is said`() async throws {
    let wire = try await GCSWire()
    let wrong = "AAAAAA=="
    #expect(try await wire.put("a", "hello", "", ["x-goog-hash": "crc32c=\(wrong)"]).reason == "invalid")
    #expect(
      try await wire.put("a", "hello", "", ["x-goog-hash": "md5=\(Base64.encode([UInt8](repeating: 0, count: 16)))"]).status == 400)
    #expect(try await wire.put("a", "hello", "", ["x-goog-hash": "sha1=x"]).status == 400)
    let early = try await wire.start("a", json: #"{"crc32c": "\#(wrong)"}"#).session
    #expect(try await wire.chunk(early, nil, Array("hello".utf8)).status == 400)
    let late = try await wire.start("a").session
    #expect(try await wire.chunk(late, "bytes 0-4/5", Array("hello".utf8), ["x-goog-hash": "crc32c=\(wrong)"]).status == 400)
    #expect(try await wire.get("a").status == 404)
    let right = try await wire.start("a").session
    let hash = "crc32c=\(Self.crc(Array("hello".utf8)))"
    #expect(try await wire.chunk(right, "bytes 0-4/5", Array("hello".utf8), ["x-goog-hash": hash]).status == 200)
  }

  @Test func `an upload holds its condition until the end`() async throws {
    let wire = try await GCSWire()
    let session = try await wire.start("a", "&ifGenerationMatch=0").session
    try await wire.put("a", "meanwhile")
    #expect(try await wire.chunk(session, nil, Array("late".utf8)).status == 412)
    #expect(try await wire.get("a").text == "meanwhile")
  }

  @Test func `an upload of unknown length ends when its total is named`() async throws {
    let wire = try await GCSWire()
    let session = try await wire.start("a").session
    _ = try await wire.chunk(session, "bytes 0-262143/*", Array(Self.data[..<Self.unit]))
    #expect(try await wire.chunk(session, "bytes */262144").status == 200)
    #expect(try await wire.get("a").body.count == Self.unit)
    let empty = try await wire.start("empty").session
    #expect(try await wire.chunk(empty, "bytes */0").status == 200)
  }

  @Test func `two parts in one request are description and media`() async throws {
    let wire = try await GCSWire()
    func send(_ body: String, _ type: String = "multipart/related; boundary=\"b b\"") async throws -> GCSWire.Answer {
      try await wire.send(
        .post, "/upload/storage/v1/b/bucket/o?uploadType=multipart", ["content-type": type], body: Array(body.utf8))
    }
    let head =
      "--b b\r\nContent-Type: application/json\r\n\r\n{\"name\": \"a\", \"metadata\": {\"k\": \"v\"}}\r\n--b b\r\nContent-Type: x/y\r\n\r\n"
    let media = "line\r\n--b\r\nnot the end\r\n"
    let sent = try await send(head + media + "\r\n--b b--")
    #expect(sent.status == 200 && sent.json?["contentType"] == "x/y" && sent.json?["metadata"]?["k"] == "v")
    #expect(try await wire.get("a").text == media)
    #expect(try await send(head + "\r\n--b b--\r\n").json?["size"] == "0")
    for wrong in [head + media, String(head.dropLast(2)), "--c\r\n\r\n", "", head.replacing("{", with: "[") + "\r\n--b b--"] {
      #expect(try await send(wrong).status == 400, "\(wrong)")
    }
    #expect(try await send(head + media + "\r\n--b b--", "multipart/mixed; boundary=\"b b\"").status == 400)
    #expect(try await wire.send(.post, "/storage/v1/b/bucket/o", json: "{}").reason == "wrongUrlForUpload")
  }
}

/// A time that is set.
private final class ManualTime: @unchecked Sendable {
  // Set by one test between its requests.
  private var now = Timestamp(seconds: 1_800_000_000)
  var clock: WallClock { WallClock { self.now } }
  func advance(_ duration: Duration) { now = now + duration }
}
