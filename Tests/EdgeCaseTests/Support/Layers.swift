import Concurrency
import ObjectStorage
import Primitives
import StoreLayers

/// Lets something happen at a moment that only the engine can choose.
final class HookStore: StoreLayer {
  /// The moments.
  enum Moment: Sendable {
    /// Before a call of this kind.
    case before(StoreCall.Operation)
    /// When the first bytes of a body that is written have been read from its source.
    case sending
    /// When the first bytes of a body that is read have arrived.
    case receiving
  }

  let base: any ObjectStore
  private let moment: Moment
  private let times: Lock<Int>
  private let body: @Sendable () throws -> Void
  private let asyncBody: @Sendable () async throws -> Void

  /// - Parameters:
  ///   - times: how often it happens; each time that it could, at most this many.
  ///   - body: what happens in the middle of a body.
  ///   - calling: what happens before a call.
  init(
    _ base: any ObjectStore, at moment: Moment, times: Int = 1, _ body: @escaping @Sendable () throws -> Void = {},
    calling: @escaping @Sendable () async throws -> Void = {}
  ) {
    (self.base, self.moment, self.body, asyncBody) = (base, moment, body, calling)
    self.times = Lock(times)
  }

  /// Whether everything has happened.
  var isDone: Bool { times.withLock { $0 == 0 } }

  private func isDue() -> Bool {
    times.withLock { left in
      if left == 0 { return false }
      left -= 1
      return true
    }
  }

  func around<T: Sendable>(_ call: StoreCall, _ run: @escaping @Sendable () async throws -> T) async throws -> T {
    if case .before(let operation) = moment, operation == call.operation, isDue() {
      try body()
      try await asyncBody()
    }
    return try await run()
  }

  func sending(_ source: any ByteSource) -> any ByteSource {
    guard case .sending = moment else { return source }
    return HookSource(base: source) { [self] in if isDue() { try body() } }
  }

  func receiving(_ sink: any ByteSink) -> any ByteSink {
    guard case .receiving = moment else { return sink }
    return HookSink(base: sink) { [self] in if isDue() { try body() } }
  }

  func receiving(_ source: any ByteSource) -> any ByteSource {
    guard case .receiving = moment else { return source }
    return HookSource(base: source) { [self] in if isDue() { try body() } }
  }
}

private final class HookSource: ByteSource {
  let base: any ByteSource
  let body: @Sendable () throws -> Void

  init(base: any ByteSource, _ body: @escaping @Sendable () throws -> Void) { (self.base, self.body) = (base, body) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    // A part of what there is, so that more has to come after the event.
    let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, 4096)])
    let result = try base.read(into: piece)
    if case .bytes = result { try body() }
    return result
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }
}

private final class HookSink: ByteSink {
  let base: any ByteSink
  let body: @Sendable () throws -> Void

  init(base: any ByteSink, _ body: @escaping @Sendable () throws -> Void) { (self.base, self.body) = (base, body) }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    let result = try base.write(bytes)
    if result == .taken { try body() }
    return result
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }
  func restart() throws { try base.restart() }
}

/// Refuses some calls with an error.
final class RefusingStore: StoreLayer {
  let base: any ObjectStore
  private let refusal: @Sendable (StoreCall) -> StorageError.Code?
  private let count = Lock(0)

  init(_ base: any ObjectStore, _ refusal: @escaping @Sendable (StoreCall) -> StorageError.Code?) {
    (self.base, self.refusal) = (base, refusal)
  }

  /// How many calls were refused.
  var refused: Int { count.withLock { $0 } }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    if let code = refusal(call) {
      count.withLock { $0 += 1 }
      throw StorageError(code, store: identity.displayName, key: call.key, message: "refused for the test")
    }
    return try await body()
  }
}

/// Gives the first half of a listing and then fails.
final class HalfListingStore: StoreLayer {
  let base: any ObjectStore

  init(_ base: any ObjectStore) { self.base = base }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { Half(base.list(prefix, options), identity.displayName) }

  private final class Half: Listing {
    private let base: any Listing
    private let name: String
    private let hasGiven = Lock(false)

    init(_ base: any Listing, _ name: String) { (self.base, self.name) = (base, name) }

    func next() async throws -> ListPage? {
      if hasGiven.withLock({ $0 }) { throw StorageError(.unavailable, store: name, message: "the connection broke for the test") }
      hasGiven.withLock { $0 = true }
      guard var page = try await base.next() else { return nil }
      page.entries.removeLast((page.entries.count + 1) / 2)
      return page
    }
  }
}

/// Writes down under which conditions objects are changed.
final class WitnessStore: StoreLayer {
  let base: any ObjectStore
  private let list = Lock<[String]>([])
  private let count = Lock(0)

  init(_ base: any ObjectStore) { self.base = base }

  /// Changes outside Isobar's own folder that named no state.
  var unconditional: [String] { list.withLock { $0 } }
  /// How many changes there were.
  var changes: Int { count.withLock { $0 } }

  private func saw(_ what: String, _ key: ObjectKey, _ isConditional: Bool) {
    if key.bytes.starts(with: Array(".isobar/".utf8)) || key.isFolder { return }
    count.withLock { $0 += 1 }
    if !isConditional { list.withLock { $0.append("\(what) of \(key)") } }
  }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    saw("write", key, options.condition != .always)
    return try await base.write(payload, to: key, options)
  }

  func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    saw("write", key, options.condition != .always)
    return try await base.openWrite(key, length: length, options)
  }

  func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    saw("copy", destination, options.condition != .always)
    return try await base.copy(source, to: destination, options)
  }

  func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    saw("move", destination, options.condition != .always)
    saw("move from", source, options.sourceMatches != nil)
    return try await base.move(source, to: destination, options)
  }

  func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    for target in targets { saw("delete", target.key, target.ifMatches != nil) }
    return try await base.delete(targets)
  }

  func updateMetadata(_ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?) async throws -> WriteReceipt {
    saw("metadata", key, ifMatches != nil)
    return try await base.updateMetadata(metadata, of: key, ifMatches: ifMatches)
  }
}

/// Keeps something else than it was given, as services do that put a mark into documents: what is stored is longer.
final class StampingStore: StoreLayer {
  static let stamp = Array("<stamped by the store>".utf8)
  let base: any ObjectStore

  init(_ base: any ObjectStore) { self.base = base }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  func capabilities() async throws -> StoreCapabilities {
    var capabilities = try await base.capabilities()
    capabilities.directWrite = false
    return capabilities
  }

  func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    if key.isFolder { return try await base.write(payload, to: key, options) }
    let source = try payload.makeSource()
    var bytes = [UInt8](repeating: 0, count: Int(payload.length) + 1)
    var filled = 0
    reading: while true {
      let result = try bytes.withUnsafeMutableBytes {
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
      }
      switch result {
      case .bytes(let count): filled += count
      case .end: break reading
      case .pause: throw StorageError(.internalError, store: identity.displayName, key: key, message: "only bytes at hand here")
      }
    }
    try payload.verifyUnchanged()
    let receipt = try await base.write(.bytes(Array(bytes[..<filled]) + Self.stamp), to: key, options)
    // The size is the one that it has now; the hash is nobody's.
    return WriteReceipt(version: receipt.version, size: receipt.size, modified: receipt.modified, identity: receipt.identity)
  }
}
