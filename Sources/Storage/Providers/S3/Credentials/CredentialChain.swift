import Concurrency
import Files
import Glibc
public import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
public import Primitives

/// Looks for credentials where the AWS programs do, in their order: environment variables, a web identity token, the profile in
/// the shared files (keys, a process, a role), the container's endpoint, the instance's metadata service.
///
/// The first place that is set up decides: what it gives is used, and if it fails the search ends with its error rather than
/// going on as somebody else.
public struct CredentialChain: Sendable {
  /// What the search depends on, so that it can be tested without the machine's own settings.
  public struct Environment: Sendable {
    /// Environment variables.
    public var variables: [String: String]
    /// The content of a small file; nil if it cannot be read.
    public var readFile: @Sendable (String) -> [UInt8]?
    /// The output of a shell command, for `credential_process`.
    public var runCommand: @Sendable (String) async throws -> [UInt8]

    /// An environment.
    public init(
      variables: [String: String], readFile: @escaping @Sendable (String) -> [UInt8]?,
      runCommand: @escaping @Sendable (String) async throws -> [UInt8]
    ) {
      self.variables = variables
      self.readFile = readFile
      self.runCommand = runCommand
    }
  }

  /// See `Environment`.
  public var environment: Environment
  /// The profile to use and nothing else; nil for the whole chain with `AWS_PROFILE` or `default`.
  public var profile: String?
  /// The region whose token service is asked.
  public var region: String
  let transport: any HTTPTransport
  let clock: WallClock

  /// A chain.
  public init(
    transport: any HTTPTransport, environment: Environment, profile: String? = nil, region: String? = nil,
    clock: WallClock = .system
  ) {
    self.transport = transport
    self.environment = environment
    self.profile = profile
    self.region = region ?? environment.variables["AWS_REGION"] ?? environment.variables["AWS_DEFAULT_REGION"] ?? "us-east-1"
    self.clock = clock
  }

  /// The first credentials found, and where.
  /// - Throws: `StorageError` with `.unauthenticated`, which names the places that were looked at.
  public func resolve() async throws -> (S3Credentials, CredentialSource) {
    if let profile {
      guard let found = try await fromProfile(profile) else { throw unknownProfile(profile) }
      return found
    }
    if let found = fromVariables() { return (found, .environment) }
    if let found = try await fromWebIdentity() { return (found, .webIdentity) }
    let name = variable("AWS_PROFILE") ?? variable("AWS_DEFAULT_PROFILE")
    if let found = try await fromProfile(name ?? "default") { return found }
    if let name { throw unknownProfile(name) }
    if let found = try await fromContainer() { return (found, .container) }
    if let found = try await fromInstance() { return (found, .instance) }
    throw failure(
      "no credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, give access_key_id and secret_access_key for the store, or "
        + "name a profile; looked at environment variables, \(configPath) and \(credentialsPath), container and instance endpoints")
  }

  func variable(_ name: String) -> String? {
    guard let value = environment.variables[name], !value.isEmpty else { return nil }
    return value
  }

  func failure(_ message: String, retry: StorageError.Retry = .never, cause: (any Error)? = nil) -> StorageError {
    StorageError(.unauthenticated, retry: retry, store: "credentials", message: message, cause: cause)
  }

  private func fromVariables() -> S3Credentials? {
    guard let id = variable("AWS_ACCESS_KEY_ID"), let secret = variable("AWS_SECRET_ACCESS_KEY") else { return nil }
    return S3Credentials(
      accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: variable("AWS_SESSION_TOKEN").map { Secret($0) })
  }

  // MARK: Shared files

  private var home: String { variable("HOME") ?? "" }
  private var configPath: String { variable("AWS_CONFIG_FILE") ?? home + "/.aws/config" }
  private var credentialsPath: String { variable("AWS_SHARED_CREDENTIALS_FILE") ?? home + "/.aws/credentials" }

  private func profiles() -> Profiles {
    func file(_ path: String) -> ProfileFile? {
      environment.readFile(path).map { ProfileFile(String(decoding: $0, as: UTF8.self)) }
    }
    return Profiles(config: file(configPath), credentials: file(credentialsPath))
  }

  private func unknownProfile(_ name: String) -> StorageError {
    let names = profiles().names
    let hint = Suggestion.closest(to: name, in: names).map { "; did you mean “\($0)”?" } ?? ""
    return failure("there is no profile “\(name)” with credentials in \(configPath) or \(credentialsPath)\(hint)")
  }

  private func fromProfile(_ name: String) async throws -> (S3Credentials, CredentialSource)? {
    try await fromProfile(name, in: profiles(), seen: [])
  }

  private func fromProfile(_ name: String, in profiles: Profiles, seen: [String]) async throws -> (S3Credentials, CredentialSource)?
  {
    guard let values = profiles[name] else { return nil }
    guard !seen.contains(name) else {
      // A role whose source is its own profile takes the keys that stand there.
      if seen.last == name, let keys = Self.keys(values) { return (keys, .profile(name)) }
      throw failure("the profiles \((seen + [name]).joined(separator: " → ")) refer to each other")
    }
    if let role = values["role_arn"] {
      if let file = values["web_identity_token_file"] {
        let token = try self.token(in: file)
        let found = try await tokenService.assumeRole(
          role, session: values["role_session_name"] ?? sessionName, webIdentityToken: token)
        return (found, .assumedRole(profile: name))
      }
      let base: S3Credentials
      if let source = values["source_profile"] {
        guard let found = try await fromProfile(source, in: profiles, seen: seen + [name]) else {
          throw failure("the profile “\(source)”, which “\(name)” names as its source_profile, has no credentials")
        }
        base = found.0
      } else {
        base = try await fromCredentialSource(values["credential_source"], profile: name)
      }
      let found = try await tokenService.assumeRole(
        role, session: values["role_session_name"] ?? sessionName, with: base, externalID: values["external_id"],
        duration: values["duration_seconds"])
      return (found, .assumedRole(profile: name))
    }
    if let keys = Self.keys(values) { return (keys, .profile(name)) }
    if let command = values["credential_process"] {
      let output: [UInt8]
      do { output = try await environment.runCommand(command) } catch {
        throw failure("the credential_process of profile “\(name)” failed: \(error)", cause: error)
      }
      return (try parseProcessOutput(output, profile: name), .process(profile: name))
    }
    return nil
  }

  private func fromCredentialSource(_ source: String?, profile: String) async throws -> S3Credentials {
    let found: S3Credentials? =
      switch source {
      case "Environment": fromVariables()
      case "EcsContainer": try await fromContainer()
      case "Ec2InstanceMetadata": try await fromInstance()
      default: throw failure("the profile “\(profile)” has a role_arn but no source_profile or known credential_source")
      }
    guard let found else { throw failure("the credential_source of profile “\(profile)” gives no credentials") }
    return found
  }

  private static func keys(_ values: [String: String]) -> S3Credentials? {
    guard let id = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] else { return nil }
    return S3Credentials(
      accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: values["aws_session_token"].map { Secret($0) })
  }

  private func parseProcessOutput(_ output: [UInt8], profile: String) throws -> S3Credentials {
    // What the program printed may be half a secret: no message quotes it.
    guard let answer = try? JSONValue.parse(output), answer["Version"]?.integerValue == 1,
      let id = answer["AccessKeyId"]?.stringValue, let secret = answer["SecretAccessKey"]?.stringValue
    else {
      throw failure("the credential_process of profile “\(profile)” did not print credentials (JSON with Version 1)")
    }
    return S3Credentials(
      accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: answer["SessionToken"]?.stringValue.map { Secret($0) },
      expiration: answer["Expiration"]?.stringValue.flatMap { Timestamp(iso8601: $0) })
  }

  // MARK: Web identity

  private func fromWebIdentity() async throws -> S3Credentials? {
    guard let file = variable("AWS_WEB_IDENTITY_TOKEN_FILE"), let role = variable("AWS_ROLE_ARN") else { return nil }
    return try await tokenService.assumeRole(
      role, session: variable("AWS_ROLE_SESSION_NAME") ?? sessionName, webIdentityToken: try token(in: file))
  }

  private func token(in file: String) throws -> Secret {
    guard let bytes = environment.readFile(file) else { throw failure("the web identity token file \(file) cannot be read") }
    let text = String(decoding: bytes.filter { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
    guard !text.isEmpty else { throw failure("the web identity token file \(file) is empty") }
    return Secret(text)
  }

  private var sessionName: String { "isobar-\(clock.now().seconds)" }

  private var tokenService: TokenService {
    TokenService(transport: transport, region: region, endpoint: variable("AWS_ENDPOINT_URL_STS"), clock: clock)
  }
}

extension CredentialChain.Environment {
  /// This process's environment.
  public static func current() -> CredentialChain.Environment {
    var variables: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") { variables[String(text[..<equals])] = String(text[text.index(after: equals)...]) }
      next += 1
    }
    return CredentialChain.Environment(
      variables: variables, readFile: { SmallFile.read(Array($0.utf8), limit: 1 << 20) },
      runCommand: { command in
        try await BlockingPool.shared.run {
          let result = try Subprocess.run(.shell(command), timeout: .seconds(60))
          guard result.status == 0 else { throw CommandFailed(status: result.status) }
          return result.output
        }
      })
  }
}

/// A credential program that ended with another status than zero.
private struct CommandFailed: Error, CustomStringConvertible {
  let status: Int32
  var description: String { "it ended with status \(status)" }
}
