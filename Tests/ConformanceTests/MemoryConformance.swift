import MemoryStorage
import ObjectStorage
import StoreTesting
import Testing

@Suite struct MemoryConformance {
  private static let checked: StoreCapabilities = {
    var capabilities = MemoryStoreOptions.everything
    capabilities.ifAbsent = .checked
    capabilities.ifMatches = .checked
    capabilities.conditionalDelete = .checked
    capabilities.atomicMove = false
    capabilities.modifiedPrecision = 1_000_000_000
    return capabilities
  }()

  static let stores = [
    StoreUnderTest("memory") { MemoryStore() },
    StoreUnderTest("memory like a folder") {
      MemoryStore(MemoryStoreOptions(capabilities: MemoryStoreOptions.likeFolder, hash: .sha256, pageSize: 3))
    },
    StoreUnderTest("memory that looks and then writes") { MemoryStore(MemoryStoreOptions(capabilities: checked, hash: nil)) },
    StoreUnderTest("modest memory") { MemoryStore(MemoryStoreOptions(capabilities: MemoryStoreOptions.modest, hash: .crc32c)) },
  ]

  @Test(.serialized, arguments: stores, StoreConformance.checks)
  func `memory keeps every guarantee`(_ store: StoreUnderTest, _ check: ConformanceCheck) async throws {
    let outcome = try await StoreConformance.run(check, on: store)
    // The full store may not hide behind a missing capability, except for what its other forms are there to show.
    if store.name == "memory", case .notApplicable(let reason) = outcome {
      #expect(["its folders are not real", "it takes the longest keys there are"].contains(reason))
    }
  }

  @Test func `every guarantee has a check, and every check another name`() {
    #expect(Set(StoreConformance.checks.map(\.guarantee)) == Set(1...15))
    #expect(Set(StoreConformance.checks.map(\.name)).count == StoreConformance.checks.count)
  }
}
