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
  var exceptions: [ConformanceException] {
    let all =
      [
        ConformanceException(7, "newlines and control characters are kept", reason: "the service allows no line ends in names")
      ]
      + exceptions(
        "it compares no generation where it joins, copies or deletes",
        [
          (5, "copies keep the conditions on source and target"), (5, "moves keep the conditions on source and target"),
          (5, "deletes can name a state"), (5, "ifAbsent holds for objects in parts"),
          (13, "parts keep the condition until complete"), (15, "each target has its own outcome in the order asked"),
        ])
    switch self {
    case .fake:
      return all
        + exceptions("it gives all folders with the first page", [(3, "one level folds what lies deeper into its folder")])
    case .emulator:
      return all
        + exceptions(
          "it compares no generation where it writes",
          [
            (5, "ifAbsent writes a new object and refuses one that is there"), (5, "ifMatches replaces only the named state"),
            (5, "of sixteen ifAbsent writers exactly one wins"), (5, "of sixteen ifMatches writers exactly one wins"),
          ])
        + exceptions(
          "it does not say which generation it gives",
          [(4, "receipt, stat, read and listing agree on the version"), (5, "reads can name a state")])
        + exceptions(
          "its objects are files: none lies beside a folder of its name",
          [
            (7, "a file beside a folder of its name is kept or refused"), (11, "a folder and files in it live side by side"),
            (11, "deleting a folder never deletes what is in it"),
          ])
        + [ConformanceException(12, "a copy can be given other metadata", reason: "its copies take over the source's metadata")]
    }
  }

  private func exceptions(_ reason: String, _ checks: [(Int, String)]) -> [ConformanceException] {
    checks.map { ConformanceException($0.0, $0.1, reason: reason) }
  }
}
