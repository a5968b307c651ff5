import Emulators
import HTTPMessages
import HTTPServer
import Primitives
import Testing

/// Conditions of the emulator of Azure Blob Storage, as its reference tells them for reading and for writing.
@Suite struct AzureConditionTests {
  /// A client with a blob that was changed twice, a minute apart.
  private func prepared() async throws -> (client: AzureTestClient, old: String, now: String) {
    let client = try AzureTestClient()
    try await client.makeContainer()
    let old = try await client.put("/con/b", "1").etag
    client.time.advance(by: .seconds(60))
    let now = try await client.put("/con/b", "2").etag
    client.time.advance(by: .seconds(60))
    #expect(old != now)
    return (client, old, now)
  }

  private static let notMet = "412 ConditionNotMet"
  private static let notModified = "304 ConditionNotMet"

  @Test func `reading under conditions`() async throws {
    let (client, old, now) = try await prepared()
    let changed = (client.time.now - .seconds(60)).rfc1123
    let before = (client.time.now - .seconds(61)).rfc1123
    let cases: [([(String, String)], String)] = [
      ([("if-match", now)], "200"), ([("if-match", "*")], "200"), ([("if-match", old)], Self.notMet),
      ([("if-match", String(now.dropFirst().dropLast()))], "200"),
      ([("if-match", "\(now), \(old)")], "400 MultipleConditionHeadersNotSupported"),
      ([("if-none-match", old)], "200"), ([("if-none-match", now)], Self.notModified),
      ([("if-none-match", "*")], "400 UnsatisfiableCondition"),
      ([("if-modified-since", before)], "200"), ([("if-modified-since", changed)], Self.notModified),
      ([("if-unmodified-since", changed)], "200"), ([("if-unmodified-since", before)], Self.notMet),
      ([("if-modified-since", "yesterday")], "400 InvalidHeaderValue"),
      // One of the two is enough to be given the blob.
      ([("if-none-match", now), ("if-modified-since", before)], "200"),
      ([("if-none-match", old), ("if-modified-since", changed)], "200"),
      ([("if-none-match", now), ("if-modified-since", changed)], Self.notModified),
      // Both are needed.
      ([("if-match", now), ("if-unmodified-since", before)], Self.notMet),
      ([("if-match", old), ("if-none-match", old)], Self.notMet),
    ]
    for (headers, outcome) in cases {
      #expect(try await client.get("/con/b", headers).outcome == outcome, "\(headers)")
      #expect(try await client.send(.head, "/con/b", headers).outcome == outcome, "\(headers)")
    }
    #expect(try await client.get("/con/none", [("if-match", "*")]).outcome == Self.notMet)
    #expect(try await client.get("/con/none", [("if-none-match", old)]).outcome == "404 BlobNotFound")
    #expect(try await client.get("/con/b", [("if-none-match", now)]).body.isEmpty)
  }

  @Test func `writing under conditions changes the blob or leaves it alone`() async throws {
    let (client, old, now) = try await prepared()
    let changed = (client.time.now - .seconds(60)).rfc1123
    let before = (client.time.now - .seconds(61)).rfc1123
    let refusals: [([(String, String)], String)] = [
      ([("if-match", old)], Self.notMet), ([("if-none-match", now)], Self.notMet), ([("if-modified-since", changed)], Self.notMet),
      ([("if-unmodified-since", before)], Self.notMet), ([("if-none-match", "*")], "409 BlobAlreadyExists"),
      ([("if-match", now), ("if-none-match", old)], "400 MultipleConditionHeadersNotSupported"),
      ([("if-modified-since", before), ("if-unmodified-since", changed)], "400 MultipleConditionHeadersNotSupported"),
    ]
    _ = try await client.put("/con/b?comp=block&blockid=MDAx", "3")
    let list = "<BlockList><Latest>MDAx</Latest></BlockList>"
    for (headers, outcome) in refusals {
      #expect(try await client.put("/con/b", "3", headers).outcome == outcome, "\(headers)")
      #expect(try await client.put("/con/b?comp=blocklist", list, headers).outcome == outcome, "\(headers)")
      let source = [("x-ms-copy-source", "http://127.0.0.1:10000/devstoreaccount1/con/b")]
      #expect(try await client.send(.put, "/con/b", source + headers).outcome == outcome, "\(headers)")
      let other = outcome == "409 BlobAlreadyExists" ? Self.notMet : outcome
      #expect(try await client.put("/con/b?comp=metadata", "", headers).outcome == other, "\(headers)")
      #expect(try await client.put("/con/b?comp=properties", "", headers).outcome == other, "\(headers)")
      #expect(try await client.put("/con/b?comp=snapshot", "", headers).outcome == other, "\(headers)")
      #expect(try await client.send(.delete, "/con/b", headers).outcome == other, "\(headers)")
    }
    let untouched = try await client.get("/con/b")
    #expect(untouched.text == "2")
    #expect(untouched.etag == now)
    #expect(try await client.put("/con/b", "3", [("if-match", now)]).outcome == "201")
    #expect(try await client.put("/con/new", "3", [("if-match", now)]).outcome == Self.notMet)
    #expect(try await client.put("/con/new", "3", [("if-none-match", "*")]).outcome == "201")
    #expect(try await client.send(.delete, "/con/none", [("if-match", now)]).outcome == Self.notMet)
  }

  @Test func `of many who write on one condition one does`() async throws {
    let (client, _, now) = try await prepared()
    let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<20 {
        group.addTask { try await client.put("/con/b", "\(number)", [("if-match", now)]).outcome }
        group.addTask { try await client.put("/con/fresh", "\(number)", [("if-none-match", "*")]).outcome }
      }
      return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
    #expect(outcomes == ["201": 2, Self.notMet: 19, "409 BlobAlreadyExists": 19])
  }

  @Test func `what changes a blob changes its ETag, and nothing else does`() async throws {
    let (client, _, first) = try await prepared()
    var known: Set<String> = [first]
    func now() async throws -> String { try await client.send(.head, "/con/b").etag }
    for (target, headers) in [
      ("/con/b?comp=metadata", [("x-ms-meta-a", "b")]), ("/con/b?comp=properties", [("x-ms-blob-content-type", "a/b")]),
      ("/con/b", []), ("/con/b?comp=blocklist", []),
    ] {
      let body = target.hasSuffix("blocklist") ? "<BlockList></BlockList>" : ""
      let answer = try await client.put(target, body, headers)
      #expect(answer.status < 300)
      #expect(try await now() == answer.etag)
      #expect(known.insert(answer.etag).inserted, "\(target)")
    }
    let etag = try await now()
    #expect(try await client.put("/con/b?comp=tier", "", [("x-ms-access-tier", "Cool")]).outcome == "200")
    #expect(try await client.put("/con/b?comp=tags", "<Tags><TagSet></TagSet></Tags>").outcome == "204")
    #expect(try await client.put("/con/b?comp=snapshot").outcome == "201")
    let lease = [("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", "-1")]
    #expect(try await client.put("/con/b?comp=lease", "", lease).outcome == "201")
    #expect(try await now() == etag)
  }
}
