import GCSStorage
import ObjectStorage
import StoreLayers
import StoreTesting
import Testing

/// The contract of every store, held against the provider on servers that speak the API.
@Suite struct GCSConformanceTests {
  @Test(arguments: GCSServer.chosen, StoreConformance.checks)
  func `a server keeps the contract`(_ server: GCSServer, _ check: ConformanceCheck) async throws {
    // First of all: a server that is not there is no store that breaks the contract.
    _ = try await server.fixture()
    let subject = StoreUnderTest("gcs-\(server)", exceptions: server.exceptions) { try await server.store() }
    try await StoreConformance.run(check, on: subject)
  }
}
