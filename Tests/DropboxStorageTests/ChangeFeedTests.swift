import DropboxStorage
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// What happened since.
@Suite struct ChangeFeedTests {
  private static func changes(_ feed: any ChangeFeed, _ cursor: inout ChangeCursor) async throws -> [String] {
    var found: [String] = []
    while true {
      guard case .changes(let page) = try await feed.changes(since: cursor) else {
        Issue.record("the cursor was reset")
        return found
      }
      cursor = page.cursor
      for change in page.changes {
        switch change {
        case .isThere(let entry): found.append("+\(entry.key)")
        case .isGone(let key): found.append("-\(key)")
        case .isUnknown(let problem): found.append("?\(problem)")
        }
      }
      if !page.hasMore { return found }
    }
  }

  @Test func `what happens after a cursor is told, below the store's folder only`() async throws {
    let server = try DropboxServer()
    let (store, other) = (server.store("Documents"), server.store())
    try await store.createContainer()
    _ = try await store.write(.bytes([1]), to: try ObjectKey("before"), WriteOptions())
    let feed = try #require(store.changeFeed)
    var cursor = try await feed.latestCursor()
    #expect(try await Self.changes(feed, &cursor) == [])
    _ = try await store.write(.bytes([1]), to: try ObjectKey("new/File"), WriteOptions())
    _ = try await other.write(.bytes([1]), to: try ObjectKey("elsewhere"), WriteOptions())
    _ = try await store.delete([DeleteTarget(try ObjectKey("before"))])
    #expect(try await feed.wait(since: cursor, atMost: .seconds(30)) == .changed)
    let found = try await Self.changes(feed, &cursor)
    #expect(Set(found) == ["+new/", "+new/File", "-before"])
    #expect(try await Self.changes(feed, &cursor) == [])
  }

  @Test func `a reset is told, and nothing is concluded from it`() async throws {
    let reset = FakeTransport(.text(#"{"error_summary": "reset/..", "error": {".tag": "reset"}}"#, 409))
    let feed = try #require(fakeStore(reset).changeFeed)
    guard case .reset = try await feed.changes(since: ChangeCursor("old")) else {
      Issue.record("a reset was not told")
      return
    }
    #expect(try await feed.wait(since: ChangeCursor("old"), atMost: .seconds(30)) == .reset)
    // Nobody needs to say who asks to wait: the cursor is enough.
    #expect(reset.requests.last?.headers["authorization"] == nil)
    #expect(reset.requests.last?.url == "https://notify.dropboxapi.com/2/files/list_folder/longpoll")
    for body in ["", "{}", #"{"entries": 1}"#] {
      await #expect(throws: StorageError.self) {
        try await #require(fakeStore(FakeTransport(.text(body))).changeFeed).changes(since: ChangeCursor("c"))
      }
    }
  }
}
