import Concurrency
import Crypto
import Emulators
import GCSStorage
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import Testing

/// Credentials of every kind against the emulator's token services, and what an account may not do.
@Suite struct EmulatedAccessTests {
  enum Kind: String, CaseIterable { case serviceAccount, login, workload, impersonation, metadataServer }

  private func tokens(_ kind: Kind, _ emulated: EmulatedGCS, change: (String) -> String = { $0 }) throws -> GCSTokenProvider {
    let (emulator, endpoint) = (emulated.emulator, EmulatedGCS.endpoint)
    var explicit: Secret?
    var subject = ""
    switch kind {
    case .serviceAccount: explicit = try emulator.serviceAccountFile(at: endpoint)
    case .login: explicit = try emulator.loginFile(at: endpoint)
    case .workload, .impersonation:
      let (file, token) = try emulator.workloadFile(at: endpoint, tokenFile: "/run/token", isImpersonating: kind == .impersonation)
      explicit = file
      subject = token.reveal()
    case .metadataServer: break
    }
    let token = Array(change(subject).utf8)
    return GCSTokenProvider(
      chain: GCSCredentialChain(
        transport: emulated.transport,
        environment: .init(variables: ["GCE_METADATA_HOST": endpoint.authority], readFile: { $0 == "/run/token" ? token : nil }),
        explicit: explicit.map { Secret(change($0.reveal())) }))
  }

  private func store(_ emulated: EmulatedGCS, _ tokens: GCSTokenProvider) throws -> GCSStore {
    let unmade = try emulated.unmadeStore()
    return GCSStore(unmade.configuration, transport: emulated.transport, tokens: tokens)
  }

  @Test(arguments: Kind.allCases)
  func `credentials of every kind open the bucket, and are used again when a token is withdrawn`(_ kind: Kind) async throws {
    let emulated = try EmulatedGCS()
    let store = try store(emulated, try tokens(kind, emulated))
    try await store.createContainer()
    let key = try ObjectKey("a")
    _ = try await store.write(.bytes([1, 2]), to: key, WriteOptions())
    emulated.emulator.revokeTokens()
    #expect(try await store.readBytes(key, limit: 10) == [1, 2])
  }

  @Test(arguments: [
    (Kind.serviceAccount, "robot@", "other@"), (.login, "1//", "2//"), (.workload, "a", "b"), (.impersonation, "robot@", "other@"),
  ])
  func `credentials that are wrong are refused for good`(_ kind: Kind, _ part: String, _ wrong: String) async throws {
    let emulated = try EmulatedGCS()
    let store = try store(
      emulated,
      try tokens(kind, emulated) { $0.hasPrefix("{") && kind == .workload ? $0 : $0.replacing(part, with: wrong) })
    let error = try await #require(throws: StorageError.self) { try await store.createContainer() }
    #expect(error.code == .unauthenticated && error.retry == .never, "\(error)")
  }

  @Test func `a token is renewed before it ends`() async throws {
    let time = Lock(Timestamp(seconds: 1_800_000_000))
    let clock = WallClock { time.withLock { $0 } }
    let emulated = try EmulatedGCS(clock: clock)
    let store = try await emulated.store()
    let key = try ObjectKey("a")
    for _ in 0..<3 {
      time.withLock { $0 = $0 + .seconds(3500) }
      _ = try await store.write(.bytes([1]), to: key, WriteOptions())
    }
  }

  @Test func `what the account may not do is named, and a diagnosis says it before`() async throws {
    let reader: Set = ["storage.buckets.create", "storage.objects.list", "storage.objects.get"]
    let emulated = try EmulatedGCS(GCSEmulatorSettings(access: .tokens, permissions: reader))
    let store = try await emulated.store()
    let error = try await #require(throws: StorageError.self) {
      try await store.write(.bytes([1]), to: try ObjectKey("a"), WriteOptions())
    }
    #expect(error.code == .permissionDenied && error.message.contains("storage.objects.create"), "\(error)")
    let findings = try await store.diagnose()
    #expect(findings.contains { $0.name == "permissions" && $0.result == .limited && $0.text.contains("storage.objects.update") })
    #expect(findings.last?.result == .failed)
  }

  @Test func `a diagnosis of a good bucket finds nothing to say against it, and leaves nothing`() async throws {
    let emulated = try EmulatedGCS()
    let store = try await emulated.store()
    let findings = try await store.diagnose()
    #expect(findings.allSatisfy { $0.result == .good }, "\(findings)")
    #expect(try await store.list(.all, ListOptions()).next() == nil)
    let missing = try emulated.unmadeStore()
    #expect(try await !missing.containerExists())
    #expect(try await missing.diagnose().last?.result == .failed)
  }

  @Test func `where requesters pay the project is named with every request`() async throws {
    let emulated = try EmulatedGCS()
    let store = try await emulated.store()
    let bucket = "/storage/v1/b/\(store.configuration.bucket)"
    let token = try await emulated.tokens().current()
    let changed = try await emulated.transport.send(
      HTTPRequest(
        method: .patch, url: EmulatedGCS.endpoint.description + bucket,
        headers: ["authorization": "Bearer \(token.value.reveal())"],
        body: .bytes(Array(#"{"billing": {"requesterPays": true}}"#.utf8))), into: .discard)
    #expect(changed.status == 200)
    let keys = try (0..<3).map { try ObjectKey("k\($0)") }
    let error = try await #require(throws: StorageError.self) { try await store.write(.bytes([1]), to: keys[0], WriteOptions()) }
    #expect(error.message.contains("user_project"), "\(error)")
    var configuration = store.configuration
    configuration.userProject = "payer"
    let paying = GCSStore(configuration, transport: emulated.transport, tokens: try emulated.tokens())
    for key in keys { _ = try await paying.write(.bytes([1]), to: key, WriteOptions()) }
    #expect(try await paying.delete(keys.map { DeleteTarget($0) }).allSatisfy { $0.error == nil })
    #expect(try await paying.list(.all, ListOptions()).next() == nil)
  }
}
