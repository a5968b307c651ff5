import Concurrency
public import ObjectStorage
public import Primitives

/// A store in memory: every capability, every condition in one step. The model that other stores are held against, and with
/// `MemoryStoreOptions` the stand-in for weaker ones.
///
/// Linearizable: each operation takes effect in one step behind one lock, after its body has been read whole; a listing page is
/// one moment of the store. Versions come from a counter and are never reused. Keys are kept in order in small arrays, so that an
/// insertion costs about a microsecond at a million objects. Nothing survives the process.
public final class MemoryStore: ObjectStore {
  private let options: MemoryStoreOptions
  let state: Lock<MemoryState>

  /// An empty store.
  public init(_ options: MemoryStoreOptions = MemoryStoreOptions()) {
    self.options = options
    state = Lock(MemoryState(options: options))
  }

  /// A store that holds what another held at that moment, with its name and its abilities.
  public init(_ image: MemoryImage) {
    options = image.state.options
    state = Lock(image.state)
  }

  public var identity: StoreIdentity {
    StoreIdentity(
      kind: "memory", displayName: options.name, stableID: "memory:\(options.name)",
      listsFolders: options.capabilities.realFolders, isLocal: options.capabilities.localReads,
      names: options.capabilities.names)
  }

  public func capabilities() async -> StoreCapabilities { options.capabilities }

  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    MemoryListing(state, prefix, options, pageSize: self.options.pageSize)
  }

  public func stat(_ key: ObjectKey) async throws -> ObjectInfo {
    try Task.checkCancellation()
    return try state.withLock { state throws(StorageError) in state.info(key, try state.object(key)) }
  }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    try Task.checkCancellation()
    let (info, object) = try readable(key, ifMatches: options.ifMatches)
    let size = Int64(object.bytes.count)
    var range = 0..<size
    if let wanted = options.range {
      guard wanted.start < size else {
        throw StorageError(
          .invalidArgument, store: self.options.name, key: key,
          message: "the range starts at byte \(wanted.start), but the object has only \(size)")
      }
      range = wanted.start..<min(wanted.end ?? size, size)
    }
    try await BodyMover.send(object.bytes[Int(range.lowerBound)..<Int(range.upperBound)], to: sink)
    return ReadResult(info: info, range: range)
  }

  public func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload {
    try Task.checkCancellation()
    // What is stored is never changed in place, so the payload is this one state for ever.
    let (info, object) = try readable(key, ifMatches: ifMatches)
    return ObjectPayload(info: info, payload: .bytes(object.bytes))
  }

  private func readable(_ key: ObjectKey, ifMatches: ObjectVersion?) throws(StorageError) -> (ObjectInfo, StoredObject) {
    try state.withLock { state throws(StorageError) in
      let object = try state.object(key, matching: ifMatches)
      let info = state.info(key, object)
      if info.isArchived { throw state.failure(.archived, key, "the object is archived: restore it before it can be read") }
      return (info, object)
    }
  }

  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    try begin(key, length: payload.length, options)
    let bytes = try await BodyMover.collect(try payload.makeSource(), length: payload.length, store: self.options.name, key: key)
    try payload.verifyUnchanged()
    return try await finish(bytes, key, options)
  }

  /// Refuses early what cannot succeed, before a body is read for nothing.
  func begin(_ key: ObjectKey, length: Int64, _ options: WriteOptions) throws {
    try Task.checkCancellation()
    if options.keepReplacedAs != nil, !self.options.capabilities.keepsReplaced {
      throw StorageError.unsupported("keep what a write replaces", store: self.options.name)
    }
    try state.withLock { state throws(StorageError) in
      try state.validate(key, size: length)
      if let aside = options.keepReplacedAs { try state.validate(aside, size: 0) }
    }
  }

  /// Makes a whole body visible.
  func finish(_ bytes: [UInt8], _ key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    let hash = MemoryState.hash(bytes, self.options.hash)
    try Task.checkCancellation()
    return try await put(key, options.condition) { state throws(StorageError) in
      if let aside = options.keepReplacedAs { try state.keep(key, as: aside) }
      return try state.put(bytes, hash: hash, metadata: options.metadata, storageClass: options.storageClass, at: key)
    }
  }

  /// One change under `condition`, as firmly as the capabilities say.
  private func put(
    _ key: ObjectKey, _ condition: WriteCondition, _ change: (inout MemoryState) throws(StorageError) -> StoredObject
  ) async throws -> WriteReceipt {
    let support: StoreCapabilities.ConditionSupport =
      switch condition {
      case .always: .ignored
      case .ifAbsent: options.capabilities.ifAbsent
      case .ifMatches: options.capabilities.ifMatches
      }
    if support == .checked {
      try state.withLock { state throws(StorageError) in try state.check(condition, key) }
      // The gap that `checked` warns of.
      await Task.yield()
    }
    return try state.withLock { state throws(StorageError) in
      if support == .enforced { try state.check(condition, key) }
      return try change(&state).receipt()
    }
  }

  public func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    guard self.options.capabilities.directWrite else {
      throw StorageError.unsupported("take pushed bytes", store: self.options.name)
    }
    try begin(key, length: length ?? 0, options)
    return MemoryDirectWrite(self, key, length: length, options)
  }

  public func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    try Task.checkCancellation()
    var outcomes: [DeleteOutcome] = []
    for target in targets {
      do {
        if target.ifMatches != nil, options.capabilities.conditionalDelete != .enforced {
          try state.withLock { state throws(StorageError) in try state.checkDelete(target) }
          await Task.yield()
          try state.withLock { state throws(StorageError) in try state.delete(target.key) }
        } else {
          try state.withLock { state throws(StorageError) in
            try state.checkDelete(target)
            try state.delete(target.key)
          }
        }
        outcomes.append(DeleteOutcome(key: target.key))
      } catch {
        outcomes.append(DeleteOutcome(key: target.key, error: error))
      }
    }
    return outcomes
  }

  public func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try Task.checkCancellation()
    guard self.options.capabilities.serverSideCopy else {
      throw StorageError.unsupported("copy by itself", store: self.options.name)
    }
    return try await put(destination, options.condition) { state throws(StorageError) in
      try state.copy(source, to: destination, options)
    }
  }

  public func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    if source.isFolder != destination.isFolder {
      throw StorageError(
        .invalidArgument, store: self.options.name, key: source, message: "a file cannot become a folder, nor a folder a file")
    }
    if self.options.capabilities.atomicMove {
      try Task.checkCancellation()
      return try await put(destination, options.condition) { state throws(StorageError) in
        _ = try state.object(source, matching: options.sourceMatches)
        return try state.rename(source, to: destination, metadata: options.metadata, storageClass: options.storageClass)
      }
    }
    let version = try await stat(source).entry.version
    var options = options
    options.sourceMatches = options.sourceMatches ?? version
    let receipt = try await copy(source, to: destination, options)
    if source != destination, let error = try await delete([DeleteTarget(source, ifMatches: version)]).first?.error { throw error }
    return receipt
  }

  public func updateMetadata(
    _ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?
  ) async throws -> WriteReceipt {
    try Task.checkCancellation()
    guard options.capabilities.updateMetadata else { throw StorageError.unsupported("change metadata alone", store: options.name) }
    return try state.withLock { state throws(StorageError) in
      let object = try state.object(key, matching: ifMatches)
      return try state.put(
        object.bytes, hash: object.hash, metadata: metadata, storageClass: object.storageClass, identity: object.identity,
        version: self.options.metadataKeepsVersion ? object.version : nil, at: key
      ).receipt()
    }
  }

  public func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    guard self.options.capabilities.multipart else { throw StorageError.unsupported("take parts", store: self.options.name) }
    try begin(key, length: 0, options)
    return MemoryMultipartWrite(self, key, options, canCopy: self.options.capabilities.partCopy)
  }

  public func flush() async throws { try Task.checkCancellation() }

  public func close() async {}
}

extension MemoryStore {
  /// How many objects there are, folders included.
  public var objectCount: Int { state.withLock { $0.objects.count } }

  /// Bytes of content in all.
  public var totalBytes: Int64 { state.withLock { $0.totalBytes } }

  /// Writes in parts that were begun and neither completed nor aborted.
  public var openUploads: Int { state.withLock { $0.uploads.count } }

  /// Everything the store holds, to be put back later; costs nothing until the store changes.
  public func image() -> MemoryImage { MemoryImage(state: state.withLock { $0 }) }

  /// Puts back what the store held, as a restored backup does, or a disk that lost its latest writes. Versions are never given again.
  public func restore(_ image: MemoryImage) {
    state.withLock { state in
      var restored = image.state
      restored.skipNumbers(of: state)
      state = restored
    }
  }

  /// The whole store at this moment.
  public func snapshot() -> [ObjectKey: [UInt8]] { state.withLock { $0.objects.mapValues(\.bytes) } }
}

/// What a `MemoryStore` held at one moment.
public struct MemoryImage: Sendable {
  let state: MemoryState

  /// All objects.
  public func snapshot() -> [ObjectKey: [UInt8]] { state.objects.mapValues(\.bytes) }
}

extension MemoryState {
  /// Throws if there is an object in another state than `target` names; one that is gone is as it should be.
  func checkDelete(_ target: DeleteTarget) throws(StorageError) {
    if objects[target.key] != nil { _ = try object(target.key, matching: target.ifMatches) }
  }

  /// Copies in one step.
  mutating func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) throws(StorageError) -> StoredObject {
    let object = try object(source, matching: options.sourceMatches)
    return try put(
      object.bytes, hash: object.hash, metadata: options.metadata ?? object.metadata, storageClass: options.storageClass,
      at: destination)
  }
}
