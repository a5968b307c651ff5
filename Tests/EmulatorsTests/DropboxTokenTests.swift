import Crypto
import Emulators
import HTTPMessages
import Markup
import Primitives
import Testing

@Suite struct DropboxTokenTests {
  private static let list = Array(#"{"path":""}"#.utf8)

  private func list(_ client: DropboxClient, _ headers: [(String, String)] = []) async throws -> DropboxClient.Answer {
    try await client.send(
      "/2/files/list_folder", headers: headers + [("Content-Type", "application/json")], body: Self.list,
      withToken: !headers.contains { $0.0 == "Authorization" })
  }

  /// The code that the page shows for a query.
  private func code(_ client: DropboxClient, _ query: String = "") async throws -> String {
    let page = try await client.send(
      "/oauth2/authorize?client_id=isobarkey&response_type=code\(query)", method: .get, withToken: false)
    #expect(page.status == 200, "\(page.text)")
    let start = try #require(page.text.firstRange(of: "<code id=\"code\">")).upperBound
    return String(page.text[start...].prefix { $0 != "<" })
  }

  private func token(_ client: DropboxClient, _ form: String, _ headers: [(String, String)] = []) async throws
    -> DropboxClient.Answer
  {
    try await client.send(
      "/oauth2/token", headers: headers + [("Content-Type", "application/x-www-form-urlencoded")], body: Array(form.utf8),
      withToken: false)
  }

  @Test func `a wrong token is refused, and so is none`() async throws {
    var client = try DropboxClient()
    client.token = "sl.u.wrong"
    let wrong = try await list(client)
    #expect(wrong.status == 401 && wrong.summary == "invalid_access_token/" && wrong["error"][".tag"] == "invalid_access_token")
    #expect(wrong.headers["content-type"] == "application/json")
    client.token = nil
    let none = try await list(client)
    #expect(none.status == 400 && none.text.contains("Must provide HTTP header \"Authorization\""))
    #expect(try await list(client, [("Authorization", "Basic YTpi")]).text.contains("Invalid authorization value"))
    #expect(try await list(client, [("Authorization", "Bearer a b")]).text.contains("malformed"))
    let query = try await client.send(
      "/2/files/list_folder?authorization=Bearer%20sl.u.developer", headers: [("Content-Type", "application/json")], body: Self.list
    )
    #expect(query.status == 200)
  }

  @Test func `users of a team cannot be chosen with a user's token`() async throws {
    let client = try DropboxClient()
    #expect(try await list(client, [("Dropbox-API-Select-User", "dbmid:x")]).summary == "invalid_select_user/")
    #expect(try await list(client, [("Dropbox-API-Select-Admin", "dbmid:x")]).summary == "invalid_select_admin/")
  }

  @Test func `a code is changed into a token once, with the secret`() async throws {
    var client = try DropboxClient()
    let code = try await code(client, "&token_access_type=offline")
    let form = "grant_type=authorization_code&code=\(code)&client_id=isobarkey&client_secret=isobarsecret"
    let granted = try await token(client, form)
    #expect(granted.status == 200 && granted["token_type"] == "bearer" && granted["expires_in"] == 14400, "\(granted.text)")
    #expect(try await token(client, form)["error"] == "invalid_grant")
    client.token = granted["access_token"].stringValue
    #expect(try await list(client).status == 200)
    let refresh = try #require(granted["refresh_token"].stringValue)
    let again = "grant_type=refresh_token&refresh_token=\(refresh)"
    #expect(try await token(client, again)["error"] == "invalid_client")
    #expect(try await token(client, again + "&client_id=isobarkey")["error"] == "invalid_client")
    #expect(try await token(client, again + "&client_id=isobarkey&client_secret=wrong")["error"] == "invalid_client")
    let basic = "Basic " + Base64.encode("isobarkey:isobarsecret".utf8)
    let renewed = try await token(client, again, [("Authorization", basic)])
    #expect(renewed.status == 200 && renewed["refresh_token"] == .null)
    client.token = renewed["access_token"].stringValue
    #expect(try await list(client).status == 200)
    #expect(try await token(client, "grant_type=refresh_token&refresh_token=x&client_id=isobarkey")["error"] == "invalid_grant")
    #expect(try await token(client, "grant_type=password")["error"] == "unsupported_grant_type")
  }

  @Test func `a code with a challenge needs its verifier and no secret`() async throws {
    let client = try DropboxClient()
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    let query = "&token_access_type=offline&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    let form = "grant_type=authorization_code&client_id=isobarkey&code="
    #expect(try await token(client, form + code(client, query))["error"] == "invalid_grant")
    let wrong = "&code_verifier=" + String(verifier.reversed())
    #expect(try await token(client, form + code(client, query) + wrong)["error"] == "invalid_grant")
    let granted = try await token(client, form + code(client, query) + "&code_verifier=\(verifier)")
    let refresh = granted["refresh_token"].stringValue ?? ""
    #expect(try await token(client, "grant_type=refresh_token&client_id=isobarkey&refresh_token=\(refresh)").status == 200)
  }

  @Test func `a token ends, and a code too`() async throws {
    let time = DropboxTestTime()
    var client = try DropboxClient(
      DropboxRules(refreshToken: "known", tokenLifetime: .seconds(60)), EmulatorOptions(clock: time.clock))
    let form = "grant_type=refresh_token&refresh_token=known&client_id=isobarkey&client_secret=isobarsecret"
    client.token = try await token(client, form)["access_token"].stringValue
    #expect(try await list(client).status == 200)
    let code = try await code(client)
    time.advance(60)
    let late = try await list(client)
    #expect(late.status == 401 && late.summary == "expired_access_token/")
    time.advance(600)
    let exchange = "grant_type=authorization_code&code=\(code)&client_id=isobarkey&client_secret=isobarsecret"
    #expect(try await token(client, exchange)["error"] == "invalid_grant")
  }

  @Test func `a token does what its scopes allow`() async throws {
    var client = try DropboxClient(DropboxRules(refreshToken: "known"))
    let form = "grant_type=refresh_token&refresh_token=known&client_id=isobarkey&client_secret=isobarsecret"
    client.token = try await token(client, form + "&scope=files.metadata.read")["access_token"].stringValue
    #expect(try await list(client).status == 200)
    let refused = try await client.put("/a", "x")
    #expect(refused.status == 401 && refused.summary == "missing_scope/")
    #expect(refused["error"]["required_scope"] == "files.content.write")
    #expect(try await client.get("/a")["error"]["required_scope"] == "files.content.read")
    #expect(try await token(client, form + "&scope=everything")["error"] == "invalid_scope")
  }

  @Test func `a client with a page of its own gets its code there`() async throws {
    let client = try DropboxClient()
    let query = "client_id=isobarkey&response_type=code&state=a%26b&redirect_uri="
    func ask(_ uri: String) async throws -> DropboxClient.Answer {
      try await client.send("/oauth2/authorize?\(query)\(uri)", method: .get, withToken: false)
    }
    let answer = try await ask("http%3A%2F%2Flocalhost%3A1234%2Fcb")
    let location = try #require(answer.headers["location"])
    #expect(answer.status == 302 && location.hasPrefix("http://localhost:1234/cb?code=") && location.hasSuffix("&state=a%26b"))
    for foreign in ["https%3A%2F%2Fexample.org%2F", "http%3A%2F%2Flocalhost%3A1%40example.org%2F", "javascript%3Aalert(1)"] {
      #expect(try await ask(foreign).status == 400)
    }
    let code = location.dropFirst("http://localhost:1234/cb?code=".count).prefix { $0 != "&" }
    let form = "grant_type=authorization_code&code=\(code)&client_id=isobarkey&client_secret=isobarsecret"
    #expect(try await token(client, form)["error"] == "invalid_grant", "without the address that it was sent to")
    for bad in ["client_id=other&response_type=code", "client_id=isobarkey&response_type=token", "a=%zz"] {
      #expect(try await client.send("/oauth2/authorize?\(bad)", method: .get, withToken: false).status == 400)
    }
  }
}
