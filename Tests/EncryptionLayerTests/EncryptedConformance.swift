import Age
import Crypto
import EncryptionLayer
import LocalStorage
import MemoryStorage
import ObjectStorage
import StoreTesting
import Testing

@Suite struct EncryptedConformance {
  private static func memory(_ capabilities: StoreCapabilities, hash: ContentHash.Method? = .md5) -> MemoryStore {
    MemoryStore(MemoryStoreOptions(capabilities: capabilities, hash: hash))
  }

  private static let choppedUp = [
    ConformanceException(
      7, "deep nesting is kept",
      reason: "a hundred folders of one letter have 2.9 KiB of encrypted name, and the store takes 1 KiB: refused, with the reason")
  ]

  static let stores =
    EncryptionOptions.Names.allCases.flatMap { names in
      [
        StoreUnderTest("encrypted memory, names \(names)") { try encrypted(MemoryStore(), names: names) },
        StoreUnderTest("encrypted memory like a folder, names \(names)") {
          try encrypted(memory(MemoryStoreOptions.likeFolder, hash: .sha256), names: names)
        },
        StoreUnderTest("encrypted modest memory, names \(names)", exceptions: names == .plain ? [] : choppedUp) {
          try encrypted(memory(MemoryStoreOptions.modest, hash: .crc32c), names: names)
        },
      ]
    } + [
      StoreUnderTest("memory encrypted with a passphrase") {
        let access = EncryptionOptions.Access.passphrase(SecretBytes(copying: ascii("correct horse")), logN: 3)
        return EncryptedStore(MemoryStore(), options: try EncryptionOptions(access: access, names: .plain))
      },
      StoreUnderTest("encrypted memory, names put in order in a file") {
        try encrypted(MemoryStore(), names: .encrypted, sortMemory: 2000)
      },
    ]

  @Test(.serialized, arguments: stores, StoreConformance.checks)
  func `an encrypted store keeps every guarantee`(_ store: StoreUnderTest, _ check: ConformanceCheck) async throws {
    try await StoreConformance.run(check, on: store)
  }
}
