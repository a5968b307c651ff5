import AzureStorage
import ObjectStorage
import StoreTesting
import Testing

/// The contract of every store, held against the provider on the emulated service.
@Suite struct AzureConformanceTests {
  private static let noDots = "the service keeps no dot at the end of a part of a name"

  /// What the service does otherwise than others.
  private static let exceptions = [
    ConformanceException(7, "newlines and control characters are kept", reason: "the service allows no control characters"),
    ConformanceException(7, "quotes, brackets and backslashes are kept", reason: "the service takes a backslash for a slash"),
    ConformanceException(7, "dots are kept", reason: noDots),
    ConformanceException(7, "names that begin alike are told apart", reason: noDots),
  ]

  @Test(arguments: EmulatedAccount.allCases, StoreConformance.checks)
  func `the service keeps the contract`(_ account: EmulatedAccount, _ check: ConformanceCheck) async throws {
    let subject = StoreUnderTest("azure-\(account)", exceptions: Self.exceptions) { try await account.store() }
    try await StoreConformance.run(check, on: subject)
  }
}
