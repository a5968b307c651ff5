import ObjectStorage
import S3Storage
import StoreLayers
import StoreTesting
import SyncTesting
import Testing

/// The contract of every store, held against the provider on real servers.
@Suite struct S3ConformanceTests {
  @Test(arguments: TestServer.chosen, StoreConformance.checks)
  func `a real server keeps the contract`(_ server: TestServer, _ check: ConformanceCheck) async throws {
    // First of all: a server that is not there is no store that breaks the contract.
    _ = try await server.fixture()
    let subject = StoreUnderTest("s3-\(server)", exceptions: server.exceptions) {
      let store = try await server.store()
      // When busy, rclone's server answers 500 or breaks a body off at times. Both may be tried again, and are in real use.
      return server == .rclone ? RetryingStore(store) : store
    }
    try await StoreConformance.run(check, on: subject)
  }
}

extension TestServer {
  /// What the server cannot do, whatever the provider tries.
  var exceptions: [ConformanceException] {
    switch self {
    case .rclone: KnownExceptions.s3RcloneServer
    case .moto: KnownExceptions.s3Moto
    case .ceph, .localstack, .swift: []
    }
  }
}
