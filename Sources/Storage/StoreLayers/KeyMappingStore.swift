public import ObjectStorage
public import Primitives

/// A store whose objects have other keys outside than inside: each call goes in with the inner key, and what comes back (entries, errors)
/// speaks of the outer one.
///
/// The extension maps every requirement but `identity`, `capabilities` and `list`.
public protocol KeyMappingStore: ObjectStore {
  /// The store inside.
  var base: any ObjectStore { get }
  /// The key as the store inside knows it.
  func outward(_ key: ObjectKey) throws -> ObjectKey
  /// The key as it is called out here; nil for what is not shown.
  func inward(_ key: ObjectKey) -> ObjectKey?
}

extension KeyMappingStore {
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

  public func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    let write = try await mapped { try await self.base.openWrite(self.outward(key), length: length, self.outward(options)) }
    return MappedDirectWrite(self, write)
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
    return MappedMultipartWrite(self, write)
  }

  public func flush() async throws { try await mapped { try await self.base.flush() } }

  public func close() async { await base.close() }

  private func outward(_ options: WriteOptions) throws -> WriteOptions {
    var options = options
    options.keepReplacedAs = try options.keepReplacedAs.map(outward)
    return options
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

private final class MappedDirectWrite: DirectWrite {
  private let store: any KeyMappingStore
  private let base: any DirectWrite

  init(_ store: any KeyMappingStore, _ base: any DirectWrite) {
    self.store = store
    self.base = base
  }

  var taken: Int64 { base.taken }
  var sink: any ByteSink { base.sink }

  func replay(into sink: any ByteSink) async throws { try await store.mapped { try await self.base.replay(into: sink) } }

  func commit(metadata: ObjectMetadata?) async throws -> WriteReceipt {
    try await store.mapped { try await self.base.commit(metadata: metadata) }
  }

  func suspend() async { await base.suspend() }

  func abort() async { await base.abort() }
}

private final class MappedMultipartWrite: MultipartWrite {
  private let store: any KeyMappingStore
  private let base: any MultipartWrite

  init(_ store: any KeyMappingStore, _ base: any MultipartWrite) {
    self.store = store
    self.base = base
  }

  var uploadID: String { base.uploadID }

  func write(part number: Int, _ payload: Payload) async throws {
    try await store.mapped { try await self.base.write(part: number, payload) }
  }

  func copy(part number: Int, from source: ObjectKey, range: Range<Int64>, ifMatches: ObjectVersion?) async throws
    -> ContentHash?
  {
    return try await store.mapped {
      try await self.base.copy(part: number, from: self.store.outward(source), range: range, ifMatches: ifMatches)
    }
  }

  func complete() async throws -> WriteReceipt { try await store.mapped { try await self.base.complete() } }

  func abort() async { await base.abort() }
}
