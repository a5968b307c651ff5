import ObjectStorage
import S3Storage
import StoreTesting
import Testing

/// The contract of every store, held against the provider on real servers.
@Suite struct S3ConformanceTests {
  static let stores: [StoreUnderTest] = TestServer.chosen.map { server in
    StoreUnderTest("s3-\(server)", exceptions: server.exceptions) { try await server.store() }
  }

  @Test(arguments: stores, StoreConformance.checks)
  func `a real server keeps the contract`(_ store: StoreUnderTest, _ check: ConformanceCheck) async throws {
    try await StoreConformance.run(check, on: store)
  }
}

extension TestServer {
  /// What the server cannot do, whatever the provider tries.
  var exceptions: [ConformanceException] {
    switch self {
    case .rclone, .moto, .ceph, .localstack, .swift: []
    }
  }
}
