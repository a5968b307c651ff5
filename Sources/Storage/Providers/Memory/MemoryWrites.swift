import Concurrency
import Crypto
import ObjectStorage
import Primitives

/// Collects pushed bytes; they become an object at `commit`.
final class MemoryDirectWrite: DirectWrite {
  private let store: MemoryStore
  private let key: ObjectKey
  private let length: Int64?
  private let options: WriteOptions
  private let body: MemorySink
  private let isOpen = Lock(true)

  init(_ store: MemoryStore, _ key: ObjectKey, length: Int64?, _ options: WriteOptions) {
    self.store = store
    self.key = key
    self.length = length
    self.options = options
    body = MemorySink(limit: Int(length ?? .max))
  }

  var taken: Int64 { 0 }
  var sink: any ByteSink { body }

  func replay(into sink: any ByteSink) async throws {
    try await BodyMover.send(body.bytes[...], to: sink)
  }

  func suspend() async { await abort() }

  func commit(metadata: ObjectMetadata?) async throws -> WriteReceipt {
    let wasOpen = isOpen.withLock { open in
      defer { open = false }
      return open
    }
    guard wasOpen else {
      throw StorageError(.invalidArgument, store: store.identity.displayName, key: key, message: "this write has ended already")
    }
    if let length, Int64(body.bytes.count) != length {
      throw StorageError(
        .sourceChanged, store: store.identity.displayName, key: key,
        message: "\(body.bytes.count) bytes came where \(length) were announced")
    }
    var options = options
    if let metadata { options.metadata = metadata }
    return try await store.finish(body.bytes, key, options)
  }

  func abort() async {
    isOpen.withLock { $0 = false }
  }
}

/// Collects parts; they become an object at `complete`.
final class MemoryMultipartWrite: MultipartWrite {
  private static let maximumParts = 10_000

  let uploadID: String
  private let store: MemoryStore
  private let key: ObjectKey
  private let options: WriteOptions
  private let canCopy: Bool
  private let number: UInt64
  /// Nil once completed or aborted.
  private let parts: Lock<[Int: [UInt8]]?>

  init(_ store: MemoryStore, _ key: ObjectKey, _ options: WriteOptions, canCopy: Bool) {
    self.store = store
    self.key = key
    self.options = options
    self.canCopy = canCopy
    number = store.state.withLock { state in
      let number = state.nextNumber()
      state.uploads.insert(number)
      return number
    }
    uploadID = "upload-\(number)"
    parts = Lock([:])
  }

  func write(part number: Int, _ payload: Payload) async throws {
    try begin(number)
    let bytes = try await BodyMover.collect(
      try payload.makeSource(), length: payload.length, store: store.identity.displayName, key: key)
    try payload.verifyUnchanged()
    try keep(bytes, as: number)
  }

  func copy(part number: Int, from source: ObjectKey, range: Range<Int64>, ifMatches: ObjectVersion?) async throws
    -> ContentHash?
  {
    guard canCopy else { throw StorageError.unsupported("take a part from an object", store: store.identity.displayName) }
    try begin(number)
    let object = try store.state.withLock { state throws(StorageError) in try state.object(source, matching: ifMatches) }
    guard range.lowerBound >= 0, range.upperBound <= Int64(object.bytes.count), !range.isEmpty else {
      throw failure("the object has no bytes \(range)")
    }
    let part = Array(object.bytes[Int(range.lowerBound)..<Int(range.upperBound)])
    try keep(part, as: number)
    return ContentHash(.sha256, SHA256.hash(part))
  }

  func complete() async throws -> WriteReceipt {
    try Task.checkCancellation()
    guard let parts = parts.withLock({ $0 }) else { throw failure("this write has ended already") }
    if parts.isEmpty { throw failure("no part was sent") }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(parts.values.reduce(0) { $0 + $1.count })
    for number in parts.keys.sorted() { bytes += parts[number] ?? [] }
    // A completion that fails leaves the parts: the caller aborts, or asks again.
    let receipt = try await store.finish(bytes, key, options)
    end()
    return receipt
  }

  func abort() async { end() }

  private func begin(_ part: Int) throws {
    try Task.checkCancellation()
    guard (1...Self.maximumParts).contains(part) else { throw failure("parts are numbered from 1 to \(Self.maximumParts)") }
    if parts.withLock({ $0 == nil }) { throw failure("this write has ended already") }
  }

  private func keep(_ bytes: [UInt8], as part: Int) throws(StorageError) {
    let isOpen = parts.withLock { parts in
      parts?[part] = bytes
      return parts != nil
    }
    if !isOpen { throw failure("this write has ended already") }
  }

  private func end() {
    parts.withLock { $0 = nil }
    store.state.withLock { state in _ = state.uploads.remove(number) }
  }

  private func failure(_ message: String) -> StorageError {
    StorageError(.invalidArgument, store: store.identity.displayName, key: key, message: message)
  }
}
