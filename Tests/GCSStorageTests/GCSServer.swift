import Concurrency
import Crypto
import GCSStorage
import Glibc
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// A server of the tests that speaks the API, by the script that starts it.
enum GCSServer: String, Sendable, CaseIterable {
  case fake, emulator

  private static let loop = EventLoop(name: "gcs-tests")
  static let transport = CurlTransport(loop: loop, options: HTTPClientOptions(proxy: .none))

  /// The running server. Where it cannot be started the test ends here: as skipped, or as failed if servers are required.
  func fixture() async throws -> ServiceFixture {
    do { return try await ServiceFixture.shared("gcs-\(rawValue)") } catch let reason as ServiceFixture.Unavailable {
      if ServiceFixture.isRequired { throw reason }
      try Test.cancel("skipped: \(reason)")
    }
  }

  /// A store in a new bucket of its own.
  func store(_ change: (inout GCSConfiguration) -> Void = { _ in }) async throws -> GCSStore {
    let variables = try await fixture().variables
    guard let endpoint = variables["GCS_ENDPOINT"].flatMap({ HTTPEndpoint(parsing: $0) }),
      let bucket = GCSBucketName("test-" + Hex.encode(Random.bytes(6)))
    else { throw ServiceFixture.Unavailable("the script of \(self) names no endpoint") }
    var configuration = GCSConfiguration(bucket: bucket, endpoint: endpoint)
    configuration.project = variables["GCS_PROJECT"]
    change(&configuration)
    let store = GCSStore(
      configuration, transport: Self.transport, tokens: GCSTokenProvider(AccessToken(Secret("any token will do"))))
    try await store.createContainer()
    return store
  }

  /// The Go server alone; both with ISOBAR_SERVERS=all, since the one in Python takes two minutes.
  static let chosen: [GCSServer] = getenv("ISOBAR_SERVERS").map { String(cString: $0) } == "all" ? allCases : [.fake]

  /// What the server does otherwise than the service, or the service otherwise than others: the one place that says so.
  var exceptions: [ConformanceException] { self == .fake ? KnownExceptions.gcsFake : KnownExceptions.gcsPython }
}
