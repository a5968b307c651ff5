import Concurrency
import Crypto
import Glibc
package import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
package import S3Storage
package import StoreTesting
import Testing

/// A real S3 server of the tests, by the script that starts it.
package enum TestServer: String, Sendable, CaseIterable {
  case rclone, moto, ceph, localstack, swift

  /// rclone's and moto's servers, which start in seconds; all five with ISOBAR_SERVERS=all, or those it names.
  package static let chosen: [TestServer] = {
    guard let names = getenv("ISOBAR_SERVERS").map({ String(cString: $0) }) else { return [.rclone, .moto] }
    if names == "all" { return allCases }
    return names.split(separator: ",").compactMap { TestServer(rawValue: String($0)) }
  }()

  private var settings: [String: String] { self == .moto ? ["MOTO_AUTH": "1"] : [:] }

  private static let loop = EventLoop(name: "s3-tests")
  package static let transport = CurlTransport(loop: loop, options: HTTPClientOptions(proxy: .none))

  /// The running server. Where it cannot be started the test ends here: as skipped, or as failed if servers are required.
  package func fixture() async throws -> ServiceFixture {
    do { return try await ServiceFixture.shared("s3-\(rawValue)", settings: settings) } catch let reason
      as ServiceFixture.Unavailable
    {
      if ServiceFixture.isRequired { throw reason }
      try Test.cancel("skipped: \(reason)")
    }
  }

  package func configuration(bucket: String) async throws -> S3Configuration {
    let variables = try await fixture().variables
    guard let endpoint = variables["S3_ENDPOINT"].flatMap({ HTTPEndpoint(parsing: $0) }), let bucket = BucketName(bucket) else {
      throw ServiceFixture.Unavailable("the script of \(self) names no endpoint")
    }
    return S3Configuration(bucket: bucket, endpoint: endpoint, region: variables["S3_REGION"])
  }

  package func credentials() async throws -> S3Credentials {
    let variables = try await fixture().variables
    return S3Credentials(
      accessKeyID: variables["AWS_ACCESS_KEY_ID"] ?? "", secretAccessKey: Secret(variables["AWS_SECRET_ACCESS_KEY"] ?? ""))
  }

  /// A store in a new bucket of its own.
  package func store(_ change: (inout S3Configuration) -> Void = { _ in }) async throws -> S3Store {
    var configuration = try await configuration(bucket: "test-" + Hex.encode(Random.bytes(6)))
    change(&configuration)
    let store = try S3Store(
      configuration, transport: Self.transport, credentials: CredentialsProvider(try await credentials()),
      probeCache: SharedProbeCache.shared)
    for pause in [200, 1000, 3000] {
      do {
        try await store.createContainer()
        return store
      } catch let error as StorageError where error.retry != .never {
        // A server that has just started is slow to answer many at once.
        try await Task.sleep(for: .milliseconds(pause))
      }
    }
    try await store.createContainer()
    return store
  }
}

/// One trial per server and process, whatever the bucket: the servers of the tests do not tell their buckets apart.
package final class SharedProbeCache: S3ProbeCache {
  package static let shared = SharedProbeCache()
  private let saved = Lock<[String: [UInt8]]>([:])

  private func server(_ place: String) -> String { String(place[..<(place.lastIndex(of: "/") ?? place.endIndex)]) }

  package func load(_ place: String) async -> [UInt8]? { saved.withLock { $0[server(place)] } }
  package func save(_ bytes: [UInt8], for place: String) async { saved.withLock { $0[server(place)] = bytes } }
}
