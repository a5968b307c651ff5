import Configuration
import ObjectStorage
import Primitives
import Testing

struct EndTests {
  @Test(arguments: [
    ("/abs/path", "/abs/path"), ("./rel", "./rel"), ("../up", "../up"), ("rel", "rel"), ("./a:b", "./a:b"), ("/a:b/c", "/a:b/c"),
    ("~/docs", "~/docs"), ("file:///abs/a%20b%C3%A9", "/abs/a bé"), ("file://localhost/x", "/x"), ("FILE:///x", "/x"), (".", "."),
  ])
  func `paths of this machine`(text: String, path: String) throws {
    #expect(try End.parse(text) == .local(path: Array(path.utf8)))
  }

  @Test func `paths and prefixes are bytes`() throws {
    #expect(try End.parse([0x2F, 0xFF, 0xFE]) == .local(path: [0x2F, 0xFF, 0xFE]))
    guard case .service(let end) = try End.parse(Array("s3://b/".utf8) + [0xFF, 0x2F]) else {
      Issue.record("no bucket")
      return
    }
    #expect(end.prefix.bytes == [0xFF])
    #expect(try End.parse("file:///%FF") == .local(path: [0x2F, 0xFF]))
  }

  @Test func `a bucket with its settings`() throws {
    let text = "s3://photos/2026/a b%20/?endpoint=https://s3.example.com:9000&region=eu-west-1&profile=a%26b&part_size=8M&fips=true"
    guard case .service(let end) = try End.parse(text) else {
      Issue.record("no bucket")
      return
    }
    #expect(end.container == "photos")
    #expect(end.prefix.description == "2026/a b%20")
    #expect(end.prefix.folder?.description == "2026/a b%20/")
    #expect(end.options.text("endpoint") == "https://s3.example.com:9000")
    #expect(end.options.text("profile") == "a&b")
    #expect(end.options.size("part_size") == 8 << 20)
    #expect(end.options.flag("fips") == true)
    // What is shown means the same.
    #expect(try End.parse(End.service(end).description) == .service(end))
    #expect(try End.parse("S3://b") == .service(ServiceEnd(parsed: "s3://b")))
  }

  @Test func `a bucket of Google Cloud Storage with its settings`() throws {
    guard case .service(let end) = try End.parse("gs://photos/2026/a b%20/?project=p-1&location=EU&chunk_size=8M&anonymous=true")
    else {
      Issue.record("no bucket")
      return
    }
    #expect(end.container == "photos" && end.prefix.description == "2026/a b%20")
    #expect(end.options.text("project") == "p-1" && end.options.size("chunk_size") == 8 << 20)
    #expect(end.options.flag("anonymous") == true)
    #expect(try End.parse(End.service(end).description) == .service(end))
    for text in ["gs://", "gs://me@b", "gs://b?region=x", "gs://b?credentials=file:x", "gs://b?anonymous=true&anonymous=true"] {
      let error = #expect(throws: EndError.self) { try End.parse(text) }
      #expect(error.map { !$0.message.contains("AWS") } == true, "\(text)")
    }
  }

  @Test func `a container of Azure Blob Storage with its settings`() throws {
    let text = "azure://devstoreaccount1/photos/2026/a b?endpoint=http://127.0.0.1:10000/devstoreaccount1&access_tier=Cool"
    guard case .service(let end) = try End.parse(text) else {
      Issue.record("no container")
      return
    }
    #expect(end.type == .azure && end.account == "devstoreaccount1" && end.container == "photos")
    #expect(end.prefix.description == "2026/a b" && end.options.text("access_tier") == "Cool")
    #expect(try End.parse(End.service(end).description) == .service(end))
    #expect(try End.parse("azure://a/$web") == .service(ServiceEnd(parsed: "AZURE://a/$web/")))
    for text in ["azure://", "azure://a", "azure://a/", "azure://me@a/b", "azure://a/b?account_key=x", "azure://a/b?bucket=x"] {
      #expect(throws: EndError.self, "\(text)") { try End.parse(text) }
    }
  }

  @Test func `a folder of a Dropbox`() throws {
    guard case .service(let end) = try End.parse("dropbox://Notes/me@home/2026?root=123") else {
      Issue.record("no folder")
      return
    }
    #expect(end.type == .dropbox && end.container == "" && end.prefix.description == "Notes/me@home/2026")
    #expect(end.options.text("root") == "123")
    #expect(try End.parse(End.service(end).description) == .service(end))
    for text in ["dropbox://", "dropbox:///"] {
      guard case .service(let whole) = try End.parse(text) else { throw EndError(message: text) }
      #expect(whole.prefix == .root)
    }
    #expect(throws: EndError.self) { try End.parse("dropbox://x?access_token=y") }
  }

  @Test func `a place in a configured store`() throws {
    #expect(try End.parse("work:") == .store(name: "work", prefix: .root))
    #expect(try End.parse("my-s3.1:/a/b/") == .store(name: "my-s3.1", prefix: EndPrefix("a/b".utf8)))
    #expect(try End.parse("work:a:b") == .store(name: "work", prefix: EndPrefix("a:b".utf8)))
    #expect(try End.parse("memory://x") == .memory(name: "x"))
    #expect(try End.parse("work:a/b").description == "work:a/b")
  }

  @Test(arguments: [
    ("", "must not be empty"), ("a\0b", "zero byte"), ("ftp://x", "ftp:// is not known"), ("s4://x", "did you mean s3://"),
    ("https://s3.example.com/b", "s3://BUCKET/PREFIX?endpoint=https://HOST"), ("s3://", "bucket's name"),
    ("s3:///x", "bucket's name"),
    ("s3://a b", "bucket's name"), ("s3://..", "bucket's name"), ("s3://b/../x", "component . or .."),
    ("s3://b/a//b", "empty component"),
    ("s3://b?regoin=x", "did you mean “region”?"), ("s3://b?region", "must be followed by ="),
    ("s3://b?region=%zz", "percent-encoded"),
    ("s3://b?region=a&region=b", "twice"), ("s3://b?sse=kmz", "did you mean kms"), ("s3://b?part_size=1", "at least 5M"),
    ("s3://b?endpoint=s3.example.com", "https://"), ("s3://b?ca_file=/x", "cannot be in a URL"), ("file://host/x", "file:///PATH"),
    ("file:x", "FILE"), ("file://", "file:///PATH"), ("-a:b", "no store's name"), ("a b:c", "no store's name"),
    ("work:..", "component"),
  ])
  func `what names no end is refused with advice`(text: String, part: String) throws {
    if part == "FILE" {
      // A store may be asked for by any name; the configuration refuses to define this one.
      #expect(try End.parse(text) == .store(name: "file", prefix: EndPrefix("x".utf8)))
      return
    }
    let error = #expect(throws: EndError.self) { try End.parse(text) }
    #expect(error?.message.contains(part) == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    "s3://AKIA:hunter2@bucket/x", "s3://hunter2@bucket", "s3://b?secret_access_key=hunter2", "s3://b?secret_acess_key=hunter2",
    "s3://b?session_token=hunter2", "s3://b?access_key_id=hunter2", "s3://b?endpoint=https://u:hunter2@host",
  ])
  func `secrets in a URL are refused, and not repeated`(text: String) {
    let error = #expect(throws: EndError.self) { try End.parse(text) }
    #expect(error?.message.contains("hunter2") == false)
    let isAdvice = error.map { $0.message.contains("profile") || $0.message.contains("without credentials") } ?? false
    #expect(isAdvice, "\(String(describing: error))")
  }

  @Test func `relative paths are made absolute`() throws {
    func resolved(_ text: String) throws -> String { try End.parse(text).resolved(folder: "/etc/x", home: "/home/ada").description }
    #expect(try resolved("a/b") == "/etc/x/a/b")
    #expect(try resolved("./a") == "/etc/x/a")
    #expect(try resolved(".") == "/etc/x")
    #expect(try resolved("~/a") == "/home/ada/a")
    #expect(try resolved("~") == "/home/ada")
    #expect(try resolved("~bob/a") == "/etc/x/~bob/a")
    #expect(try resolved("/a") == "/a")
    #expect(try resolved("s3://b/a") == "s3://b/a")
  }

  @Test func `no bytes make the parser trap, and what it takes it takes again`() throws {
    let seed = freshSeed("ends")
    var random = SeededRandom(seed: seed)
    let pieces: [[UInt8]] =
      [
        "s3", "file", "memory", "://", ":", "/", "?", "&", "=", "%", "%41", "@", "..", ".", "b", "region", "endpoint", "https", "x",
        " ",
      ]
      .map { Array($0.utf8) } + [[0xFF], [0]]
    var taken = 0
    for round in 0..<30_000 {
      var bytes = (0..<Int.random(in: 0...9, using: &random)).flatMap { _ in pieces.randomElement(using: &random)! }
      if round % 3 == 0 { bytes = Array("s3://b".utf8) + bytes }
      guard let end = try? End.parse(bytes) else { continue }
      taken += 1
      let text = end.description
      guard !text.contains("\\") else { continue }
      if case .local = end { continue }
      #expect(try End.parse(text) == end, "seed \(seed): \(text)")
    }
    #expect(taken > 1000)
  }
}

extension ServiceEnd {
  init(parsed text: String) throws {
    guard case .service(let end) = try End.parse(text) else { throw EndError(message: "no bucket") }
    self = end
  }
}
