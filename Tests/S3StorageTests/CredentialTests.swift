import Concurrency
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

@testable import S3Storage

@Suite struct CredentialTests {
  private let nobody = FakeTransport { _, _ in throw HTTPError(.connectFailed, "refused") }

  private func chain(
    _ variables: [String: String], files: [String: String] = [:], profile: String? = nil, transport: FakeTransport? = nil,
    command: String = ""
  ) -> CredentialChain {
    CredentialChain(
      transport: transport ?? nobody,
      environment: .init(
        variables: variables.merging(["HOME": "/home/ada"]) { own, _ in own }, readFile: { files[$0].map { Array($0.utf8) } },
        runCommand: { _ in Array(command.utf8) }),
      profile: profile, clock: WallClock { Timestamp(seconds: 1_440_938_160) })
  }

  private let config = """
    # a comment
    [default]
    region = eu-west-1
    [profile work]
    role_arn = arn:aws:iam::1:role/r
    source_profile = base
    s3 =
      aws_access_key_id = nested
    [profile loop]
    role_arn = arn:aws:iam::1:role/r
    source_profile = pool
    [profile pool]
    role_arn = arn:aws:iam::1:role/r
    source_profile = loop
    [profile tool]
    credential_process = /usr/bin/tool --with "arguments"
    """
  private let keys = """
    [base]
    aws_access_key_id = AKBASE  ; mine
    aws_secret_access_key = abc#def=
    """
  private var files: [String: String] { ["/home/ada/.aws/config": config, "/home/ada/.aws/credentials": keys] }

  @Test func `environment variables come first, then the profile`() async throws {
    let variables = ["AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t", "AWS_PROFILE": "base"]
    let first = try await chain(variables, files: files).resolve()
    #expect(first.0.accessKeyID == "AKENV" && first.0.sessionToken?.reveal() == "t" && first.1 == .environment)
    let second = try await chain(["AWS_PROFILE": "base"], files: files).resolve()
    #expect(second.0.accessKeyID == "AKBASE" && second.0.secretAccessKey.reveal() == "abc#def=" && second.1 == .profile("base"))
    let named = try await chain(variables, files: files, profile: "base").resolve()
    #expect(named.0.accessKeyID == "AKBASE")
  }

  @Test func `a profile's role is taken with the keys of its source`() async throws {
    let answer = """
      <AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>x</SecretAccessKey>\
      <SessionToken>tok</SessionToken><Expiration>2026-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
      """
    let transport = FakeTransport { _, _ in .init(body: Array(answer.utf8)) }
    let (found, source) = try await chain([:], files: files, profile: "work", transport: transport).resolve()
    #expect(
      found.accessKeyID == "ASIA" && found.sessionToken?.reveal() == "tok"
        && found.expiration == Timestamp(iso8601: "2026-01-01T00:00:00Z"))
    #expect(source == .assumedRole(profile: "work"))
    #expect(transport.requests.first?.headers["authorization"]?.contains("AKBASE/20150830/us-east-1/sts") == true)
  }

  @Test func `profiles that refer to each other, and names that do not exist, are errors that say so`() async throws {
    let loop = try await #require(throws: StorageError.self) { try await chain([:], files: files, profile: "loop").resolve() }
    #expect(loop.message.contains("loop → pool → loop"))
    let typo = try await #require(throws: StorageError.self) { try await chain([:], files: files, profile: "bsae").resolve() }
    #expect(typo.code == .unauthenticated && typo.message.contains("did you mean “base”"))
    let none = try await #require(throws: StorageError.self) { try await chain([:]).resolve() }
    #expect(none.message.contains("AWS_ACCESS_KEY_ID"))
  }

  @Test func `a credential process's output is read, and never quoted`() async throws {
    let output = #"{"Version": 1, "AccessKeyId": "AKP", "SecretAccessKey": "sp", "Expiration": "2026-01-01T00:00:00Z"}"#
    let (found, source) = try await chain([:], files: files, profile: "tool", command: output).resolve()
    #expect(found.accessKeyID == "AKP" && source == .process(profile: "tool"))
    let error = try await #require(throws: StorageError.self) {
      try await chain([:], files: files, profile: "tool", command: "SECRETTEXT").resolve()
    }
    #expect(!"\(error)".contains("SECRETTEXT"))
  }

  @Test func `the instance's role is asked for with a session token`() async throws {
    let transport = FakeTransport { request, _ in
      if request.url.hasSuffix("/api/token") { return .init(body: Array("imds-token".utf8)) }
      #expect(request.headers["x-aws-ec2-metadata-token"] == "imds-token")
      if request.url.hasSuffix("/security-credentials/") { return .init(body: Array("my-role".utf8)) }
      return .init(
        body: Array(#"{"AccessKeyId": "AKI", "SecretAccessKey": "s", "Token": "t", "Expiration": "2026-01-01T00:00:00Z"}"#.utf8))
    }
    let (found, source) = try await chain([:], transport: transport).resolve()
    #expect(found.accessKeyID == "AKI" && source == .instance)
    #expect(transport.requests.last?.url.hasSuffix("/security-credentials/my-role") == true)
  }

  @Test func `a container's endpoint is asked with its token, and only over TLS or on this machine`() async throws {
    let transport = FakeTransport { request, _ in
      request.headers["authorization"] == "container-token"
        ? .init(body: Array(#"{"AccessKeyId": "AKC", "SecretAccessKey": "s"}"#.utf8)) : .init(status: 401)
    }
    var variables = [
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token",
    ]
    let (found, source) = try await chain(variables, files: ["/token": "container-token\n"], transport: transport).resolve()
    #expect(found.accessKeyID == "AKC" && source == .container)
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://evil.example/credentials"
    await #expect(throws: StorageError.self) {
      try await chain(variables, files: ["/token": "container-token\n"], transport: transport).resolve()
    }
    #expect(transport.requests.count == 1)
  }

  @Test func `many callers share one refresh before credentials expire`() async throws {
    let now = Lock(Timestamp(seconds: 1000))
    let loads = Lock(0)
    let provider = CredentialsProvider(clock: WallClock { now.withLock { $0 } }) {
      loads.withLock { $0 += 1 }
      try await Task.sleep(for: .milliseconds(20))
      let end = now.withLock { $0 } + .seconds(3600)
      return (S3Credentials(accessKeyID: "A", secretAccessKey: Secret("s"), expiration: end), .instance)
    }
    for expected in 1...2 {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<20 { group.addTask { _ = try await provider.current() } }
        try await group.waitForAll()
      }
      #expect(loads.withLock { $0 } == expected)
      now.withLock { $0 = $0 + .seconds(3400) }
    }
  }
}
