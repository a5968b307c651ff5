import Catalog
import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers

/// A store in memory as a client meets it: every call passes the world, which delays it, loses it, or ends the machine.
///
/// Unchecked: one thread runs the world and everything in it.
final class SimulatedStore: StoreLayer, @unchecked Sendable {
  let side: PairSide
  let memory: MemoryStore
  let kind: Scenario.StoreKind
  unowned let world: World
  /// What the store held before each change since its last flush, if it is a disk: a power cut goes back to one of them.
  private var unsynced: [MemoryImage] = []
  /// Texts that people wrote since the last flush.
  private(set) var unsyncedTexts: Set<String> = []
  /// What a power cut could have gone back to when the run began, and what there was then.
  private var start: (images: [MemoryImage], now: MemoryImage)?
  /// Whether this run has changed something since the last flush.
  private var hasChanged = false
  /// How often everything was made durable.
  private(set) var flushes = 0

  var base: any ObjectStore { memory }

  init(_ side: PairSide, _ kind: Scenario.StoreKind, pageSize: Int, world: World) {
    self.side = side
    self.kind = kind
    self.world = world
    memory = MemoryStore(
      MemoryStoreOptions(
        name: "\(side)", capabilities: kind.capabilities, clock: world.wallClock, hash: kind.hash,
        versionsNameContent: kind == .bucket, metadataKeepsVersion: kind == .gcs, pageSize: pageSize)
    )
  }

  // MARK: Power

  /// A run begins.
  func noteStart() {
    start = (unsynced, memory.image())
    hasChanged = false
  }

  /// Whether a text was there when the run began, and whether it would have outlived a power cut then.
  func hadAtStart(_ text: String) -> (any: Bool, durably: Bool) {
    func has(_ image: MemoryImage) -> Bool {
      let bytes = Array(text.utf8)
      return image.snapshot().contains { !$0.key.isFolder && $0.value == bytes }
    }
    guard let start, has(start.now) else { return (false, false) }
    return (true, start.images.allSatisfy(has))
  }

  /// What is there now stays there.
  private func settle() {
    unsynced = []
    unsyncedTexts = []
    flushes += 1
    hasChanged = false
  }

  /// Somebody wrote texts where there was `image`; a disk does not keep them at once either.
  func edited(_ image: MemoryImage, _ texts: Set<String>) {
    unsynced.append(image)
    unsyncedTexts.formUnion(texts)
  }

  /// A disk loses some of its latest changes.
  /// - Returns: what people wrote and may have lost by it.
  func losePower(_ random: inout SeededRandom) -> Set<String> {
    defer { settle() }
    guard let image = unsynced.randomElement(using: &random), Bool.random(using: &random) else { return [] }
    memory.restore(image)
    return unsyncedTexts
  }

  // MARK: Calls

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await change(call, to: nil, body)
  }

  func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    let memory = memory
    return try await change(StoreCall(.copy, source), to: destination) { try await memory.copy(source, to: destination, options) }
  }

  func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    let memory = memory
    return try await change(StoreCall(.move, source), to: destination) { try await memory.move(source, to: destination, options) }
  }

  private func change<T: Sendable>(
    _ call: StoreCall, to destination: ObjectKey?, _ body: @escaping @Sendable () async throws -> T
  ) async throws -> T {
    let now = try await begin(call, to: destination)
    let image = kind == .folder && call.changes ? memory.image() : nil
    let result = try await body()
    if let image { unsynced.append(image) }
    hasChanged = hasChanged || call.changes
    if call.operation == .flush { settle() }
    try await end(call, now)
    return result
  }

  /// Everything that may happen before a call has its effect.
  /// - Returns: the number of the call.
  private func begin(_ call: StoreCall, to destination: ObjectKey? = nil) async throws -> Int {
    let number = world.countCall(call, self)
    try await world.happen(at: number, after: false)
    try checkAlive(call)
    try await pause(call)
    try checkAlive(call)
    for trouble in world.troubles {
      switch trouble {
      case .unreachable(side.mine, let rate) where world.hits(rate, trouble): throw failure(.unavailable, call)
      case .throttled(side.mine, let rate) where world.hits(rate, trouble):
        throw failure(.throttled, call, retry: .after(.seconds(2)))
      case .full(side.mine, let first) where number >= first && call.sends:
        world.coverage.count(trouble.name)
        throw failure(.noSpace, call, retry: .never)
      case .crashAtFlush(side.mine, let powerLost) where call.operation == .flush && hasChanged:
        world.coverage.count(trouble.name)
        world.stop(powerLost: powerLost)
        try checkAlive(call)
      case .denied(side.mine, let path) where call.key.map({ Self.isIn($0, path) }) ?? false:
        world.coverage.count(trouble.name)
        throw failure(.permissionDenied, call, retry: .never)
      default: break
      }
    }
    if call.changes { await world.race(on: side, call.key, destination ?? call.key) }
    return number
  }

  /// Everything that may happen before the answer of a call arrives.
  private func end(_ call: StoreCall, _ number: Int) async throws {
    try await pause(call)
    try await world.happen(at: number, after: true)
    try checkAlive(call)
    for trouble in world.troubles {
      if case .lostAnswers(side.mine, let rate) = trouble, call.changes, world.hits(rate, trouble) {
        throw failure(.timeout, call, mayHaveHappened: true)
      }
    }
  }

  private func pause(_ call: StoreCall) async throws {
    for _ in 0..<world.below(3) { await Task.yield() }
    for trouble in world.troubles {
      if case .slow(side.mine, let rate) = trouble, world.hits(rate, trouble) {
        try await world.executor.sleep(.seconds(world.below(40)))
      }
    }
  }

  private func checkAlive(_ call: StoreCall) throws {
    if world.disk.isStopped { throw failure(.unavailable, call, retry: .never) }
  }

  private func failure(
    _ code: StorageError.Code, _ call: StoreCall, retry: StorageError.Retry = .later, mayHaveHappened: Bool = false
  ) -> StorageError {
    StorageError(
      code, retry: retry, store: identity.displayName, key: call.key, message: "trouble (\(call.operation.rawValue))",
      mayHaveHappened: mayHaveHappened)
  }

  private static func isIn(_ key: ObjectKey, _ path: String) -> Bool {
    path.hasSuffix("/") ? key.bytes.starts(with: path.utf8) : key.bytes.elementsEqual(path.utf8)
  }

  // MARK: Bodies

  func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    let call = StoreCall(.read, key)
    let number = try await begin(call)
    var sink = sink
    for trouble in world.troubles {
      if case .brokenBodies(side.mine, let rate) = trouble, world.hits(rate, trouble) {
        sink = BreakingSink(sink, after: Int64(world.below(40)), failure(.unavailable, call))
      }
    }
    let result = try await memory.read(key, options, into: sink)
    try await end(call, number)
    return result
  }

  func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    let call = StoreCall(.write, key, bytesToSend: payload.length)
    let number = try await begin(call)
    var payload = payload
    for trouble in world.troubles {
      switch trouble {
      case .shortBodies(side.mine, let rate) where world.hits(rate, trouble):
        let after = Int64(world.below(40))
        payload = payload.mapSource { ShortSource($0, after: after) }
      case .late(side.mine, let rate) where world.hits(rate, trouble):
        // The request is on its way; nobody waits for it any more.
        let memory = memory
        let sent = try await Self.copy(payload)
        // A server that waits for more than came stores nothing.
        if Int64(sent.count) == payload.length { world.later { _ = try? await memory.write(.bytes(sent), to: key, options) } }
        throw failure(.timeout, call, mayHaveHappened: true)
      default: break
      }
    }
    let image = kind == .folder ? memory.image() : nil
    let receipt = try await memory.write(payload, to: key, options)
    if let image { unsynced.append(image) }
    hasChanged = true
    try await end(call, number)
    return receipt
  }

  private static func copy(_ payload: Payload) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    let source = try payload.makeSource()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
    defer { buffer.deallocate() }
    while case .bytes(let count) = try source.read(into: buffer) { bytes += buffer[..<count] }
    return bytes
  }

  // MARK: Listings

  func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    let old = world.oldImage(of: self)
    let source = (old.map { MemoryStore($0) } ?? memory).list(prefix, options)
    return SimulatedListing(self, source)
  }

  fileprivate func page(_ base: any Listing) async throws -> ListPage? {
    let call = StoreCall(.list)
    let number = try await begin(call)
    guard var page = try await base.next() else {
      try await end(call, number)
      return nil
    }
    for trouble in world.troubles {
      switch trouble {
      case .incompleteListings(side.mine, let rate):
        page.entries.removeAll { !$0.key.isFolder && world.hits(rate, trouble, $0.key) }
      case .denied(side.mine, let path):
        let hidden = page.entries.filter { Self.isIn($0.key, path) }
        if hidden.isEmpty { break }
        world.coverage.count("trouble denied listing")
        page.entries.removeAll { Self.isIn($0.key, path) }
        if let key = try? ObjectKey(path) {
          page.problems.append(ListProblem(key: key, reason: .unreadable(failure(.permissionDenied, call, retry: .never))))
        }
      default: break
      }
    }
    try await end(call, number)
    return page
  }
}

/// The pages of a listing, each of which is a call.
private final class SimulatedListing: Listing {
  private let store: SimulatedStore
  private let base: any Listing

  init(_ store: SimulatedStore, _ base: any Listing) { (self.store, self.base) = (store, base) }

  func next() async throws -> ListPage? { try await store.page(base) }
}

extension PairSide {
  var mine: Scenario.Side { self == .left ? .left : .right }
}

extension StoreCall {
  /// Whether content comes into being.
  fileprivate var sends: Bool { [.write, .openWrite, .commit, .copy, .writePart].contains(operation) }
}
