import Concurrency
import Crypto
public import ObjectStorage
import Primitives

/// A write in parts under way: each part is an object until they are joined.
final class GCSMultipartWrite: MultipartWrite {
  /// Parts that one object may have, as many as other services allow.
  private static let limit = 10_000

  private enum State {
    case open([Int: ObjectParts.Part])
    case over
  }

  private let store: GCSStore
  private let object: NewObject
  private let modified: Timestamp?
  private let parts: ObjectParts
  private let state = Lock(State.open([:]))
  /// Whether an earlier try to complete may have succeeded.
  private let isUncertain = Lock(false)

  init(store: GCSStore, object: NewObject, options: WriteOptions) {
    self.store = store
    self.object = object
    modified = options.metadata.modified
    parts = ObjectParts(store: store, key: object.key, storageClass: options.storageClass ?? store.configuration.storageClass)
  }

  var uploadID: String { parts.id }

  func write(part number: Int, _ payload: Payload) async throws {
    guard (1...Self.limit).contains(number) else {
      throw store.error(.invalidArgument, object.key, "part numbers go from 1 to \(Self.limit)")
    }
    guard case .open = state.withLock({ $0 }) else { throw over() }
    let part = try await parts.send(number, payload)
    try state.withLock { state in
      guard case .open(var parts) = state else { throw over() }
      parts[number] = part
      state = .open(parts)
    }
  }

  /// The service joins whole objects only.
  func copy(part number: Int, from source: ObjectKey, range: Range<Int64>, ifMatches: ObjectVersion?) async throws -> ContentHash? {
    throw StorageError.unsupported("take a part from another object", store: store.identity.displayName)
  }

  func complete() async throws -> WriteReceipt {
    guard case .open(let found) = state.withLock({ $0 }) else { throw over() }
    let sorted = found.sorted { $0.key < $1.key }.map(\.value)
    guard !sorted.isEmpty else { throw store.error(.invalidArgument, object.key, "a write in parts needs a part") }
    let resource: ObjectResource
    do { resource = try await parts.join(sorted, to: object) } catch let failure as StorageError {
      guard let found = await joined(sorted, despite: failure) else { throw failure }
      resource = found
    }
    state.withLock { $0 = .over }
    await parts.remove()
    return WriteReceipt(version: resource.version, size: resource.size, modified: modified)
  }

  /// What an earlier try left whose answer was lost: now its own condition stands against it.
  private func joined(_ sorted: [ObjectParts.Part], despite failure: StorageError) async -> ObjectResource? {
    let isUncertain = isUncertain.withLock { isUncertain in
      isUncertain = isUncertain || failure.mayHaveHappened
      return isUncertain
    }
    if case .always = object.condition { return nil }
    guard isUncertain, let whole = ObjectParts.whole(sorted), let found = try? await store.describe(object.key) else { return nil }
    if case .ifMatches(let version) = object.condition, found.version == version { return nil }
    let isSame = found.size == sorted.reduce(0) { $0 + $1.length } && found.crc32c == CRC.bytes(whole)
    return isSame ? found : nil
  }

  func abort() async {
    state.withLock { $0 = .over }
    await parts.remove()
  }

  private func over() -> StorageError { store.error(.invalidArgument, object.key, "the write in parts is over") }
}

extension GCSStore {
  public func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    guard !key.isFolder else { throw error(.invalidArgument, key, "a folder has no parts") }
    return GCSMultipartWrite(store: self, object: try newObject(key, options, length: nil), options: options)
  }
}
