import Emulators
import HTTPMessages
import HTTPServer
import Markup
import Primitives
import Testing

/// Listings of the emulator of Azure Blob Storage.
@Suite struct AzureListingTests {
  private func prepared(_ names: [String]) async throws -> AzureTestClient {
    let client = try AzureTestClient()
    try await client.makeContainer()
    try await client.makeContainer("cona")
    _ = try await client.put("/cona/foreign", "")
    for name in names {
      let made = try await client.put("/con/" + PercentEncoding.encode(name.utf8, keepSlash: true), name)
      #expect(made.outcome == "201", "\(name)")
    }
    return client
  }

  /// All pages of a listing, entries as they are named.
  private func pages(_ client: AzureTestClient, _ query: String) async throws -> [[String]] {
    var pages: [[String]] = []
    var marker = ""
    repeat {
      let answer = try await client.get("/con?restype=container&comp=list&\(query)&marker=\(marker)")
      let root = try #require(answer.xml, "\(answer.text)")
      pages.append(try #require(root.child("Blobs")).children.map { $0.child("Name")?.string ?? "?" })
      marker = PercentEncoding.encode(root.child("NextMarker")?.text ?? [], keepSlash: false)
    } while !marker.isEmpty
    return pages
  }

  @Test(arguments: ["b%00", "b%00z", "b%00s2", "%00", "c%00"]) func `no name begins with a zero byte`(prefix: String) async throws {
    let client = try await prepared(["b", "b/c"])
    _ = try await client.put("/con/b?comp=snapshot")
    for more in ["", "&delimiter=%2F", "&include=snapshots"] {
      let answer = try await client.get("/con?restype=container&comp=list&prefix=\(prefix)\(more)")
      #expect(answer.outcome == "200" && answer.xml?.child("Blobs")?.children.isEmpty != false, "\(answer.text)")
    }
  }

  @Test func `names come in the order of their bytes, in pages`() async throws {
    let names = ["B", "a", "a!b", "a/b", "a/b/c", "a0", "b", "ä", "\u{FFFD}", "😀"]
    let client = try await prepared(names.reversed())
    let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for size in 1...11 {
      let found = try await pages(client, "maxresults=\(size)")
      #expect(found.flatMap { $0 } == sorted, "\(size)")
      #expect(found.dropLast().allSatisfy { $0.count == size })
    }
    #expect(try await pages(client, "prefix=a") == [["a", "a!b", "a/b", "a/b/c", "a0"]])
    #expect(try await pages(client, "prefix=a/b&maxresults=1") == [["a/b"], ["a/b/c"]])
    #expect(try await pages(client, "prefix=none") == [[]])
  }

  @Test func `folders are told once`() async throws {
    let client = try await prepared(["a", "a/1", "a/2", "a/b/3", "a0", "c//4", "c/"])
    #expect(try await pages(client, "delimiter=/") == [["a", "a/", "a0", "c/"]])
    for size in 1...4 {
      #expect(try await pages(client, "delimiter=/&maxresults=\(size)").flatMap { $0 } == ["a", "a/", "a0", "c/"], "\(size)")
    }
    #expect(try await pages(client, "delimiter=/&prefix=a/") == [["a/1", "a/2", "a/b/"]])
    #expect(try await pages(client, "delimiter=/&prefix=c/") == [["c/", "c//"]])
    #expect(try await pages(client, "delimiter=/b&prefix=a") == [["a", "a/1", "a/2", "a/b", "a0"]])
  }

  @Test func `what cannot stand in XML is encoded and says so`() async throws {
    let client = try await prepared(["plain/\u{FFFE}&", "plain/<&>"])
    let answer = try await client.get("/con?restype=container&comp=list")
    #expect(answer.text.contains("<Name Encoded=\"true\">plain/%EF%BF%BE%26</Name>"))
    #expect(answer.text.contains("<Name>plain/&lt;&amp;&gt;</Name>"))
  }

  @Test func `what is asked of a listing must be something`() async throws {
    let client = try await prepared(["a"])
    func list(_ query: String) async throws -> String { try await client.get("/con?restype=container&comp=list&\(query)").outcome }
    #expect(try await list("maxresults=0") == "400 OutOfRangeQueryParameterValue")
    #expect(try await list("maxresults=-1") == "400 OutOfRangeQueryParameterValue")
    #expect(try await list("maxresults=x") == "400 InvalidQueryParameterValue")
    #expect(try await list("maxresults=5001") == "200")
    #expect(try await list("marker=x") == "400 InvalidQueryParameterValue")
    #expect(try await list("include=everything") == "400 InvalidQueryParameterValue")
    #expect(try await list("include=snapshots&delimiter=/") == "400 InvalidQueryParameterValue")
    #expect(try await client.get("/none?restype=container&comp=list").outcome == "404 ContainerNotFound")
    // A marker of another container's listing leads nowhere else.
    let foreign = Base64.encode(Array("cona".utf8) + [0])
    #expect(
      try await client.get("/con?restype=container&comp=list&marker=2!\(foreign.utf8.count)!\(foreign)").text.contains("foreign")
        == false)
  }

  @Test func `snapshots come before what they are of`() async throws {
    let client = try await prepared(["a", "b"])
    let first = try await client.put("/con/a?comp=snapshot")["x-ms-snapshot"] ?? ""
    let second = try await client.put("/con/a?comp=snapshot")["x-ms-snapshot"] ?? ""
    #expect(first < second)
    let answer = try await client.get("/con?restype=container&comp=list&include=snapshots,metadata")
    let blobs = try #require(answer.xml?.child("Blobs")?.children)
    #expect(blobs.map { $0.child("Name")?.string ?? "" } == ["a", "a", "a", "b"])
    #expect(blobs.map { $0.child("Snapshot")?.string ?? "" } == [first, second, "", ""])
    #expect(try await pages(client, "") == [["a", "b"]])
  }
}
