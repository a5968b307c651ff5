public import ObjectStorage
public import Primitives

/// A store around a store that does the same with every call: it counts it, holds it back, or ends it.
///
/// The extension forwards every requirement of `ObjectStore`, each through `around`; a layer that treats one of them in its own way
/// implements that one itself. What comes back from a call and goes on (pages, parts, pushed bytes, sources) stays inside the
/// layer. Aborting a write bypasses `around`: it must work when the task is cancelled or the store is thought to be down.
public protocol StoreLayer: ObjectStore {
  /// The store inside.
  var base: any ObjectStore { get }

  /// Runs one call to the store inside.
  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T

  /// A source whose bytes go into the store.
  func sending(_ source: any ByteSource) -> any ByteSource
  /// A sink that takes bytes that go into the store.
  func sending(_ sink: any ByteSink) -> any ByteSink
  /// A sink that takes bytes that come from the store.
  func receiving(_ sink: any ByteSink) -> any ByteSink
  /// A source of bytes that come from the store; made for each source of a `payload(for:)`.
  func receiving(_ source: any ByteSource) -> any ByteSource
}

extension StoreLayer {
  public func sending(_ source: any ByteSource) -> any ByteSource { source }
  public func sending(_ sink: any ByteSink) -> any ByteSink { sink }
  public func receiving(_ sink: any ByteSink) -> any ByteSink { sink }
  public func receiving(_ source: any ByteSource) -> any ByteSource { source }
}

extension StoreLayer {
  public var identity: StoreIdentity { base.identity }

  public func capabilities() async throws -> StoreCapabilities {
    let base = base
    return try await around(StoreCall(.capabilities)) { try await base.capabilities() }
  }

  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    LayerListing(self, base.list(prefix, options))
  }

  public func stat(_ key: ObjectKey) async throws -> ObjectInfo {
    let base = base
    return try await around(StoreCall(.stat, key)) { try await base.stat(key) }
  }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    let base = base
    let sink = receiving(sink)
    return try await around(StoreCall(.read, key)) { try await base.read(key, options, into: sink) }
  }

  public func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload {
    let base = base
    let object = try await around(StoreCall(.payload, key)) { try await base.payload(for: key, ifMatches: ifMatches) }
    return ObjectPayload(info: object.info, payload: object.payload.mapSource { self.receiving($0) })
  }

  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    let base = base
    let payload = payload.mapSource { self.sending($0) }
    return try await around(StoreCall(.write, key, bytesToSend: payload.length)) { try await base.write(payload, to: key, options) }
  }

  public func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    let base = base
    let write = try await around(StoreCall(.openWrite, key)) { try await base.openWrite(key, length: length, options) }
    return LayerDirectWrite(self, write, key)
  }

  public func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    let base = base
    return try await around(StoreCall(.delete, targets.count == 1 ? targets[0].key : nil)) { try await base.delete(targets) }
  }

  public func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    let base = base
    return try await around(StoreCall(.copy, source)) { try await base.copy(source, to: destination, options) }
  }

  public func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    let base = base
    return try await around(StoreCall(.move, source)) { try await base.move(source, to: destination, options) }
  }

  public func updateMetadata(
    _ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?
  ) async throws -> WriteReceipt {
    let base = base
    return try await around(StoreCall(.updateMetadata, key)) {
      try await base.updateMetadata(metadata, of: key, ifMatches: ifMatches)
    }
  }

  public func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    let base = base
    let write = try await around(StoreCall(.startMultipart, key)) { try await base.startMultipart(key, options) }
    return LayerMultipartWrite(self, write, key)
  }

  public func flush() async throws {
    let base = base
    try await around(StoreCall(.flush)) { try await base.flush() }
  }

  public func close() async { await base.close() }
}

/// A listing each of whose pages is a call through a layer.
final class LayerListing: Listing {
  private let layer: any StoreLayer
  private let base: any Listing

  init(_ layer: any StoreLayer, _ base: any Listing) {
    self.layer = layer
    self.base = base
  }

  func next() async throws -> ListPage? {
    let base = base
    return try await layer.around(StoreCall(.list)) { try await base.next() }
  }
}

/// A write of pushed bytes that passes a layer.
final class LayerDirectWrite: DirectWrite {
  let sink: any ByteSink
  private let layer: any StoreLayer
  private let base: any DirectWrite
  private let key: ObjectKey

  init(_ layer: any StoreLayer, _ base: any DirectWrite, _ key: ObjectKey) {
    self.layer = layer
    self.base = base
    self.key = key
    sink = layer.sending(base.sink)
  }

  var taken: Int64 { base.taken }

  func replay(into sink: any ByteSink) async throws {
    let (base, sink) = (base, layer.receiving(sink))
    try await layer.around(StoreCall(.read, key)) { try await base.replay(into: sink) }
  }

  func suspend() async { await base.suspend() }

  func commit(metadata: ObjectMetadata?) async throws -> WriteReceipt {
    let base = base
    return try await layer.around(StoreCall(.commit, key)) { try await base.commit(metadata: metadata) }
  }

  func abort() async { await base.abort() }
}

/// A write in parts, each of which is a call through a layer.
final class LayerMultipartWrite: MultipartWrite {
  private let layer: any StoreLayer
  private let base: any MultipartWrite
  private let key: ObjectKey

  init(_ layer: any StoreLayer, _ base: any MultipartWrite, _ key: ObjectKey) {
    self.layer = layer
    self.base = base
    self.key = key
  }

  var uploadID: String { base.uploadID }

  func write(part number: Int, _ payload: Payload) async throws {
    let (base, layer) = (base, layer)
    let payload = payload.mapSource { layer.sending($0) }
    try await layer.around(StoreCall(.writePart, key, bytesToSend: payload.length)) {
      try await base.write(part: number, payload)
    }
  }

  func copy(part number: Int, from source: ObjectKey, range: Range<Int64>, ifMatches: ObjectVersion?) async throws
    -> ContentHash?
  {
    let base = base
    return try await layer.around(StoreCall(.copyPart, key)) {
      try await base.copy(part: number, from: source, range: range, ifMatches: ifMatches)
    }
  }

  func complete() async throws -> WriteReceipt {
    let base = base
    return try await layer.around(StoreCall(.completeMultipart, key)) { try await base.complete() }
  }

  func abort() async { await base.abort() }
}
