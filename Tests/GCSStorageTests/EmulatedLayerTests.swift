import Age
import Compression
import CompressionLayer
import Emulators
import EncryptionLayer
import GCSStorage
import ObjectStorage
import StoreTesting
import Testing

/// Layers that lean on what the provider says of an object with its bytes: metadata, versions, ranges.
@Suite struct EmulatedLayerTests {
  enum Layer: String, CaseIterable { case encrypted, compressed }

  /// In a bucket whose reads show no metadata, which is the harder one.
  private static let emulated = Result {
    try EmulatedGCS(GCSEmulatorSettings(access: .tokens, mediaMetadata: .missing))
  }

  private static func store(_ layer: Layer) async throws -> any ObjectStore {
    let base = try await emulated.get().store {
      $0.chunkSize = 256 << 10
      $0.resumableThreshold = 300_000
    }
    switch layer {
    case .encrypted:
      return EncryptedStore(
        base, options: try EncryptionOptions(access: .keys(recipients: [], identities: [.generate()]), names: .plain))
    case .compressed:
      return CompressedStore(
        base, options: CompressionOptions(level: .fast, choice: .everything, frameLength: 64 << 10, partLength: 256 << 10))
    }
  }

  @Test(arguments: Layer.allCases, StoreConformance.checks.filter { [1, 9, 12].contains($0.guarantee) })
  func `a layer over Cloud Storage keeps what it promises`(_ layer: Layer, _ check: ConformanceCheck) async throws {
    try await StoreConformance.run(check, on: StoreUnderTest("\(layer.rawValue) gcs-emulated") { try await Self.store(layer) })
  }
}
