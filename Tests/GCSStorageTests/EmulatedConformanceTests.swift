import Emulators
import GCSStorage
import ObjectStorage
import StoreLayers
import StoreTesting
import Testing

/// The contract of every store, held against the provider on the emulator, which is as strict as the service.
@Suite struct EmulatedConformanceTests {
  private static let emulated = Result { try EmulatedGCS() }

  @Test(arguments: StoreConformance.checks)
  func `the emulator keeps the contract`(_ check: ConformanceCheck) async throws {
    let emulated = try Self.emulated.get()
    let subject = StoreUnderTest(
      "gcs-emulated",
      exceptions: [
        ConformanceException(7, "newlines and control characters are kept", reason: "the service allows no line ends in names")
      ]
    ) { try await emulated.store() }
    try await StoreConformance.run(check, on: subject)
  }
}
