import AzureStorage
import ObjectStorage
import StoreTesting
import Testing

/// The contract of every store, held against the provider on the emulated service.
@Suite struct AzureConformanceTests {
  @Test(arguments: EmulatedAccount.allCases, StoreConformance.checks)
  func `the service keeps the contract`(_ account: EmulatedAccount, _ check: ConformanceCheck) async throws {
    let subject = StoreUnderTest("azure-\(account)", exceptions: KnownExceptions.azure) { try await account.store() }
    try await StoreConformance.run(check, on: subject)
  }
}
