import Crypto
import DropboxStorage
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// The contract of every store, held against the provider on an emulated account.
@Suite struct DropboxConformanceTests {
  /// What Dropbox itself does not keep.
  private static let exceptions: [ConformanceException] = [
    ConformanceException(7, "spaces are kept", reason: "no name ends in a space"),
    ConformanceException(
      7, "composed and decomposed spellings are two names", reason: "names are brought to Form C, so that others are refused"),
    ConformanceException(7, "upper and lower case are two names", reason: "names that differ in case alone are one"),
    ConformanceException(7, "newlines and control characters are kept", reason: "no name has a DEL"),
    ConformanceException(7, "quotes, brackets and backslashes are kept", reason: "no name has a backslash"),
    ConformanceException(7, "dots are kept", reason: "no name ends in a dot"),
    ConformanceException(7, "names that begin alike are told apart", reason: "no name ends in a space or dot"),
  ]

  @Test(arguments: StoreConformance.checks)
  func `an account keeps the contract`(_ check: ConformanceCheck) async throws {
    let server = try DropboxServer.shared.get()
    let subject = StoreUnderTest("dropbox", exceptions: Self.exceptions) {
      let store = server.store("conformance \(Hex.encode(Random.bytes(6)))")
      try await store.createContainer()
      return store
    }
    try await StoreConformance.run(check, on: subject)
  }
}
