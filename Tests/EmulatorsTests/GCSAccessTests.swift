import Crypto
import Emulators
import HTTPMessages
import HTTPServer
import Markup
import Primitives
import Testing

/// Who is let into the emulator of Cloud Storage, and how tokens are had. The real clients of these protocols are in `GCSClientTests`
/// and in the tests of the provider; here stands what must be refused.
@Suite struct GCSAccessTests {
  private static let endpoint = HTTPEndpoint(scheme: .http, host: "gcs.test")!
  private static let list = "/storage/v1/b?project=p"

  private static func base64URL(_ bytes: [UInt8]) -> String {
    Base64.encode(bytes).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// A claim of the emulator's account.
  private static func assertion(
    _ wire: GCSWire, signedBy other: RSASigner? = nil, change: (inout JSONObject) -> Void = { _ in }
  ) throws -> String {
    let file = try JSONValue.parse(Array(wire.emulator.serviceAccountFile(at: endpoint).reveal().utf8))
    let pem = try #require(file["private_key"]?.stringValue)
    let key = try #require(other ?? RSASigner(pem: Array(pem.utf8)))
    let now = Timestamp.now().seconds
    var claims: JSONObject = [
      "iss": file["client_email"] ?? "", "aud": file["token_uri"] ?? "", "scope": "s", "iat": .integer(now),
      "exp": .integer(now + 3600),
    ]
    change(&claims)
    let text =
      base64URL(JSONValue.object(["alg": "RS256", "typ": "JWT"]).bytes()) + "." + base64URL(JSONValue.object(claims).bytes())
    return text + "." + base64URL(try #require(key.sign(Array(text.utf8))))
  }

  private static func ask(_ wire: GCSWire, _ assertion: String) async throws -> GCSWire.Answer {
    try await wire.send(
      .post, "/token", ["content-type": "application/x-www-form-urlencoded"],
      body: Array("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=\(assertion)".utf8))
  }

  @Test func `a claim that is signed gets a token, which ends`() async throws {
    let wire = try await GCSWire(GCSEmulatorSettings(access: .tokens))
    let answer = try await Self.ask(wire, try Self.assertion(wire))
    let token = try #require(answer.json?["access_token"]?.stringValue, "\(answer.text)")
    #expect(try await wire.send(.get, Self.list, ["authorization": "Bearer \(token)"]).status == 200)
    #expect(try await wire.send(.get, Self.list, ["authorization": "Bearer \(token)x"]).reason == "authError")
    #expect(try await wire.send(.get, Self.list, ["authorization": "Basic \(token)"]).status == 401)
    let nobody = try await wire.send(.get, Self.list)
    #expect(nobody.status == 401 && nobody.reason == "required" && nobody.headers["www-authenticate"] != nil)
    wire.emulator.revokeTokens()
    #expect(try await wire.send(.get, Self.list, ["authorization": "Bearer \(token)"]).status == 401)
  }

  @Test func `a claim that is wrong gets none`() async throws {
    let wire = try await GCSWire(GCSEmulatorSettings(access: .tokens))
    let now = Timestamp.now().seconds
    let other = try #require(RSASigner.generate())
    let wrong = [
      try Self.assertion(wire, signedBy: other),
      try Self.assertion(wire) { $0["iss"] = "somebody@else" },
      try Self.assertion(wire) { $0["aud"] = "https://elsewhere/token" },
      try Self.assertion(wire) { $0["exp"] = .integer(now - 1) },
      try Self.assertion(wire) { $0["exp"] = .integer(now + 7200) },
      try Self.assertion(wire) { $0["iat"] = .integer(now + 3000) },
      try Self.assertion(wire) { $0["iat"] = .integer(.min) },
      String(try Self.assertion(wire).dropLast(4)), "x.y.z", "",
    ]
    for assertion in wrong {
      let answer = try await Self.ask(wire, assertion)
      #expect(answer.status == 400 && answer.json?["error"] != nil, "\(assertion): \(answer.text)")
    }
  }

  @Test func `guests bring no token, and everybody brings any`() async throws {
    let guests = try await GCSWire()
    #expect(try await guests.send(.get, Self.list).status == 200)
    #expect(try await guests.send(.get, Self.list, ["authorization": "Bearer x"]).status == 401)
    let open = try await GCSWire(GCSEmulatorSettings(access: .everybody))
    #expect(try await open.send(.get, Self.list, ["authorization": "Bearer x"]).status == 200)
  }

  @Test func `the metadata server wants to be asked as one`() async throws {
    let wire = try await GCSWire(GCSEmulatorSettings(access: .tokens))
    let path = "/computeMetadata/v1/instance/service-accounts/default/token"
    #expect(try await wire.send(.get, path).status == 403)
    let answer = try await wire.send(.get, path, ["metadata-flavor": "Google"])
    #expect(answer.headers["metadata-flavor"] == "Google")
    let token = try #require(answer.json?["access_token"]?.stringValue)
    #expect(try await wire.send(.get, Self.list, ["authorization": "Bearer \(token)"]).status == 200)
  }

  @Test func `what the account may not do is forbidden`() async throws {
    let wire = try await GCSWire(
      GCSEmulatorSettings(permissions: ["storage.buckets.create", "storage.objects.list", "storage.buckets.get"]))
    #expect(try await wire.send(.get, "/storage/v1/b/bucket/o").status == 200)
    let refused = try await wire.put("a", "x")
    #expect(refused.status == 403 && refused.reason == "forbidden" && refused.text.contains("storage.objects.create"))
    let test = "/storage/v1/b/bucket/iam/testPermissions?permissions=storage.objects.list&permissions=storage.objects.create"
    #expect(try await wire.send(.get, test).json?["permissions"] == ["storage.objects.list"])
  }
}
