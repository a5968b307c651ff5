import Concurrency
import ObjectStorage
import StoreLayers

/// A store whose names are encrypted. Its keys must have been loaded before anything but `list` is called.
final class EncryptedNamesStore: KeyMappingStore {
  let base: any ObjectStore
  let keys: StoreKeys
  let options: EncryptionOptions

  init(_ base: any ObjectStore, _ keys: StoreKeys, _ options: EncryptionOptions) {
    (self.base, self.keys, self.options) = (base, keys, options)
  }

  var identity: StoreIdentity { base.identity }

  func capabilities() async throws -> StoreCapabilities {
    var capabilities = try await base.capabilities()
    capabilities.names = NameRules()
    capabilities.maximumNameLength = nil
    inside.withLock { $0 = capabilities }
    NameCipher.limit(&capabilities)
    return capabilities
  }

  /// What the store below takes.
  private let inside = Lock(StoreCapabilities(maximumKeyLength: ObjectKey.maximumLength))

  func cipher() throws -> NameCipher {
    guard let cipher = keys.current?.names else {
      throw StorageError(.internalError, store: identity.displayName, message: "the key of the names is not there yet")
    }
    return cipher
  }

  func outward(_ key: ObjectKey) throws -> ObjectKey {
    let stored = try cipher().encode(key.bytes)
    let inside = inside.withLock { $0 }
    let length = inside.length(of: stored)
    guard length <= inside.maximumKeyLength, let stored = try? ObjectKey(stored) else {
      throw StorageError(
        .invalidArgument, store: identity.displayName, key: key,
        message:
          "the name is too long: encrypted it takes \(length) bytes of the \(inside.maximumKeyLength) that the store below has for one"
      )
    }
    return stored
  }

  func inward(_ key: ObjectKey) -> ObjectKey? {
    if case .key(let name)? = keys.current?.names?.decode(key) { name } else { nil }
  }

  func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    let stored = try targets.map { DeleteTarget(try outward($0.key), ifMatches: $0.ifMatches) }
    let outcomes = try await base.delete(stored)
    try await removeRests(of: zip(stored, outcomes).compactMap { $1.error == nil ? $0.key : nil })
    return zip(targets, outcomes).map { DeleteOutcome(key: $0.key, error: $1.error.map(named)) }
  }

  func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    let stored = try outward(source)
    do {
      let receipt = try await base.move(stored, to: outward(destination), options)
      try await removeRests(of: [stored])
      return receipt
    } catch let error as StorageError { throw named(error) }
  }

  func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { EncryptedNamesListing(self, prefix, options) }

  /// The error, about the name that the caller knows.
  func named(_ error: StorageError) -> StorageError {
    var error = error
    error.key = error.key.map { inward($0) ?? $0 }
    return error
  }

  /// Folders that hold the rest of a long name stay behind where folders are real, and would keep the one around them from going.
  private func removeRests(of stored: [ObjectKey]) async throws {
    guard identity.listsFolders else { return }
    var rests: [DeleteTarget] = []
    for key in stored {
      var parent = key.parent
      while let folder = parent, folder.name.last == NameCipher.mark {
        rests.append(DeleteTarget(folder))
        parent = folder.parent
      }
    }
    // One that holds something else is refused, as it should be.
    if !rests.isEmpty { _ = try await base.delete(rests) }
  }
}
