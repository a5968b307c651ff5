@testable import AzureStorage
import Concurrency
import HTTPClient
import ObjectStorage
import Primitives
import ProviderSupport
import StoreTesting
import Testing

/// Listings as the service gives them.
@Suite struct ListingTests {
  private func names(
    _ pages: [String], prefix: KeyPrefix = .all, _ options: ListOptions = ListOptions()
  ) async throws -> (keys: [String], folders: [String], problems: Int) {
    let transport = FakeTransport { _, index in .text(pages[min(index, pages.count - 1)]) }
    let found = fakeStore(transport).list(prefix, options)
    var keys: [String] = []
    var folders: [String] = []
    var problems = 0
    while let page = try await found.next() {
      keys += page.entries.map { String(decoding: $0.key.bytes, as: UTF8.self) }
      folders += page.folders.map { String(decoding: $0.bytes, as: UTF8.self) }
      problems += page.problems.count
    }
    return (keys, folders, problems)
  }

  @Test func `a page that fails for a moment is asked for again, not all pages from the first`() async throws {
    let transport = FakeTransport { request, index in
      if index == 1 { return FakeTransport.Answer(status: 503) }
      return .text(request.url.contains("marker=m") ? listing(listed("b")) : listing(listed("a"), next: "m"))
    }
    let found = fakeStore(transport).list(.all, ListOptions())
    var keys: [String] = []
    while let page = try await found.next() { keys += page.entries.map { String(decoding: $0.key.bytes, as: UTF8.self) } }
    #expect(keys == ["a", "b"])
    #expect(transport.requests.map { $0.url.contains("marker=m") } == [false, true, true])
  }

  @Test func `an entry has what the listing says of it`() async throws {
    let properties =
      "<Content-MD5>XUFAKrxLKna5cZ2REBfFkg==</Content-MD5><AccessTier>Cool</AccessTier><BlobType>BlockBlob</BlobType>"
    let metadata = "<Mtime>2026-11-20T10:42:23.5Z</Mtime><isobar_mode>640</isobar_mode>"
    let transport = FakeTransport { _, _ in .text(listing(listed("a &amp; b", size: 5, properties: properties, metadata: metadata)))
    }
    let entry = try #require(try await fakeStore(transport).list(.all, ListOptions()).next()?.entries.first)
    #expect(entry.key == (try ObjectKey("a & b")) && entry.size == 5 && entry.version == ObjectVersion("0x8D1"))
    #expect(entry.modified == Timestamp(iso8601: "2026-11-20T10:42:23.5Z") && entry.mode == 0o640)
    #expect(entry.hash?.method == .md5 && entry.storageClass?.name == "Cool" && entry.stored == TestAccount.now)
  }

  @Test(arguments: ["AppendBlob", "PageBlob"])
  func `what somebody once said of the content of page and append blobs is no hash`(_ type: String) async throws {
    let properties = "<Content-MD5>XUFAKrxLKna5cZ2REBfFkg==</Content-MD5><BlobType>\(type)</BlobType>"
    let transport = FakeTransport { request, _ in
      let answer = FakeTransport.Answer.text(
        "hello", 200,
        [
          ("Content-Length", "5"), ("ETag", "\"0x8D1\""), ("Content-MD5", "XUFAKrxLKna5cZ2REBfFkQ=="), ("x-ms-blob-type", type),
        ])
      return request.url.contains("comp=list") ? .text(listing(listed("a", properties: properties))) : answer
    }
    let store = fakeStore(transport)
    let key = try ObjectKey("a")
    #expect(try await store.list(.all, ListOptions()).next()?.entries.map(\.hash) == [nil])
    #expect(try await store.stat(key).hashes.isEmpty)
    #expect(try await store.readBytes(key, limit: 10) == Array("hello".utf8))
  }

  @Test func `names that XML cannot hold are decoded, others are not`() async throws {
    let encoded =
      "<Blob><Name Encoded=\"true\">a%EF%BF%BE</Name><Properties><Etag>1</Etag><Content-Length>1</Content-Length></Properties></Blob>"
    let (keys, _, _) = try await names([listing(listed("a%20b") + encoded)])
    #expect(keys == ["a%20b", "a\u{FFFE}"])
  }

  @Test func `the service's order by UTF-16 becomes bytewise order`() async throws {
    // What lies beyond the first plane comes before U+E000…U+FFFF there.
    let service = ["a", "b😀", "b😀/x", "b\u{FF21}", "bz".replacing("z", with: "\u{FFFD}"), "c", "😀a", "😀b", "ＡＢ"]
    let pages = [
      listing(service.prefix(2).map { listed($0) }.joined(), next: "1"),
      listing(service[2..<5].map { listed($0) }.joined(), next: "2"),
      listing(service[5...].map { listed($0) }.joined()),
    ]
    let (keys, _, _) = try await names(pages)
    #expect(keys == service.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
  }

  @Test func `random names come in bytewise order, however the service sorts and cuts them`() async throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let letters = ["a", "b", "-", ".", "/", "é", "\u{D7FF}", "\u{E000}", "\u{FFFD}", "😀", "\u{10FFFF}"]
    for isHierarchical in [false, true] {
      for _ in 0..<60 {
        var made: Set<[UInt8]> = []
        for _ in 0..<Int.random(in: 1..<40, using: &random) {
          let text = (0..<Int.random(in: 1..<6, using: &random)).map { _ in letters.randomElement(using: &random)! }.joined()
          if let key = try? ObjectKey(text), !key.isFolder { made.insert(key.bytes) }
        }
        func rank(_ name: [UInt8]) -> [UInt16] {
          String(decoding: name, as: UTF8.self).utf16.map { isHierarchical && $0 == 0x2F ? 0 : $0 }
        }
        let service = made.sorted { rank($0).lexicographicallyPrecedes(rank($1)) }
        let memory = [1, 2000, 1 << 20].randomElement(using: &random)!
        var order = ServiceOrder(common: 0) { ListingSorter(folder: Array("/tmp".utf8), memory: memory, store: "test") }
        order.isHierarchical = isHierarchical
        var given: [[UInt8]] = []
        var rest = service[...]
        while !rest.isEmpty {
          let count = Int.random(in: 1...4, using: &random)
          order.add(rest.prefix(count).map { ListedName(name: $0, blob: nil) })
          rest = rest.dropFirst(count)
          if rest.isEmpty { order.finish() }
          while case let names = try await order.take(3), !names.isEmpty { given += names.map(\.name) }
        }
        #expect(given == made.sorted { $0.lexicographicallyPrecedes($1) })
      }
    }
  }

  @Test func `what is put in order on disk keeps all that makes an entry`() async throws {
    let properties =
      "<ResourceType>file</ResourceType><Content-MD5>XUFAKrxLKna5cZ2REBfFkg==</Content-MD5><AccessTier>Cool</AccessTier>"
      + "<BlobType>BlockBlob</BlobType>"
    let metadata = "<Mtime>2026-11-20T10:42:23.5Z</Mtime><isobar_mode>640</isobar_mode>"
    let plain = { (name: String) in listed(name, size: 5, properties: properties, metadata: metadata) }
    let folder = listed("a", size: 0, properties: "<ResourceType>directory</ResourceType>")
    let body = listing(folder + plain("a/x") + plain("a/y/z") + plain("a-b"))
    func entries(_ memory: Int) async throws -> [ObjectEntry] {
      let transport = FakeTransport { _, _ in .text(body) }
      let found = fakeStore(transport) { $0.sortMemory = memory }.list(.all, ListOptions())
      var entries: [ObjectEntry] = []
      while let page = try await found.next() { entries += page.entries }
      return entries
    }
    let spilled = try await entries(1)
    #expect(spilled.map(\.key) == (try ["a-b", "a/", "a/x", "a/y/z"].map { try ObjectKey($0) }))
    #expect(spilled[2].hash != nil && spilled[2].mode == 0o640 && spilled[2].storageClass?.name == "Cool")
    #expect(spilled == (try await entries(1 << 20)))
  }

  @Test func `folders of every make are folders`() async throws {
    let real = listed(
      "A", size: 0, properties: "<ResourceType>directory</ResourceType>", metadata: "<hdi_isfolder>true</hdi_isfolder>")
    let file = { (name: String) in listed(name, properties: "<ResourceType>file</ResourceType>") }
    // As accounts with a hierarchical namespace list: the content right behind the folder.
    #expect(try await names([listing(real + file("A/x") + file("A-b"))]).keys == ["A-b", "A/", "A/x"])
    // A marker without its slash in a flat account, alone and beside one with it.
    let marker = listed("A", size: 0, metadata: "<hdi_isfolder>true</hdi_isfolder>")
    #expect(try await names([listing(marker + listed("A-b") + listed("A/x"))]).keys == ["A-b", "A/", "A/x"])
    #expect(try await names([listing(marker + listed("A-b") + listed("A/", size: 0))]).keys == ["A-b", "A/"])
    let folded = try await names(
      [listing(marker + listed("A-b") + "<BlobPrefix><Name>A/</Name></BlobPrefix>")], ListOptions(depth: .oneLevel))
    #expect(folded.keys == ["A-b"] && folded.folders == ["A/"])
  }

  @Test func `what is asked for begins behind a key, and odd names are problems`() async throws {
    let page = listing(["a", "b", "c//d", "e"].map { listed($0) }.joined())
    let (keys, _, problems) = try await names([page], ListOptions(after: try ObjectKey("a")))
    #expect(keys == ["b", "e"] && problems == 1)
  }

  @Test func `snapshots are no objects, and a state may be spelled as headers spell it`() async throws {
    let snapshot =
      "<Blob><Name>a</Name><Snapshot>2026-11-20T10:42:23.0000000Z</Snapshot><Properties><Etag>0x1</Etag><Content-Length>1</Content-Length></Properties></Blob>"
    let other = "<Blob><Name>b</Name><Properties><ETag>\"0x2\"</ETag><Content-Length>0</Content-Length></Properties></Blob>"
    #expect(try await names([listing(snapshot + listed("a") + other)]).keys == ["a", "b"])
  }

  @Test(arguments: [
    "", "nonsense", "<Error/>", listing(listed("a")).replacing("</EnumerationResults>", with: ""),
    String(listing(listed("a") + listed("b")).prefix(300)), listing(listed("b") + listed("a")), listing(listed("a") + listed("a")),
    listing("<Blob><Name>a</Name><Properties><Etag>1</Etag></Properties></Blob>"),
    listing("<Blob><Name>a</Name><Properties><Content-Length>1</Content-Length></Properties></Blob>"),
    listing("<Blob><Name>a</Name><Properties><Etag>1</Etag><Content-Length>-1</Content-Length></Properties></Blob>"),
    listing("<Blob><Properties><Etag>1</Etag><Content-Length>1</Content-Length></Properties></Blob>"),
    listing(
      "<Blob><Name Encoded=\"true\">a%zz</Name><Properties><Etag>1</Etag><Content-Length>1</Content-Length></Properties></Blob>"),
    listing(listed("a"), next: "x"),
  ])
  func `a listing that cannot be trusted is no listing`(_ body: String) async throws {
    await #expect(throws: StorageError.self) { try await names([body]) }
  }

  @Test func `markers that never end are not followed for ever`() async throws {
    let transport = FakeTransport { _, index in .text(listing("", next: "m\(index)")) }
    let error = try await #require(throws: StorageError.self) { try await fakeStore(transport).list(.all, ListOptions()).next() }
    #expect(error.code == .corrupted && error.retry == .later)
    let outside = try await #require(throws: StorageError.self) {
      _ = try await names([listing(listed("other"))], prefix: KeyPrefix(trusted: Array("p/".utf8)))
    }
    #expect(outside.code == .corrupted)
  }
}
