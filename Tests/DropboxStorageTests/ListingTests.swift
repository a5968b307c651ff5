import Concurrency
import DropboxStorage
import Emulators
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// Listings: their order, the spelling of folders, and what changes while they are made.
@Suite struct ListingTests {
  @Test func `folders are spelled as they are themselves`() async throws {
    let entries = [
      fileBody("/ALPHA/beta/one.txt"), folderBody("/Alpha"), fileBody("/alpha/BETA/Two.txt"), folderBody("/aLPHA/Beta"),
      fileBody("/Zed"), folderBody("/alpha/beta/Deep"), fileBody("/alpha/beta/deep/three"),
    ]
    let transport = FakeTransport(.text(pageBody(entries)))
    #expect(
      try await keys(fakeStore(transport).list(.all, ListOptions())) == [
        "Alpha/", "Alpha/Beta/", "Alpha/Beta/Deep/", "Alpha/Beta/Deep/three", "Alpha/Beta/Two.txt", "Alpha/Beta/one.txt", "Zed",
      ])
  }

  @Test func `a page that fails for a moment is asked for again, not all pages from the first`() async throws {
    let transport = FakeTransport { request, index in
      if index == 1 { return FakeTransport.Answer(status: 503) }
      return .text(index == 0 ? pageBody([fileBody("/a")], hasMore: true) : pageBody([fileBody("/b")]))
    }
    #expect(try await keys(fakeStore(transport).list(.all, ListOptions())) == ["a", "b"])
    #expect(transport.requests.map(\.label) == ["files/list_folder", "files/list_folder/continue", "files/list_folder/continue"])
  }

  @Test(arguments: [1 << 30, 500])
  func `many odd names come in bytewise order, also from a file`(_ memory: Int) async throws {
    var random = SeededRandom(seed: 7)
    let parts = ["a", "B", "é", "ß", "İ", "日本", "😀", "a b", "a.b", "a-", "a!", "Ab", "~", "0", "ﬁ", "Ω", "z"]
    var names: Set<String> = []
    while names.count < 400 {
      let depth = Int.random(in: 1...3, using: &random)
      names.insert(
        (0..<depth).map { _ in parts.randomElement(using: &random)! + parts.randomElement(using: &random)! }.joined(separator: "/"))
    }
    // A file is no folder, and what differs in case alone is one.
    var folded: Set<String> = []
    let files = names.sorted().filter { folded.insert($0.lowercased()).inserted }.filter { name in
      !names.contains { $0 != name && $0.lowercased().hasPrefix(name.lowercased() + "/") }
    }
    var folders: [String: String] = [:]
    for file in files {
      let parts = file.split(separator: "/")
      for count in 1..<max(parts.count, 1) {
        let folder = parts.prefix(count).joined(separator: "/")
        if folders[folder.lowercased()] == nil { folders[folder.lowercased()] = folder }
      }
    }
    var expected: [[UInt8]] = []
    func spelled(_ path: String) -> String {
      let parts = path.split(separator: "/")
      guard parts.count > 1 else { return path }
      let parent = parts.dropLast().joined(separator: "/")
      let own = spelled(folders[parent.lowercased()]!)
      return own + "/" + parts.last!
    }
    for file in files { expected.append(Array(spelled(file).utf8)) }
    for folder in folders.values { expected.append(Array((spelled(folder) + "/").utf8)) }
    let sorted = expected.sorted { $0.lexicographicallyPrecedes($1) }
    let entries = (files.map { fileBody("/" + $0) } + folders.values.map { folderBody("/" + $0) }).shuffled(using: &random)
    let pages = stride(from: 0, to: entries.count, by: 97).map { Array(entries[$0..<min($0 + 97, entries.count)]) }
    let transport = FakeTransport { _, index in
      .text(pageBody(pages[index], cursor: "c\(index)", hasMore: index < pages.count - 1))
    }
    let listing = fakeStore(transport) { $0.sortMemory = memory }.list(.all, ListOptions(pageSize: 50))
    var found: [[UInt8]] = []
    while let page = try await listing.next() {
      #expect(page.entries.count <= 50)
      found += page.entries.map(\.key.bytes)
    }
    #expect(found == sorted)
    #expect(transport.requests.count == pages.count)
  }

  @Test func `what changes while it is listed is as it was last`() async throws {
    let first = [
      folderBody("/d"), fileBody("/d/old"), fileBody("/d/sub/deep"), fileBody("/gone"), fileBody("/twice", rev: "111111111"),
      folderBody("/was"), fileBody("/was/inside"), fileBody("/d/sub/x"),
    ]
    let second = [
      deletedBody("/gone"), fileBody("/twice", rev: "222222222"), deletedBody("/d"), folderBody("/d"), fileBody("/d/new"),
      // A file replaces a folder with all that was in it.
      fileBody("/was"),
    ]
    let transport = FakeTransport { _, index in
      .text(index == 0 ? pageBody(first, hasMore: true) : pageBody(second))
    }
    let store = fakeStore(transport)
    let listing = store.list(.all, ListOptions())
    let page = try #require(try await listing.next())
    #expect(page.entries.map(\.key.description) == ["d/", "d/new", "twice", "was"])
    #expect(page.entries[2].version == ObjectVersion("222222222"))
  }

  @Test func `a cursor that is reset in the middle means to begin anew`() async throws {
    let reset = #"{"error_summary": "reset/..", "error": {".tag": "reset"}}"#
    let transport = FakeTransport { request, index in
      switch index {
      case 0: .text(pageBody([fileBody("/before"), fileBody("/both")], hasMore: true))
      case 1: .text(reset, 409)
      case 2: .text(pageBody([fileBody("/both")], cursor: "d", hasMore: true))
      default: .text(pageBody([fileBody("/after")]))
      }
    }
    #expect(try await keys(fakeStore(transport).list(.all, ListOptions())) == ["after", "both"])
    #expect(transport.requests.map(\.label).count { $0 == "files/list_folder" } == 2)
    let never = FakeTransport { _, index in
      index % 2 == 0 ? .text(pageBody([fileBody("/a")], hasMore: true)) : .text(reset, 409)
    }
    let error = try await #require(throws: StorageError.self) { try await keys(fakeStore(never).list(.all, ListOptions())) }
    #expect(error.code == .unavailable && error.retry == .later)
  }

  @Test func `the account's own cursor is reset in the middle of a listing`() async throws {
    let server = try DropboxServer()
    let store = server.store()
    for index in 0..<30 { _ = try await store.write(.empty, to: try ObjectKey("f\(index)"), WriteOptions()) }
    let feed = try #require(store.changeFeed)
    let cursor = try await feed.latestCursor()
    try server.emulator.expireCursors()
    guard case .reset = try await feed.changes(since: cursor) else {
      Issue.record("a cursor outlived its reset")
      return
    }
    #expect(try await keys(store.list(.all, ListOptions(pageSize: 3))).count == 30)
  }

  @Test func `what cannot be read is a problem of its own`() async throws {
    let paper = fileBody("/notes.paper").replacing(#""is_downloadable": true"#, with: #""is_downloadable": false"#)
    let link = fileBody("/link").replacing(#""size": 1"#, with: #""size": 1, "symlink_info": {"target": "/etc"}"#)
    let transport = FakeTransport(.text(pageBody([paper, fileBody("/a"), link])))
    let page = try #require(try await fakeStore(transport).list(.all, ListOptions()).next())
    #expect(page.entries.map(\.key.description) == ["a"])
    #expect(Set(page.problems.compactMap(\.key?.description)) == ["notes.paper", "link"])
  }

  @Test func `a folder that is not there is empty, and a store that is not there is none`() async throws {
    let server = try DropboxServer()
    let store = server.store("Documents")
    let error = try await #require(throws: StorageError.self) { try await store.list(.all, ListOptions()).next() }
    #expect(error.code == .storeNotFound)
    #expect(try await !store.containerExists())
    try await store.createContainer()
    try await store.createContainer()
    #expect(try await store.containerExists())
    #expect(try await store.list(.all, ListOptions()).next() == nil)
    #expect(try await store.list(KeyPrefix(trusted: Array("no/such/".utf8)), ListOptions()).next() == nil)
  }

  @Test(arguments: [
    "", "[]", "nonsense", #"{"entries": []}"#, #"{"entries": [], "cursor": "", "has_more": false}"#,
    #"{"entries": [{".tag": "file", "name": "a"}], "cursor": "c", "has_more": false}"#,
    #"{"entries": [{".tag": "thing", "name": "a"}], "cursor": "c", "has_more": false}"#,
    #"{"entries": [], "cursor": "c", "has_more": true}"#,
    pageBody([fileBody("/a", size: -1)]), pageBody([fileBody("/a", rev: "../../etc")]),
  ])
  func `a listing that cannot be trusted is no listing`(_ body: String) async throws {
    let transport = FakeTransport(.text(body))
    await #expect(throws: StorageError.self) { try await fakeStore(transport).list(.all, ListOptions()).next() }
  }

  @Test func `what is of another folder is no part of a listing, nor of what changed`() async throws {
    let good = FakeTransport(
      .text(
        pageBody([
          folderBody("/Docs"), folderBody("/docs/Ärger"), fileBody("/docs/Ärger/one"), fileBody("/DOCS/Ärger/sub/two"),
        ])))
    func store(_ transport: FakeTransport) -> DropboxStore { fakeStore(transport) { $0.enter(Array("Docs/ÄRGER".utf8)) } }
    #expect(try await keys(store(good).list(.all, ListOptions())) == ["one", "sub/two"])
    for path in ["/elsewhere/Ärger/one", "/docs/other/one", "/docs/Ärger2/one", "/other"] {
      let evil = FakeTransport(.text(pageBody([fileBody("/docs/Ärger/fine"), fileBody(path)])))
      let error = try await #require(throws: StorageError.self) { try await keys(store(evil).list(.all, ListOptions())) }
      #expect(error.code == .corrupted, "\(error)")
      let feed = try #require(store(evil).changeFeed)
      let told = try await #require(throws: StorageError.self) { try await feed.changes(since: ChangeCursor("c")) }
      #expect(told.code == .corrupted, "\(told)")
    }
  }

  @Test func `names that no key has are told, and hide nothing`() async throws {
    let evil =
      #"{".tag": "file", "name": "..", "path_lower": "/a/..", "path_display": "/a/..", "id": "id:1", "rev": "123456789", "size": 1}"#
    let transport = FakeTransport(.text(pageBody([evil, fileBody("/b")])))
    let page = try #require(try await fakeStore(transport).list(.all, ListOptions()).next())
    #expect(page.entries.map(\.key.description) == ["b"])
    #expect(page.problems.count == 1)
  }
}
