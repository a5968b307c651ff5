import EncryptionLayer
import ObjectStorage
import StoreLayers
import StoreTesting
import SyncTesting
import Testing

/// Over a real server, whose parts, ranges and metadata are those of ciphertext.
@Suite(.serialized) struct EncryptedBucketConformance {
  static let stores = [
    StoreUnderTest("an encrypted bucket") { try encrypted(RetryingStore(try await TestServer.rclone.store())) }
  ]

  /// Those guarantees that depend on how bytes pass through the layers; names and listings are tried over memory.
  static let checks = StoreConformance.checks.filter { [1, 2, 4, 5, 6, 8, 9, 12].contains($0.guarantee) }

  @Test(arguments: stores, checks)
  func `an encrypted bucket keeps its guarantees`(_ store: StoreUnderTest, _ check: ConformanceCheck) async throws {
    try await StoreConformance.run(check, on: store)
  }
}
