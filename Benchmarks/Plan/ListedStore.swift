import ObjectStorage
import Primitives

/// A store that lists any number of files and holds none, so that what a plan needs is measured and not what a store keeps.
struct ListedStore: ObjectStore {
  let identity: StoreIdentity
  let count: Int

  static let filesPerFolder = 500

  /// The files' keys in order: `folder 00012/file 0006123.jpg`.
  static func key(_ index: Int) -> ObjectKey {
    ObjectKey(trusted: Array("\(folder(index / filesPerFolder))file \(digits(index, 7)).jpg".utf8))
  }

  /// A folder's name with its slash.
  static func folder(_ number: Int) -> String { "folder \(digits(number, 5))/" }

  static func version(_ index: Int) -> ObjectVersion { ObjectVersion("0123456789abcdef0123456789\(digits(index, 7))") }

  private static func digits(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }

  func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { Pages(count) }
  func capabilities() async throws -> StoreCapabilities { StoreCapabilities() }
  func flush() async throws {}
  func close() async {}

  func stat(_ key: ObjectKey) async throws -> ObjectInfo { throw refused("stat") }
  func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult { throw refused("read") }
  func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload { throw refused("payload") }
  func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt { throw refused("write") }
  func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    throw refused("openWrite")
  }
  func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] { throw refused("delete") }
  func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    throw refused("copy")
  }
  func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    throw refused("move")
  }
  func updateMetadata(_ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?) async throws -> WriteReceipt {
    throw refused("updateMetadata")
  }
  func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    throw refused("startMultipart")
  }

  private func refused(_ operation: String) -> StorageError { .unsupported(operation, store: identity.displayName) }
}

/// Pages of a thousand, made when they are asked for. Used by one caller at a time, as every listing.
final class Pages: Listing, @unchecked Sendable {
  private let count: Int
  private var index = 0

  init(_ count: Int) { self.count = count }

  func next() async throws -> ListPage? {
    guard index < count else { return nil }
    let range = index..<min(index + 1000, count)
    index = range.upperBound
    return ListPage(
      entries: range.map { ObjectEntry(key: ListedStore.key($0), size: Int64($0 % 100_000), version: ListedStore.version($0)) })
  }
}
