public import ObjectStorage
public import Primitives

/// A folder of a store as a store of its own: keys go in with the folder's name in front and come back without it.
///
/// Outside everything that sends requests, so that layers below see the keys that the store knows, in their errors and logs.
public final class PrefixedStore: ObjectStore {
  private let base: any ObjectStore
  private let folder: ObjectKey

  /// The content of `folder` (a key that ends in `/`) of `base`.
  /// - Throws: `.invalidArgument` if `folder` is no folder's key.
  public init(_ base: any ObjectStore, folder: ObjectKey) throws {
    guard folder.isFolder else {
      throw StorageError(
        .invalidArgument, store: base.identity.displayName, key: folder, message: "a store's prefix must end in a slash")
    }
    self.base = base
    self.folder = folder
  }

  public var identity: StoreIdentity {
    let inside = base.identity
    let name = DisplayText.escape(folder.withoutSlash)
    let separator = inside.displayName.hasSuffix("/") ? "" : "/"
    return StoreIdentity(
      kind: inside.kind, displayName: "\(inside.displayName)\(separator)\(name)",
      stableID: "\(inside.stableID)/\(PercentEncoding.encode(folder.withoutSlash, keepSlash: true))",
      listsFolders: inside.listsFolders, isLocal: inside.isLocal)
  }

  public func capabilities() async throws -> StoreCapabilities {
    var capabilities = try await mapped { try await self.base.capabilities() }
    capabilities.maximumKeyLength = max(capabilities.maximumKeyLength - folder.bytes.count, 1)
    return capabilities
  }

  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    var inner = options
    // Behind a name too long for the store inside there is what is behind its beginning.
    inner.after = options.after.flatMap { try? ObjectKey(Array((folder.bytes + $0.bytes).prefix(ObjectKey.maximumLength))) }
    inner.splitHints = options.splitHints.compactMap { try? outward($0) }
    if let prune = options.prune {
      let folder = folder
      inner.prune = { key in Self.inward(key, folder).map(prune) ?? false }
    }
    return PrefixedListing(self, base.list(KeyPrefix(trusted: folder.bytes + prefix.bytes), inner))
  }

  public func stat(_ key: ObjectKey) async throws -> ObjectInfo {
    try inward(try await mapped { try await self.base.stat(self.outward(key)) }, key)
  }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    let result = try await mapped { try await self.base.read(self.outward(key), options, into: sink) }
    return ReadResult(info: try inward(result.info, key), range: result.range)
  }

  public func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload {
    let object = try await mapped { try await self.base.payload(for: self.outward(key), ifMatches: ifMatches) }
    return ObjectPayload(info: try inward(object.info, key), payload: object.payload)
  }

  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    try await mapped { try await self.base.write(payload, to: self.outward(key), self.outward(options)) }
  }

  public func openWrite(_ key: ObjectKey, length: Int64, _ options: WriteOptions) async throws -> any DirectWrite {
    let write = try await mapped { try await self.base.openWrite(self.outward(key), length: length, self.outward(options)) }
    return PrefixedDirectWrite(self, write)
  }

  public func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    let outward = try targets.map { DeleteTarget(try self.outward($0.key), ifMatches: $0.ifMatches) }
    let outcomes = try await mapped { try await self.base.delete(outward) }
    return zip(targets, outcomes).map { target, outcome in DeleteOutcome(key: target.key, error: outcome.error.map(inward)) }
  }

  public func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try await mapped { try await self.base.copy(self.outward(source), to: self.outward(destination), options) }
  }

  public func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try await mapped { try await self.base.move(self.outward(source), to: self.outward(destination), options) }
  }

  public func updateMetadata(
    _ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?
  ) async throws -> WriteReceipt {
    try await mapped { try await self.base.updateMetadata(metadata, of: self.outward(key), ifMatches: ifMatches) }
  }

  public func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    let write = try await mapped { try await self.base.startMultipart(self.outward(key), self.outward(options)) }
    return PrefixedMultipartWrite(self, write)
  }

  public func flush() async throws { try await mapped { try await self.base.flush() } }

  public func close() async { await base.close() }

  // MARK: mapping

  /// The key as the store inside knows it.
  /// - Throws: `.invalidArgument` if the two together are longer than any key.
  func outward(_ key: ObjectKey) throws -> ObjectKey {
    do { return try ObjectKey(folder.bytes + key.bytes) } catch {
      throw StorageError(
        .invalidArgument, store: identity.displayName, key: key,
        message: "the name is too long below “\(folder)”: together they have \(folder.bytes.count + key.bytes.count) bytes")
    }
  }

  private func outward(_ options: WriteOptions) throws -> WriteOptions {
    var options = options
    options.keepReplacedAs = try options.keepReplacedAs.map(outward)
    return options
  }

  /// The key below the folder; nil for the folder itself and for keys elsewhere.
  func inward(_ key: ObjectKey) -> ObjectKey? { Self.inward(key, folder) }

  private static func inward(_ key: ObjectKey, _ folder: ObjectKey) -> ObjectKey? {
    key.isBelow(folder) ? try? ObjectKey(Array(key.bytes.dropFirst(folder.bytes.count))) : nil
  }

  private func inward(_ info: ObjectInfo, _ key: ObjectKey) throws -> ObjectInfo {
    guard inward(info.entry.key) == key else {
      throw StorageError(
        .internalError, store: identity.displayName, key: key, message: "the store answered for “\(info.entry.key)” instead")
    }
    var info = info
    info.entry.key = key
    return info
  }

  func inward(_ error: StorageError) -> StorageError {
    var error = error
    error.store = identity.displayName
    error.key = error.key.map { inward($0) ?? $0 }
    return error
  }

  /// Runs `body`, whose errors then speak of this store and its keys.
  func mapped<T>(_ body: () async throws -> T) async throws -> T {
    do { return try await body() } catch let error as StorageError { throw inward(error) }
  }
}

private final class PrefixedListing: Listing {
  private let store: PrefixedStore
  private let base: any Listing

  init(_ store: PrefixedStore, _ base: any Listing) {
    self.store = store
    self.base = base
  }

  func next() async throws -> ListPage? {
    guard let page = try await store.mapped({ try await self.base.next() }) else { return nil }
    // The folder's own marker has no name in here.
    let entries = page.entries.compactMap { entry -> ObjectEntry? in
      guard let key = store.inward(entry.key) else { return nil }
      var entry = entry
      entry.key = key
      return entry
    }
    let problems = page.problems.map { problem in
      // A problem of the whole folder has no key in here: it concerns everything.
      var reason = problem.reason
      if case .unreadable(let error) = reason { reason = .unreadable(store.inward(error)) }
      return ListProblem(key: problem.key.flatMap(store.inward), reason: reason)
    }
    return ListPage(
      entries: entries, folders: page.folders.compactMap(store.inward), problems: problems, linkedFiles: page.linkedFiles)
  }
}

private final class PrefixedDirectWrite: DirectWrite {
  private let store: PrefixedStore
  private let base: any DirectWrite

  init(_ store: PrefixedStore, _ base: any DirectWrite) {
    self.store = store
    self.base = base
  }

  var sink: any ByteSink { base.sink }

  func commit(metadata: ObjectMetadata?) async throws -> WriteReceipt {
    try await store.mapped { try await self.base.commit(metadata: metadata) }
  }

  func abort() async { await base.abort() }
}

private final class PrefixedMultipartWrite: MultipartWrite {
  private let store: PrefixedStore
  private let base: any MultipartWrite

  init(_ store: PrefixedStore, _ base: any MultipartWrite) {
    self.store = store
    self.base = base
  }

  var uploadID: String { base.uploadID }

  func write(part number: Int, _ payload: Payload) async throws {
    try await store.mapped { try await self.base.write(part: number, payload) }
  }

  func copy(part number: Int, from source: ObjectKey, range: Range<Int64>, ifMatches: ObjectVersion?) async throws {
    try await store.mapped {
      try await self.base.copy(part: number, from: self.store.outward(source), range: range, ifMatches: ifMatches)
    }
  }

  func complete() async throws -> WriteReceipt { try await store.mapped { try await self.base.complete() } }

  func abort() async { await base.abort() }
}
