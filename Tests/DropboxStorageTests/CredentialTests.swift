import Concurrency
import DropboxStorage
import Emulators
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// Where tokens come from, and how long they last.
@Suite struct CredentialTests {
  private static func refreshing(_ secret: String? = "isobarsecret") -> DropboxCredentials {
    DropboxCredentials(.refreshToken(Secret("r-1"), appKey: "isobarkey", appSecret: secret.map { Secret($0) }))
  }

  @Test func `many requests share one refresh, and it is renewed before it ends`() async throws {
    let time = Lock(Timestamp(seconds: 1_800_000_000))
    let clock = WallClock { time.withLock { $0 } }
    let server = try DropboxServer(rules: DropboxRules(refreshToken: "r-1"), clock: clock)
    let store = server.store(credentials: Self.refreshing(), clock: clock)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<16 { group.addTask { _ = try await store.find(try ObjectKey("absent \(index)")) } }
      try await group.waitForAll()
    }
    #expect(server.requests.count("oauth2/token") == 1)
    time.withLock { $0 = $0 + .seconds(3 * 3600) }
    _ = try await store.find(try ObjectKey("a"))
    #expect(server.requests.count("oauth2/token") == 1)
    time.withLock { $0 = $0 + .seconds(3600 - 200) }
    _ = try await store.find(try ObjectKey("a"))
    #expect(server.requests.count("oauth2/token") == 2)
  }

  @Test func `a token that expired early is renewed once`() async throws {
    // The server's clock goes ahead of ours: its tokens end before we think they do.
    let ahead = Lock(Duration.zero)
    let server = try DropboxServer(
      rules: DropboxRules(refreshToken: "r-1"), clock: WallClock { Timestamp(seconds: 1_800_000_000) + ahead.withLock { $0 } })
    let store = server.store(credentials: Self.refreshing(), clock: WallClock { Timestamp(seconds: 1_800_000_000) })
    _ = try await store.find(try ObjectKey("a"))
    ahead.withLock { $0 = .seconds(5 * 3600) }
    _ = try await store.find(try ObjectKey("a"))
    #expect(server.requests.count("oauth2/token") == 2)
    #expect(server.requests.count("files/get_metadata") == 3)
  }

  @Test func `a service that refuses every token is asked twice, not for ever`() async throws {
    let transport = FakeTransport { request, _ in
      request.label == "oauth2/token"
        ? .text(#"{"access_token": "t", "expires_in": 14400}"#)
        : .text(#"{"error_summary": "expired_access_token/", "error": {".tag": "expired_access_token"}}"#, 401)
    }
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(transport, credentials: Self.refreshing()).stat(try ObjectKey("a"))
    }
    #expect(error.code == .unauthenticated && error.retry == .never)
    #expect(transport.requests.map(\.label) == ["oauth2/token", "files/get_metadata", "oauth2/token", "files/get_metadata"])
  }

  @Test(arguments: [false, true]) func `nothing is sent in the clear`(_ hasToken: Bool) async throws {
    let transport = FakeTransport(.text("{}"))
    let hosts = DropboxHosts(all: try #require(HTTPEndpoint(parsing: "http://evil.example:9000")))
    let credentials = hasToken ? DropboxCredentials(.accessToken(Secret("t"))) : Self.refreshing()
    let store = DropboxStore(
      DropboxConfiguration(hosts: hosts), transport: transport,
      tokens: DropboxTokenProvider(credentials, transport: transport, hosts: hosts), timer: hastyTimer)
    let error = try await #require(throws: StorageError.self) { try await store.stat(try ObjectKey("a")) }
    #expect(error.code == .invalidArgument && error.retry == .never, "\(error)")
    let refused = try await #require(throws: StorageError.self) {
      try await DropboxAuthorization(appKey: "k", hosts: hosts).login(code: Secret("c"), transport: transport)
    }
    #expect(refused.code == .invalidArgument, "\(refused)")
    #expect(transport.requests.isEmpty)
  }

  @Test func `two accounts are two stores, and no name of one shows a token`() throws {
    func id(_ credentials: DropboxCredentials, _ account: String? = nil) -> String {
      fakeStore(FakeTransport(.text("{}")), credentials: credentials) { $0.account = account }.identity.stableID
    }
    let tokens = ["secret-one", "secret-two"].map { DropboxCredentials(.accessToken(Secret($0))) }
    let logins = ["secret-one", "secret-two"].map {
      DropboxCredentials(.refreshToken(Secret($0), appKey: "key", appSecret: nil))
    }
    let ids = (tokens + logins).map { id($0) }
    #expect(Set(ids).count == 4 && ids == (tokens + logins).map { id($0) })
    #expect(ids.allSatisfy { !$0.contains("secret") })
    #expect(id(tokens[0], "mine") == id(tokens[1], "mine"))
    #expect(id(tokens[0], "mine") != id(tokens[0], "yours"))
    // A new login to the same account finds what the one before it left.
    let named = logins.map { DropboxCredentials($0.kind, source: .login, account: "dbid:1") }
    #expect(id(named[0]) == id(named[1]) && id(named[0]).contains("dbid"))
  }

  @Test func `a missing scope is named`() async throws {
    let transport = FakeTransport(
      .text(
        #"{"error_summary": "missing_scope/.", "error": {".tag": "missing_scope", "required_scope": "files.metadata.read"}}"#, 401))
    let error = try await #require(throws: StorageError.self) { try await fakeStore(transport).stat(try ObjectKey("a")) }
    #expect(error.code == .permissionDenied)
    #expect(error.message.contains("files.metadata.read"), "\(error)")
    #expect(transport.requests.count == 1)
  }

  @Test func `a revoked login says what to do, and shows no token`() async throws {
    let server = try DropboxServer()
    let store = server.store(credentials: Self.refreshing())
    let error = try await #require(throws: StorageError.self) { try await store.stat(try ObjectKey("a")) }
    #expect(error.code == .unauthenticated)
    #expect(error.message.contains("isobar login dropbox"), "\(error)")
    #expect(!"\(error)".contains("r-1") && !"\(error)".contains("isobarsecret"))
  }

  @Test func `credentials are looked for in their order`() throws {
    let login = DropboxLogin(
      appKey: "k", appSecret: nil, refreshToken: Secret("from the file"), account: "dbid:1", scopes: ["files.content.read"])
    let variables = ["DROPBOX_ACCESS_TOKEN": "short", "DROPBOX_REFRESH_TOKEN": "long", "DROPBOX_APP_KEY": "key"]
    let given = DropboxCredentials(.accessToken(Secret("given")))
    #expect(try DropboxCredentials.find(explicit: given, variables: variables, login: login.file) == given)
    #expect(
      try DropboxCredentials.find(variables: variables, login: login.file)
        == DropboxCredentials(.refreshToken(Secret("long"), appKey: "key", appSecret: nil), source: .environment))
    #expect(
      try DropboxCredentials.find(variables: ["DROPBOX_ACCESS_TOKEN": "short"], login: login.file)
        == DropboxCredentials(.accessToken(Secret("short")), source: .environment))
    let found = try DropboxCredentials.find(variables: ["DROPBOX_APP_KEY": ""], login: login.file)
    #expect(found == login.credentials)
    #expect(found.account == "dbid:1")
    #expect(try DropboxLogin(login.file) == login)
    #expect(throws: StorageError.self) { try DropboxCredentials.find(variables: [:], login: nil) }
    #expect(throws: StorageError.self) { try DropboxCredentials.find(variables: ["DROPBOX_REFRESH_TOKEN": "x"], login: nil) }
    for damaged in ["", "{", "[]", "{}", #"{"app_key": "k"}"#, #"{"app_key": 1, "refresh_token": "r"}"#] {
      #expect(throws: StorageError.self) { try DropboxLogin(Array(damaged.utf8)) }
    }
  }

  @Test(arguments: [nil, "isobarsecret"])
  func `a login with a code gives a store`(_ secret: String?) async throws {
    let server = try DropboxServer()
    let authorization = DropboxAuthorization(
      appKey: "isobarkey", appSecret: secret.map { Secret($0) }, hosts: DropboxServer.hosts)
    #expect(authorization.page.contains("token_access_type=offline"))
    #expect(authorization.page.contains("code_challenge_method=S256") == (secret == nil))
    let page = try await server.transport.send(
      HTTPRequest(method: .get, url: authorization.page), into: .memory(limit: 1 << 16))
    let text = String(decoding: page.body, as: UTF8.self)
    let code = try #require(text.split(separator: "<code id=\"code\">").last?.split(separator: "<").first)
    let login = try await authorization.login(code: Secret(String(code)), transport: server.transport)
    #expect(login.scopes == DropboxAuthorization.scopes)
    #expect(login.account?.hasPrefix("dbid:") == true)
    #expect((login.appSecret == nil) == (secret == nil))
    let store = server.store(credentials: login.credentials)
    _ = try await store.write(.bytes([1]), to: try ObjectKey("a"), WriteOptions())
    #expect(try await store.diagnose().allSatisfy { $0.result == .good })
    // A code is good once.
    await #expect(throws: StorageError.self) {
      try await authorization.login(code: Secret(String(code)), transport: server.transport)
    }
    // And only to who began the login.
    guard secret == nil else { return }
    let another = try await server.transport.send(
      HTTPRequest(method: .get, url: authorization.page), into: .memory(limit: 1 << 16))
    let second = try #require(
      String(decoding: another.body, as: UTF8.self).split(separator: "<code id=\"code\">").last?.split(separator: "<").first)
    await #expect(throws: StorageError.self) {
      try await DropboxAuthorization(appKey: "isobarkey", hosts: DropboxServer.hosts)
        .login(code: Secret(String(second)), transport: server.transport)
    }
  }

  @Test func `the challenge is that of the standard's example`() {
    // RFC 7636, appendix B.
    let octets: [UInt8] = [
      116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5,
      88, 83, 132, 141, 121,
    ]
    let page = DropboxAuthorization(appKey: "k", random: octets).page
    #expect(page.hasPrefix("https://www.dropbox.com/oauth2/authorize?client_id=k&response_type=code&token_access_type=offline"))
    #expect(page.contains("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"))
  }
}
