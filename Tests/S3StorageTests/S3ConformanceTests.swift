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
    case .rclone:
      [
        "an empty folder can be written, listed and deleted", "deleting a folder never deletes what is in it",
        "a folder and files in it live side by side",
      ].map { ConformanceException(11, $0, reason: "its objects are files: a folder's marker would become one") } + [
        ConformanceException(7, "a file beside a folder of its name is kept or refused", reason: "its objects are files"),
        ConformanceException(
          13, "parts sent out of order and again make the object", reason: "it takes parts in order, and each once"),
        // Any client sees it, some reads in a thousand.
        ConformanceException(
          2, "readers beside a writer see whole contents only", isIntermittent: true,
          reason: "it overwrites files in place: at times a read gives the new content at the old length"),
      ]
    case .moto:
      [ConformanceException(7, "newlines and control characters are kept", reason: "its paths end at a line feed")]
    case .ceph, .localstack, .swift: []
    }
  }
}
