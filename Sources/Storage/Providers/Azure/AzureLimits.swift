/// What the service allows (Azure Blob Storage, "Scalability and performance targets", version 2021-12-02).
enum AzureLimits {
  /// Blocks that one block list may have.
  static let blocks = 50_000
  /// The longest name of a blob, in characters.
  static let nameLength = 1024
}
