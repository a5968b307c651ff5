import AzureStorage
import Concurrency
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// Where credentials come from.
@Suite struct CredentialTests {
  private static let now = TestAccount.now

  private func chain(
    _ transport: FakeTransport, _ variables: [String: String], files: [String: [UInt8]] = [:], cloud: AzureCloud = .global
  ) -> AzureCredentialChain {
    AzureCredentialChain(
      transport: transport, environment: .init(variables: variables, readFile: { files[$0] }), account: TestAccount.name,
      cloud: cloud, clock: WallClock { Self.now })
  }

  private static func token(_ text: String, seconds: Int = 3599) -> FakeTransport.Answer {
    .text(#"{"token_type": "Bearer", "expires_in": \#(seconds), "access_token": "\#(text)"}"#)
  }

  private static func isKey(_ credential: AzureCredential) -> Bool { if case .sharedKey = credential { true } else { false } }

  // MARK: Connection strings

  @Test func `a connection string says account, address and key`() throws {
    let plain = try AzureConnectionString(
      Secret("DefaultEndpointsProtocol=https;AccountName=photos2026;AccountKey=a2V5;EndpointSuffix=core.chinacloudapi.cn"))
    #expect(plain.account.text == "photos2026")
    #expect(plain.endpoint.description == "https://photos2026.blob.core.chinacloudapi.cn")
    #expect(Self.isKey(plain.credential))
    let emulator = try AzureConnectionString(
      Secret(
        "AccountName=devstoreaccount1;AccountKey=\(TestAccount.keyText);BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1/;"))
    #expect(emulator.endpoint.description == "http://127.0.0.1:10000/devstoreaccount1")
    let development = try AzureConnectionString(Secret("UseDevelopmentStorage=true"))
    #expect(development.endpoint.description == "http://127.0.0.1:10000/devstoreaccount1")
    #expect(Self.isKey(development.credential))
  }

  @Test func `a connection string with a signature takes the account from the address`() throws {
    let string = try AzureConnectionString(
      Secret("BlobEndpoint=https://photos.blob.core.windows.net/;SharedAccessSignature=sv=2021-12-02&sp=r&sig=abc%3D"))
    #expect(string.account.text == "photos")
    guard case .signature(let signature) = string.credential else {
      Issue.record("no signature")
      return
    }
    #expect(signature.permissions == "r")
  }

  @Test(arguments: [
    "", "AccountKey=a2V5", "AccountName=photos;AccountKey=!!", "AccountName=Photos;AccountKey=a2V5", "AccountName",
    "AccountName=photos;AccountName=films", "AccountName=photos;BlobEndpoint=ftp://x", "AccountName=photos;EndpointSuffix=a/b",
    "AccountName=photos;SharedAccessSignature=sp=r",
  ])
  func `a connection string with a fault is refused, and its secrets are not told`(_ text: String) throws {
    let error = try #require(throws: StorageError.self) { try AzureConnectionString(Secret(text)) }
    #expect(error.code == .unauthenticated)
    #expect(!"\(error)".contains("a2V5"))
  }

  @Test(arguments: [
    ("photos", true), ("a--b", false), ("-ab", false), ("ab-", false), ("ab", false), ("A12", false), ("a-b-c", true),
    ("$root", true),
    ("$other", false), ("a/b", false), (String(repeating: "a", count: 64), false),
  ])
  func `container names are the service's`(_ name: String, _ isGood: Bool) {
    #expect((AzureContainerName(name) != nil) == isGood)
  }

  @Test func `clouds have their own names`() {
    #expect(AzureCloud("china")?.suffix == "core.chinacloudapi.cn")
    #expect(AzureCloud("government")?.authority.host == "login.microsoftonline.us")
    #expect(AzureCloud("core.example.org")?.suffix == "core.example.org")
    #expect(AzureCloud("nonsense") == nil && AzureCloud("a/b.c") == nil)
    #expect(
      AzureConfiguration(account: TestAccount.name, container: AzureContainerName("abc")!, cloud: .government).endpoint.description
        == "https://devstoreaccount1.blob.core.usgovcloudapi.net")
  }

  // MARK: The chain

  @Test func `the environment's own things come first, if they are of the account`() async throws {
    let transport = FakeTransport { _, _ in Self.token("t") }
    let connection = "AccountName=devstoreaccount1;AccountKey=a2V5"
    let all = ["AZURE_STORAGE_CONNECTION_STRING": connection, "AZURE_STORAGE_KEY": "a2V5", "AZURE_STORAGE_SAS_TOKEN": "sig=a"]
    #expect(try await chain(transport, all).resolve().1 == .connectionString)
    var other = all
    other["AZURE_STORAGE_CONNECTION_STRING"] = "AccountName=another;AccountKey=a2V5"
    #expect(try await chain(transport, other).resolve().1 == .accountKey)
    other["AZURE_STORAGE_KEY"] = ""
    #expect(try await chain(transport, other).resolve().1 == .sharedAccessSignature)
    other["AZURE_STORAGE_ACCOUNT"] = "another"
    // Nothing of another account's is sent; the machine is asked.
    #expect(try await chain(transport, other).resolve().1 == .instanceMetadata)
    #expect(transport.requests.map(\.url).allSatisfy { $0.hasPrefix("http://169.254.169.254/") })
    let environment = AzureCredentialChain.Environment(variables: all, readFile: { _ in nil })
    #expect(try environment.account()?.text == "devstoreaccount1")
  }

  @Test func `an application's secret is exchanged for a token`() async throws {
    let transport = FakeTransport { _, _ in Self.token("t-1") }
    let variables = ["AZURE_TENANT_ID": "ten ant", "AZURE_CLIENT_ID": "client", "AZURE_CLIENT_SECRET": "se&cret"]
    let (credential, source) = try await chain(transport, variables, cloud: .china).resolve()
    #expect(source == .clientSecret)
    guard case .token(let token) = credential else { throw StorageError.unsupported("be", store: "a token") }
    #expect(token == AzureAccessToken(Secret("t-1"), expiration: Self.now + .seconds(3599)))
    #expect(transport.requests.map(\.url) == ["https://login.chinacloudapi.cn/ten%20ant/oauth2/v2.0/token"])
    #expect(
      transport.texts == [
        "grant_type=client_credentials&client_id=client&scope=https%3A%2F%2Fstorage.azure.com%2F.default&client_secret=se%26cret"
      ])
  }

  @Test func `a workload's token is exchanged for a token`() async throws {
    let transport = FakeTransport { _, _ in Self.token("t-2") }
    let variables = [
      "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": "/var/token",
      "AZURE_AUTHORITY_HOST": "https://login.example.com/",
    ]
    let (_, source) = try await chain(transport, variables, files: ["/var/token": Array("jwt.a.b\n".utf8)]).resolve()
    #expect(source == .federatedToken)
    #expect(transport.requests.map(\.url) == ["https://login.example.com/t/oauth2/v2.0/token"])
    #expect(transport.texts[0].hasSuffix("jwt-bearer&client_assertion=jwt.a.b"))
    let missing = try await #require(throws: StorageError.self) { try await chain(transport, variables).resolve() }
    #expect(missing.message.contains("/var/token"))
  }

  @Test func `managed identities are asked as their places want it`() async throws {
    let transport = FakeTransport { _, _ in .text(#"{"access_token": "t", "expires_on": "\#(Self.now.seconds + 100)"}"#) }
    let app = ["IDENTITY_ENDPOINT": "http://127.0.0.1:41/msi/token", "IDENTITY_HEADER": "h-1", "AZURE_CLIENT_ID": "c"]
    let (credential, source) = try await chain(transport, app).resolve()
    #expect(source == .identityEndpoint)
    guard case .token(let token) = credential else { throw StorageError.unsupported("be", store: "a token") }
    #expect(token.expiration == Self.now + .seconds(100))
    let first = try #require(transport.requests.first)
    #expect(first.headers["x-identity-header"] == "h-1")
    #expect(
      first.url
        == "http://127.0.0.1:41/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com%2F&client_id=c")
    #expect(try await chain(transport, [:]).resolve().1 == .instanceMetadata)
    #expect(transport.requests.last?.headers["metadata"] == "true")
  }

  @Test func `where there is nothing the search says where it looked`() async throws {
    let nobody = FakeTransport { _, _ in throw HTTPError(.connectTimeout, "nobody", host: "169.254.169.254:80") }
    let error = try await #require(throws: StorageError.self) { try await chain(nobody, [:]).resolve() }
    #expect(error.code == .unauthenticated && error.message.contains("AZURE_STORAGE_KEY"))
  }

  @Test func `a refusal is explained in one line without the secret`() async throws {
    let transport = FakeTransport { _, _ in
      .text(#"{"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret.\r\nTrace ID: 1"}"#, 401)
    }
    let variables = ["AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "hush"]
    let error = try await #require(throws: StorageError.self) { try await chain(transport, variables).resolve() }
    #expect(error.message.contains("AADSTS7000215: Invalid client secret.; the secret is wrong"))
    #expect(error.retry == .never && !"\(error)".contains("hush"))
  }

  // MARK: Tokens in use

  @Test func `many requests share one sign-in, and a token is renewed before it ends`() async throws {
    let time = Lock(Self.now)
    let count = Lock(0)
    let provider = AzureCredentialProvider(clock: WallClock { time.withLock { $0 } }) {
      let number = count.withLock { count in
        count += 1
        return count
      }
      return (.token(AzureAccessToken(Secret("t-\(number)"), expiration: time.withLock { $0 } + .seconds(1000))), .clientSecret)
    }
    let transport = FakeTransport { _, _ in .text("", 404, [("x-ms-error-code", "BlobNotFound")]) }
    let store = fakeStore(transport, credentials: provider)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<20 { group.addTask { _ = try? await store.stat(try ObjectKey("a")) } }
    }
    #expect(count.withLock { $0 } == 1)
    #expect(Set(transport.requests.map { $0.headers["authorization"] }) == ["Bearer t-1"])
    time.withLock { $0 = $0 + .seconds(800) }
    _ = try? await store.stat(try ObjectKey("a"))
    #expect(transport.requests.last?.headers["authorization"] == "Bearer t-2")
    #expect(provider.source == .clientSecret)
  }

  @Test func `a token that is refused is renewed once`() async throws {
    let count = Lock(0)
    let provider = AzureCredentialProvider {
      let number = count.withLock { count in
        count += 1
        return count
      }
      return (.token(AzureAccessToken(Secret("t-\(number)"))), .instanceMetadata)
    }
    let transport = FakeTransport { request, _ in
      request.headers["authorization"] == "Bearer t-2"
        ? .text("", 404, [("x-ms-error-code", "BlobNotFound")]) : .text(errorBody("InvalidAuthenticationInfo"), 401)
    }
    let error = try await #require(throws: StorageError.self) {
      try await fakeStore(transport, credentials: provider).stat(try ObjectKey("a"))
    }
    #expect(error.code == .notFound)
    #expect(transport.requests.count == 2)
    let always = FakeTransport { _, _ in .text(errorBody("InvalidAuthenticationInfo"), 401) }
    let refused = try await #require(throws: StorageError.self) {
      try await fakeStore(always, credentials: provider).stat(try ObjectKey("a"))
    }
    #expect(refused.code == .unauthenticated)
    #expect(always.requests.count == 2)
  }
}
