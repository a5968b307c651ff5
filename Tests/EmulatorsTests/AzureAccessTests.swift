import Crypto
import Emulators
import HTTPMessages
import HTTPServer
import Markup
import Primitives
import Testing

/// Who the emulator of Azure Blob Storage lets in.
@Suite struct AzureAccessTests {
  private let failed = "403 AuthenticationFailed"

  @Test func `a signature with another key, of another request, or of nothing is refused`() async throws {
    var client = try AzureTestClient()
    try await client.makeContainer()
    #expect(try await client.put("/con/b", "1").outcome == "201")
    let key = try #require(client.key)
    client.key = Secret(Base64.encode([1, 2, 3]))
    let refused = try await client.get("/con/b")
    #expect(refused.outcome == failed)
    #expect(refused.xml?.child("Code")?.string == "AuthenticationFailed")
    #expect(refused.xml?.child("AuthenticationErrorDetail")?.string.contains("x-ms-date:") == true)
    client.key = nil
    for text in ["SharedKey devstoreaccount1:AAAA", "SharedKey other:\(Base64.encode([UInt8](repeating: 0, count: 32)))"] {
      #expect(try await client.get("/con/b", [("authorization", text), ("x-ms-date", client.time.now.rfc1123)]).outcome == failed)
    }
    for text in ["SharedKey", "SharedKey devstoreaccount1", "SharedKey devstoreaccount1:not base64"] {
      let answer = try await client.get("/con/b", [("authorization", text), ("x-ms-date", client.time.now.rfc1123)])
      #expect(answer.outcome == "400 InvalidAuthenticationInfo", "\(text)")
    }
    // A signature made for one address does not open another.
    var headers: HTTPHeaders = ["x-ms-version": "2023-11-03"]
    try headers.add("x-ms-date", client.time.now.rfc1123)
    let signature = AzureTestClient.sign(.get, "/devstoreaccount1/con/b", headers, key)
    let signed = [("authorization", "SharedKey devstoreaccount1:\(signature)"), ("x-ms-date", client.time.now.rfc1123)]
    #expect(try await client.get("/con/b", signed).outcome == "200")
    #expect(try await client.get("/con/b?snapshot=2026-01-01T00:00:00.0000000Z", signed).outcome == failed)
    #expect(try await client.get("/con/b", signed + [("x-ms-meta-more", "1")]).outcome == failed)
    #expect(try await client.get("/con/b", signed + [("if-match", "*")]).outcome == failed)
    #expect(try await client.send(.head, "/con/b", signed).outcome == failed)
  }

  @Test(arguments: [-901, -900, 0, 900, 901]) func `a date may be a quarter of an hour off`(seconds: Int) async throws {
    let client = try AzureTestClient()
    let date = (client.time.now + .seconds(seconds)).rfc1123
    let answer = try await client.send(.put, "/con?restype=container", [("x-ms-date", date)])
    #expect(answer.outcome == (abs(seconds) <= 900 ? "201" : failed))
  }

  @Test func `a request without a date, or with one that is none, is refused`() async throws {
    var client = try AzureTestClient()
    let key = try #require(client.key)
    client.key = nil
    for date in ["yesterday", "2026-05-28T20:26:40Z"] {
      var headers: HTTPHeaders = ["x-ms-version": "2023-11-03", "content-length": "0"]
      try headers.add("x-ms-date", date)
      let signature = AzureTestClient.sign(.put, "/devstoreaccount1/con?restype=container", headers, key)
      let answer = try await client.send(
        .put, "/con?restype=container", [("x-ms-date", date), ("authorization", "SharedKey devstoreaccount1:\(signature)")])
      #expect(answer.outcome == failed)
    }
    let answer = try await client.send(.put, "/con?restype=container", [("authorization", "SharedKey devstoreaccount1:AAAA")])
    #expect(answer.outcome == failed)
  }

  /// The order of `azure-storage-blob`'s own signatures: hyphens do not count between words.
  @Test func `header names are signed in the order of words`() async throws {
    var client = try AzureTestClient()
    try await client.makeContainer()
    let key = try #require(client.key)
    client.key = nil
    let date = client.time.now.rfc1123
    func text(_ names: [String]) -> String {
      let lines = names.map { "\($0):1\n" }.joined()
      return "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-blob-type:BlockBlob\nx-ms-date:\(date)\n\(lines)x-ms-version:2023-11-03\n"
        + "/devstoreaccount1/devstoreaccount1/con/b"
    }
    // None of these has a hyphen in the middle of a word: such are no names of metadata.
    let words = ["x-ms-meta-a0", "x-ms-meta-a_", "x-ms-meta-ab", "x-ms-meta-B"]
    func put(_ order: [String]) async throws -> String {
      let code = HMACSHA256.code(Array(text(order.map { $0.lowercased() }).utf8), key: Base64.decode(key.reveal()) ?? [])
      let headers =
        [("x-ms-date", date), ("authorization", "SharedKey devstoreaccount1:\(Base64.encode(code))")] + words.map { ($0, "1") }
      return try await client.put("/con/b", "", headers).outcome
    }
    // The underscore comes before the digit, which it does not by bytes.
    #expect(try await put(["x-ms-meta-a_", "x-ms-meta-a0", "x-ms-meta-ab", "x-ms-meta-B"]) == "201")
    #expect(try await put(["x-ms-meta-a0", "x-ms-meta-a_", "x-ms-meta-ab", "x-ms-meta-B"]) == failed)
  }

  // MARK: Nobody in particular

  @Test func `nobody in particular is told nothing, or asked for a token`() async throws {
    var client = try AzureTestClient()
    try await client.makeContainer()
    _ = try await client.put("/con/b", "1")
    client.key = nil
    let asked = try await client.get("/con/b")
    #expect(asked.outcome == "401 NoAuthenticationInformation")
    #expect(asked["www-authenticate"]?.contains("resource_id=https://storage.azure.com") == true)
    client.version = nil
    #expect(try await client.get("/con/b").outcome == "404 ResourceNotFound")
    #expect(try await client.get("/none/b").outcome == "404 ResourceNotFound")
    #expect(try await client.send(.delete, "/con/b").outcome == "404 ResourceNotFound")
  }

  // MARK: Signatures in addresses

  /// A signature for a container, with the text that is signed spelled out.
  private func signature(_ client: AzureTestClient, permission: String = "r", expiry: Duration = .seconds(60)) throws -> String {
    let end = (client.time.now + expiry).iso8601
    let lines = [permission, "", end, "/blob/devstoreaccount1/con", "", "", "", "2020-12-06", "c", "", "", "", "", "", "", ""]
    let key = Base64.decode(AzureBehaviour().key.reveal()) ?? []
    let code = Base64.encode(HMACSHA256.code(Array(lines.joined(separator: "\n").utf8), key: key))
    return "sv=2020-12-06&sr=c&sp=\(permission)&se=\(end)&sig=\(PercentEncoding.encode(code.utf8, keepSlash: false))"
  }

  @Test func `a signature in an address is good for what it says, and until then`() async throws {
    var client = try AzureTestClient()
    try await client.makeContainer()
    _ = try await client.put("/con/b", "1")
    client.key = nil
    let good = try signature(client)
    #expect(try await client.get("/con/b?\(good)").text == "1")
    #expect(try await client.send(.delete, "/con/b?\(good)").outcome == "403 AuthorizationPermissionMismatch")
    #expect(try await client.get("/con?restype=container&comp=list&\(good)").outcome == "403 AuthorizationPermissionMismatch")
    for (part, other) in [("sp=r", "sp=rd"), ("sr=c", "sr=b"), ("sv=2020-12-06", "sv=2019-12-12"), ("2026", "2027")] {
      #expect(try await client.get("/con/b?\(good.replacingFirst(part, other))").outcome == failed, "\(part)")
    }
    #expect(try await client.get("/con/b?\(good)&st=2026-01-01").outcome == failed)
    #expect(try await client.get("/con/b?\(good)&sig=").outcome == "200")
    client.time.advance(by: .seconds(60))
    #expect(try await client.get("/con/b?\(good)").outcome == failed)
    let list = try signature(client, permission: "l")
    #expect(try await client.get("/con?restype=container&comp=list&\(list)").outcome == "200")
    #expect(try await client.get("/con?restype=container&\(list)").outcome == "403 AuthorizationFailure")
  }

  /// What is signed has grown with the versions of the protocol.
  @Test(arguments: [("2015-04-05", 13), ("2018-11-09", 15), ("2020-12-06", 16)])
  func `a signature is read as its version writes it`(version: String, lineCount: Int) async throws {
    var client = try AzureTestClient()
    try await client.makeContainer()
    _ = try await client.put("/con/a/b", "1")
    client.key = nil
    let end = (client.time.now + .seconds(60)).iso8601
    var lines = ["r", "", end, "/blob/devstoreaccount1/con/a/b", "", "127.0.0.1", "https,http", version]
    if version >= "2018-11-09" { lines += ["b", ""] }
    if version >= "2020-12-06" { lines.append("") }
    lines += ["no-store", "", "", "", "x/y"]
    #expect(lines.count == lineCount)
    let code = HMACSHA256.code(Array(lines.joined(separator: "\n").utf8), key: Base64.decode(AzureBehaviour().key.reveal()) ?? [])
    let fields = [
      ("sv", version), ("sr", "b"), ("sp", "r"), ("se", end), ("sip", "127.0.0.1"), ("spr", "https,http"), ("rscc", "no-store"),
      ("rsct", "x/y"), ("sig", Base64.encode(code)),
    ]
    let query = fields.map { "\($0.0)=\(PercentEncoding.encode($0.1.utf8, keepSlash: false))" }.joined(separator: "&")
    let answer = try await client.get("/con/a/b?\(query)")
    #expect(answer.text == "1")
    #expect(answer["content-type"] == "x/y")
    #expect(answer["cache-control"] == "no-store")
    #expect(try await client.get("/con/a?\(query)").outcome == failed)
    #expect(try await client.get("/con/a/b?\(query)&rsce=gzip").outcome == failed)
  }

  // MARK: Tokens

  @Test func `the directory issues tokens to its application, for storage, and to nobody else`() async throws {
    let client = try AzureTestClient()
    let behaviour = client.emulator.behaviour
    func ask(_ change: (String, String)? = nil, tenant: String? = nil, method: HTTPMethod = .post) async throws -> (Int, String?) {
      var form = [
        ("grant_type", "client_credentials"), ("client_id", behaviour.clientID), ("client_secret", behaviour.clientSecret.reveal()),
        ("scope", "https://storage.azure.com/.default"),
      ]
      if let change { form = form.map { $0.0 == change.0 ? change : $0 } }
      let text = form.map { "\($0.0)=\(PercentEncoding.encode($0.1.utf8, keepSlash: false))" }.joined(separator: "&")
      let request = HTTPServerRequest(
        method: method, target: "/\(tenant ?? behaviour.tenant)/oauth2/v2.0/token", body: AzureTestBody(Array(text.utf8)))
      let answer = try await AzureTestClient.take(try await client.emulator.respond(to: request))
      return (answer.status, (try? JSONValue.parse(answer.body))?["error"]?.stringValue)
    }
    #expect(try await ask() == (200, nil))
    #expect(try await ask(("scope", "https://storage.azure.com/.default openid profile offline_access")) == (200, nil))
    #expect(try await ask(("scope", "https://graph.microsoft.com/.default")) == (400, "invalid_scope"))
    #expect(try await ask(("scope", "openid")) == (400, "invalid_scope"))
    #expect(try await ask(("client_secret", "wrong")) == (401, "invalid_client"))
    #expect(try await ask(("client_id", "other")) == (400, "unauthorized_client"))
    #expect(try await ask(("grant_type", "password")) == (400, "unsupported_grant_type"))
    #expect(try await ask(tenant: "other") == (400, "invalid_request"))
    #expect(try await ask(method: .get).0 == 404)
    // What only looks like the directory is a blob.
    try await client.makeContainer("oauth2")
    #expect(try await client.put("/oauth2/v2.0/token", "1").outcome == "201")
    #expect(try await client.get("/oauth2/v2.0/token").text == "1")
  }

  @Test func `a token ends`() async throws {
    var client = try AzureTestClient { $0.tokenLifetime = .seconds(100) }
    try await client.makeContainer()
    let behaviour = client.emulator.behaviour
    let form =
      "grant_type=client_credentials&client_id=\(behaviour.clientID)&client_secret=\(behaviour.clientSecret.reveal())"
      + "&scope=https%3A%2F%2Fstorage.azure.com%2F.default"
    let request = HTTPServerRequest(
      method: .post, target: "/\(behaviour.tenant)/oauth2/v2.0/token", body: AzureTestBody(Array(form.utf8)))
    let issued = try await AzureTestClient.take(try await client.emulator.respond(to: request))
    let token = try #require(try JSONValue.parse(issued.body)["access_token"]?.stringValue)
    client.key = nil
    let bearer = [("authorization", "Bearer \(token)")]
    #expect(try await client.get("/con?restype=container", bearer).outcome == "200")
    #expect(try await client.get("/con?restype=container", [("authorization", "Bearer \(token)x")]).status == 401)
    client.time.advance(by: .seconds(99))
    #expect(try await client.get("/con?restype=container", bearer).outcome == "200")
    client.time.advance(by: .seconds(1))
    let ended = try await client.get("/con?restype=container", bearer)
    #expect(ended.outcome == "401 InvalidAuthenticationInfo")
    #expect(ended["www-authenticate"]?.hasPrefix("Bearer authorization_uri=") == true)
    client.version = nil
    #expect(try await client.get("/con?restype=container", bearer).status == 401)
  }
}

extension String {
  func replacingFirst(_ part: String, _ other: String) -> String {
    guard let range = firstRange(of: part) else { return self }
    return replacingCharacters(range, other)
  }

  private func replacingCharacters(_ range: Range<String.Index>, _ other: String) -> String {
    String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
  }
}
