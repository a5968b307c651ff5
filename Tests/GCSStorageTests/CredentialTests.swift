import Concurrency
import Crypto
import Files
import GCSStorage
import Glibc
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// Where tokens come from.
@Suite struct CredentialTests {
  /// A folder with a key pair that openssl made, and the file of a service account with it.
  private struct Key {
    let folder: String
    let file: [UInt8]

    init() throws {
      var template = Array("/tmp/isobar-gcs-XXXXXX".utf8CString)
      try #require(mkdtemp(&template) != nil)
      folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      try Self.run("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out \(folder)/key.pem 2>/dev/null")
      try Self.run("openssl pkey -in \(folder)/key.pem -pubout -out \(folder)/public.pem")
      let pem = try #require(SmallFile.read(Array("\(folder)/key.pem".utf8), limit: 1 << 16))
      let account: JSONObject = [
        "type": "service_account", "client_email": "robot@p.iam.gserviceaccount.com", "private_key_id": "kid-1",
        "private_key": .string(String(decoding: pem, as: UTF8.self)), "token_uri": "https://oauth2.example.com/token",
      ]
      file = JSONValue.object(account).bytes()
    }

    static func run(_ command: String) throws { #expect(system(command) == 0, "\(command)") }
    func remove() { _ = system("rm -rf '\(folder)'") }
  }

  private static let now = Timestamp(seconds: 1_800_000_000)

  private func chain(
    _ transport: FakeTransport, _ variables: [String: String] = [:], files: [String: [UInt8]] = [:], explicit: [UInt8]? = nil
  ) -> GCSCredentialChain {
    GCSCredentialChain(
      transport: transport, environment: .init(variables: variables, readFile: { files[$0] }),
      explicit: explicit.map { Secret(String(decoding: $0, as: UTF8.self)) }, clock: WallClock { Self.now })
  }

  private static func decoded(_ part: Substring) -> [UInt8]? {
    var text = part.replacing("-", with: "+").replacing("_", with: "/")
    while text.utf8.count % 4 != 0 { text += "=" }
    return Base64.decode(String(text))
  }

  @Test func `a service account signs a claim that openssl verifies`() async throws {
    let key = try Key()
    defer { key.remove() }
    let transport = FakeTransport { _, _ in .text(#"{"access_token": "t-1", "expires_in": 3599, "token_type": "Bearer"}"#) }
    let (token, source) = try await chain(transport, explicit: key.file).resolve()
    #expect(token == AccessToken(Secret("t-1"), expiration: Self.now + .seconds(3599)))
    #expect(source == .explicit)
    #expect(transport.requests.map(\.url) == ["https://oauth2.example.com/token"])
    let form = try #require(transport.texts.first)
    #expect(form.hasPrefix("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="))
    let parts = try #require(form.split(separator: "assertion=").last).split(separator: ".")
    try #require(parts.count == 3)
    let header = try JSONValue.parse(try #require(Self.decoded(parts[0])))
    #expect(header["alg"]?.stringValue == "RS256" && header["kid"]?.stringValue == "kid-1")
    let claims = try JSONValue.parse(try #require(Self.decoded(parts[1])))
    #expect(claims["iss"]?.stringValue == "robot@p.iam.gserviceaccount.com")
    #expect(claims["aud"]?.stringValue == "https://oauth2.example.com/token")
    #expect(claims["iat"]?.integerValue == 1_800_000_000 && claims["exp"]?.integerValue == 1_800_003_600)
    let signature = try #require(Self.decoded(parts[2]))
    try write(signature, "\(key.folder)/signature")
    try write(Array("\(parts[0]).\(parts[1])".utf8), "\(key.folder)/message")
    try Key.run(
      "openssl dgst -sha256 -verify \(key.folder)/public.pem -signature \(key.folder)/signature \(key.folder)/message >/dev/null")
  }

  private func write(_ bytes: [UInt8], _ path: String) throws {
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
  }

  @Test func `a login of gcloud is refreshed, found where gcloud leaves it`() async throws {
    let file = #"{"type": "authorized_user", "client_id": "c", "client_secret": "s&1", "refresh_token": "r/1"}"#
    let transport = FakeTransport { _, _ in .text(#"{"access_token": "t-2", "expires_in": 10}"#) }
    let path = "/home/ada/.config/gcloud/application_default_credentials.json"
    let (token, source) = try await chain(transport, ["HOME": "/home/ada"], files: [path: Array(file.utf8)]).resolve()
    #expect(token.value.reveal() == "t-2")
    #expect(source == .wellKnownFile(path))
    #expect(transport.requests.first?.url == "https://oauth2.googleapis.com/token")
    #expect(transport.texts == ["grant_type=refresh_token&client_id=c&client_secret=s%261&refresh_token=r%2F1"])
  }

  @Test func `a workload exchanges its own token and borrows a service account`() async throws {
    let file = """
      {"type": "external_account", "audience": "//iam/pools/p", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
       "token_url": "https://sts.example.com/v1/token", "credential_source": {"file": "/run/token", "format":
       {"type": "json", "subject_token_field_name": "id"}},
       "service_account_impersonation_url": "https://iam.example.com/robot:generateAccessToken"}
      """
    let transport = FakeTransport { request, _ in
      request.url.contains("sts")
        ? .text(#"{"access_token": "federated", "expires_in": 3600}"#)
        : .text(#"{"accessToken": "borrowed", "expireTime": "2027-01-15T09:00:00Z"}"#)
    }
    let files = ["/c.json": Array(file.utf8), "/run/token": Array(#"{"id": "subject-1"}"#.utf8)]
    let (token, source) = try await chain(transport, ["GOOGLE_APPLICATION_CREDENTIALS": "/c.json"], files: files).resolve()
    #expect(token.value.reveal() == "borrowed" && token.expiration == Timestamp(iso8601: "2027-01-15T09:00:00Z"))
    #expect(source == .environment("/c.json"))
    #expect(transport.texts[0].contains("subject_token=subject-1&"))
    #expect(transport.requests[1].headers["authorization"] == "Bearer federated")
  }

  @Test func `a workload's token can come from an address`() async throws {
    let file = """
      {"type": "external_account", "audience": "a", "subject_token_type": "t", "token_url": "https://sts.example.com/v1/token",
       "credential_source": {"url": "http://127.0.0.1:1/token", "headers": {"X-Who": "me"}}}
      """
    let transport = FakeTransport { request, _ in
      request.method == .get ? .text("subject-2\n") : .text(#"{"access_token": "federated", "expires_in": 3600}"#)
    }
    let (token, _) = try await chain(transport, explicit: Array(file.utf8)).resolve()
    #expect(token.value.reveal() == "federated")
    #expect(transport.requests[0].headers["x-who"] == "me")
    #expect(transport.texts[1].contains("subject_token=subject-2&"))
  }

  @Test func `the metadata server is asked last, and only believed if it says what it is`() async throws {
    let honest = FakeTransport { _, _ in .text(#"{"access_token": "vm", "expires_in": 60}"#, 200, [("Metadata-Flavor", "Google")]) }
    let (token, source) = try await chain(honest, ["GCE_METADATA_HOST": "127.0.0.1:5"]).resolve()
    #expect(token.value.reveal() == "vm" && source == .metadataServer)
    #expect(honest.requests[0].headers["metadata-flavor"] == "Google")
    let other = FakeTransport { _, _ in .text(#"{"access_token": "trap", "expires_in": 60}"#) }
    let error = try await #require(throws: StorageError.self) { try await chain(other).resolve() }
    #expect(error.code == .unauthenticated && error.message.contains("GOOGLE_APPLICATION_CREDENTIALS"))
  }

  @Test(arguments: [
    "{", "[]", #"{"type": "x"}"#, #"{"type": "service_account", "client_email": "a", "private_key": "no key: hunter2"}"#,
    #"{"type": "authorized_user", "client_id": "c", "client_secret": "hunter2", "refresh_token": "hunter2", "token_uri": "http://evil.example"}"#,
    #"{"type": "external_account", "audience": "a", "subject_token_type": "t", "token_url": "https://h/t", "credential_source": {"executable": {}}}"#,
    #"{"type": "impersonated_service_account", "service_account_impersonation_url": "https://h/"}"#,
  ])
  func `a file that is none is refused without a request, and without showing a secret`(_ text: String) async throws {
    let transport = FakeTransport { _, _ in .text("{}") }
    let error = try await #require(throws: StorageError.self) { try await chain(transport, explicit: Array(text.utf8)).resolve() }
    #expect(error.code == .unauthenticated)
    #expect(!"\(error)".contains("hunter2"), "\(error)")
    #expect(transport.requests.isEmpty)
  }

  @Test func `a refused login says what to do, and a busy token service may be asked again`() async throws {
    let file = Array(#"{"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}"#.utf8)
    let revoked = FakeTransport { _, _ in .text(#"{"error": "invalid_grant", "error_description": "Token revoked"}"#, 400) }
    let error = try await #require(throws: StorageError.self) { try await chain(revoked, explicit: file).resolve() }
    #expect(error.retry == .never && error.message.contains("revoked") && error.detail == "invalid_grant", "\(error)")
    let busy = FakeTransport { _, _ in .text("", 503) }
    let later = try await #require(throws: StorageError.self) { try await chain(busy, explicit: file).resolve() }
    #expect(later.retry == .later)
  }

  @Test func `many callers share one refresh, and a refused token is renewed once`() async throws {
    let loads = Lock(0)
    let provider = GCSTokenProvider(load: {
      let number = loads.withLock { count in
        count += 1
        return count
      }
      try await Task.sleep(for: .milliseconds(20))
      return (AccessToken(Secret("t\(number)"), expiration: Timestamp.now() + .seconds(3600)), .explicit)
    })
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 {
        group.addTask {
          let token = try await provider.current()
          #expect(token.value.reveal() == "t1")
        }
      }
      try await group.waitForAll()
    }
    #expect(loads.withLock { $0 } == 1)
    let transport = FakeTransport { request, _ in
      request.headers["authorization"] == "Bearer t2"
        ? .text(objectBody("a", size: 1)) : .text(errorBody("authError", "Invalid Credentials"), 401)
    }
    #expect(try await fakeStore(transport, tokens: provider).stat(try ObjectKey("a")).entry.size == 1)
    #expect(transport.requests.count == 2)
    let refused = FakeTransport { _, _ in .text(errorBody("authError"), 401) }
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(refused, tokens: provider).stat(try ObjectKey("a"))
    }
    #expect(error.code == .unauthenticated && refused.requests.count == 2)
  }
}
