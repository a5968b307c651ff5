import Compression
import CompressionLayer
import MemoryStorage
import ObjectStorage
import StoreTesting
import Testing

/// The layer that compresses, over memory in all the ways in which it can write.
@Suite struct CompressedConformance {
  private static func memory(_ change: (inout StoreCapabilities) -> Void = { _ in }) -> MemoryStore {
    var capabilities = MemoryStoreOptions.everything
    change(&capabilities)
    return MemoryStore(MemoryStoreOptions(capabilities: capabilities))
  }

  /// Compresses also what does not shrink, in small frames and parts, so that the suite's contents have many of both.
  private static let small = CompressionOptions(level: .fast, choice: .everything, frameLength: 64 << 10, partLength: 128 << 10)

  static let stores = [
    StoreUnderTest("compressed") { CompressedStore(memory()) },
    StoreUnderTest("compressed, pushed") { CompressedStore(memory(), options: small) },
    StoreUnderTest("compressed, in parts") { CompressedStore(memory { $0.directWrite = false }, options: small) },
    StoreUnderTest("compressed over modest memory, through a file") {
      var capabilities = MemoryStoreOptions.modest
      capabilities.multipart = false
      return CompressedStore(MemoryStore(MemoryStoreOptions(capabilities: capabilities, hash: nil)), options: small)
    },
  ]

  @Test(.serialized, arguments: stores, StoreConformance.checks)
  func `a store that compresses keeps every guarantee`(_ store: StoreUnderTest, _ check: ConformanceCheck) async throws {
    let outcome = try await StoreConformance.run(check, on: store)
    if store.name == "compressed, pushed", case .notApplicable(let reason) = outcome {
      #expect(
        ["its folders are not real", "it takes the longest keys there are"].contains(reason) || check.guarantee == 13, "\(reason)")
    }
  }
}
