import Emulators
import HTTPMessages
import HTTPServer
import Primitives
import Testing

/// What the emulator of Azure Blob Storage does in time: leases, the archive, deletion of containers. And batches.
@Suite struct AzureTimeTests {
  private func prepared(_ change: (inout AzureBehaviour) -> Void = { _ in }) async throws -> AzureTestClient {
    let client = try AzureTestClient(change)
    try await client.makeContainer()
    _ = try await client.put("/con/b", "1")
    return client
  }

  private func lease(_ client: AzureTestClient, _ action: String, _ headers: (String, String)...) async throws
    -> AzureTestClient.Answer
  {
    try await client.put("/con/b?comp=lease", "", [("x-ms-lease-action", action)] + headers)
  }

  private let one = "11111111-1111-1111-1111-111111111111"
  private let two = "22222222-2222-2222-2222-222222222222"

  @Test func `a lease locks, ends, and can be renewed`() async throws {
    let client = try await prepared()
    let taken = try await lease(client, "acquire", ("x-ms-lease-duration", "15"), ("x-ms-proposed-lease-id", one))
    #expect(taken.outcome == "201")
    #expect(taken["x-ms-lease-id"] == one)
    let mine = ("x-ms-lease-id", one.uppercased())
    #expect(try await client.put("/con/b", "2").outcome == "412 LeaseIdMissing")
    #expect(try await client.put("/con/b", "2", [("x-ms-lease-id", two)]).outcome == "412 LeaseIdMismatchWithBlobOperation")
    #expect(try await client.put("/con/b", "2", [mine]).outcome == "201")
    #expect(try await client.get("/con/b", [("x-ms-lease-id", two)]).outcome == "412 LeaseIdMismatchWithBlobOperation")
    #expect(try await client.get("/con/b").text == "2")
    client.time.advance(by: .seconds(10))
    #expect(try await lease(client, "renew", mine).outcome == "200")
    client.time.advance(by: .seconds(14))
    #expect(try await client.send(.delete, "/con/b").outcome == "412 LeaseIdMissing")
    client.time.advance(by: .seconds(1))
    #expect(try await client.send(.head, "/con/b")["x-ms-lease-state"] == "expired")
    #expect(try await client.put("/con/b", "3", [mine]).outcome == "412 LeaseLost")
    #expect(try await lease(client, "renew", mine).outcome == "200")
    client.time.advance(by: .seconds(15))
    #expect(try await client.put("/con/b", "3").outcome == "201")
    #expect(try await lease(client, "renew", mine).outcome == "409 LeaseIdMismatchWithLeaseOperation")
  }

  @Test func `a lease is broken at once, or in time`() async throws {
    let client = try await prepared()
    let mine = ("x-ms-lease-id", one)
    _ = try await lease(client, "acquire", ("x-ms-lease-duration", "-1"), ("x-ms-proposed-lease-id", one))
    #expect(try await lease(client, "acquire", ("x-ms-lease-duration", "15")).outcome == "409 LeaseAlreadyPresent")
    #expect(try await lease(client, "break", ("x-ms-lease-break-period", "20"))["x-ms-lease-time"] == "20")
    #expect(try await client.send(.head, "/con/b")["x-ms-lease-state"] == "breaking")
    #expect(try await lease(client, "renew", mine).outcome == "409 LeaseIsBrokenAndCannotBeRenewed")
    #expect(
      try await lease(client, "change", mine, ("x-ms-proposed-lease-id", two)).outcome == "409 LeaseIsBreakingAndCannotBeChanged")
    #expect(try await client.put("/con/b", "2").outcome == "412 LeaseIdMissing")
    client.time.advance(by: .seconds(20))
    #expect(try await client.send(.head, "/con/b")["x-ms-lease-state"] == "broken")
    #expect(try await lease(client, "acquire", ("x-ms-lease-duration", "60"), ("x-ms-proposed-lease-id", two)).outcome == "201")
    #expect(try await lease(client, "change", ("x-ms-lease-id", two), ("x-ms-proposed-lease-id", one)).outcome == "200")
    #expect(try await lease(client, "release", ("x-ms-lease-id", two)).outcome == "409 LeaseIdMismatchWithLeaseOperation")
    #expect(try await lease(client, "release", mine).outcome == "200")
    #expect(try await client.send(.head, "/con/b")["x-ms-lease-state"] == "available")
    #expect(try await lease(client, "break").outcome == "409 LeaseNotPresentWithLeaseOperation")
    #expect(try await client.put("/con/b", "2", [mine]).outcome == "412 LeaseNotPresentWithBlobOperation")
    for (action, headers) in [
      ("acquire", [("x-ms-lease-duration", "14")]), ("acquire", [("x-ms-lease-duration", "61")]),
      ("acquire", [("x-ms-lease-duration", "15"), ("x-ms-proposed-lease-id", "mine")]), ("take", []),
    ] {
      let answer = try await client.put("/con/b?comp=lease", "", [("x-ms-lease-action", action)] + headers)
      #expect(answer.outcome == "400 InvalidHeaderValue", "\(action) \(headers)")
    }
  }

  @Test func `out of the archive it takes hours`() async throws {
    let client = try await prepared()
    func tier(_ name: String) async throws -> String {
      try await client.put("/con/b?comp=tier", "", [("x-ms-access-tier", name)]).outcome
    }
    #expect(try await tier("Archive") == "200")
    #expect(try await client.get("/con/b").outcome == "409 BlobArchived")
    #expect(try await client.put("/con/b", "2").outcome == "409 BlobArchived")
    #expect(try await client.put("/con/b?comp=metadata").outcome == "409 BlobArchived")
    #expect(try await client.send(.head, "/con/b")["x-ms-access-tier"] == "Archive")
    #expect(try await tier("Cool") == "202")
    #expect(try await client.send(.head, "/con/b")["x-ms-archive-status"] == "rehydrate-pending-to-cool")
    #expect(try await tier("Hot") == "409 BlobBeingRehydrated")
    client.time.advance(by: .seconds(3599))
    #expect(try await client.get("/con/b").outcome == "409 BlobArchived")
    client.time.advance(by: .seconds(1))
    #expect(try await client.get("/con/b").text == "1")
    #expect(try await client.send(.head, "/con/b")["x-ms-access-tier"] == "Cool")
    #expect(try await tier("Lukewarm") == "400 InvalidHeaderValue")
  }

  @Test func `the name of a deleted container is taken for a while`() async throws {
    let client = try await prepared { $0.containerDeletion = .seconds(30) }
    #expect(try await client.send(.delete, "/con?restype=container").outcome == "202")
    let create = ("/con?restype=container", "409 ContainerBeingDeleted")
    #expect(try await client.send(.put, create.0).outcome == create.1)
    #expect(try await client.put("/con/b", "1").outcome == create.1)
    client.time.advance(by: .seconds(30))
    #expect(try await client.put("/con/b", "1").outcome == "404 ContainerNotFound")
    #expect(try await client.send(.put, create.0).outcome == "201")
    #expect(try await client.get("/con/b").outcome == "404 BlobNotFound")
  }

  // MARK: Batches

  private func batch(_ client: AzureTestClient, _ body: String) async throws -> AzureTestClient.Answer {
    try await client.send(
      .post, "/con?restype=container&comp=batch", [("content-type", "multipart/mixed; boundary=b")],
      body: AzureTestBody(Array(body.utf8)))
  }

  private func part(_ client: AzureTestClient, _ method: HTTPMethod, _ target: String, key: Secret?) throws -> String {
    let path = "/devstoreaccount1\(target)"
    var headers = HTTPHeaders()
    try headers.add("x-ms-date", client.time.now.rfc1123)
    try headers.add("Content-Length", "0")
    if let key {
      try headers.add("Authorization", "SharedKey devstoreaccount1:\(AzureTestClient.sign(method, path, headers, key))")
    }
    let lines = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
    return "--b\r\nContent-Type: application/http\r\nContent-ID: 7\r\n\r\n\(method) \(path) HTTP/1.1\r\n\(lines)\r\n"
  }

  @Test func `each part of a batch has its own rights and its own answer`() async throws {
    let client = try await prepared()
    _ = try await client.put("/con/c", "1")
    try await client.makeContainer("other")
    _ = try await client.put("/other/b", "1")
    let key = client.key
    let parts = try [
      part(client, .delete, "/con/b", key: key), part(client, .delete, "/con/c", key: nil),
      part(client, .delete, "/con/c", key: Secret("AAAA")), part(client, .delete, "/other/b", key: key),
      part(client, .delete, "/con/none", key: key),
    ]
    let answer = try await batch(client, parts.joined() + "--b--\r\n")
    #expect(answer.outcome == "202")
    let found = answer.text.split(separator: "\r\n").filter { $0.hasPrefix("HTTP/1.1 ") }.map { $0.split(separator: " ")[1] }
    #expect(found == ["202", "401", "403", "400", "404"])
    #expect(try await client.get("/con/b").outcome == "404 BlobNotFound")
    #expect(try await client.get("/con/c").text == "1")
    #expect(try await client.get("/other/b").text == "1")
  }

  @Test func `a batch that is none does nothing`() async throws {
    let client = try await prepared()
    let good = try part(client, .delete, "/con/b", key: client.key)
    let read = try part(client, .get, "/con/b", key: client.key)
    for body in ["", "--b--", good, good + read + "--b--", good.replacingFirst("application/http", "text/plain") + "--b--"] {
      #expect(try await batch(client, body).status == 400, "\(body)")
    }
    #expect(try await batch(client, String(repeating: good, count: 257) + "--b--").outcome == "400 ExceedsMaxBatchRequestCount")
    #expect(try await client.get("/con/b").text == "1")
    let version = good.replacingFirst("x-ms-date", "x-ms-version: 2023-11-03\r\nx-ms-date")
    #expect(try await batch(client, version + "--b--").outcome == "400 InvalidHeaderValue")
  }
}
