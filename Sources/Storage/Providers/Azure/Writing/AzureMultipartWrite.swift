import Concurrency
import Crypto
public import ObjectStorage
import Primitives
import ProviderSupport

/// A write in parts under way: each part is one block, or several.
///
/// An abort sends nothing: blocks that no list names are invisible, go with the next write of the object, and else after a week.
final class AzureMultipartWrite: MultipartWrite {
  /// Parts that one object may have, as many as other services allow.
  private static let limit = 10_000

  private struct Part: Sendable {
    var blocks: [BlockReference]
    var length: Int64
  }

  private struct State {
    var parts: [Int: Part] = [:]
    var isOver = false
    /// Blocks named so far.
    var count = 0
    /// The state of the object whose blocks are taken over.
    var base: ObjectVersion?
  }

  private let store: AzureStore
  private let object: NewObject
  private let modified: Timestamp?
  private let upload = Random.bytes(16)
  private let begun: Int64
  private let state = Lock(State())
  /// The blocks of the object that is there, asked for once.
  private let known = SingleFlight<BlockList?>()
  private let knownList = Lock<BlockList?>(nil)

  init(store: AzureStore, object: NewObject, modified: Timestamp?) {
    self.store = store
    self.object = object
    self.modified = modified
    begun = store.client.clock.now().seconds
  }

  var uploadID: String { Hex.encode(upload) }

  func write(part number: Int, _ payload: Payload) async throws {
    try check(number)
    let size = store.configuration.blockSize(for: payload.length)
    let reader = try PayloadReader(payload, hashes: [], key: object.key, store: store.identity.displayName)
    var blocks: [BlockReference] = []
    var left = payload.length
    if left == 0 { _ = try await reader.finish() }
    while left > 0 {
      let count = Int(min(size, left))
      try await reader.acquire(count, of: store.memory)
      defer { store.memory.release(count) }
      let sum = HashStream([.crc64nvme])
      let bytes = try await reader.next(count, hashing: sum)
      left -= Int64(count)
      if left == 0 {
        _ = try await reader.finish()
        try payload.verifyUnchanged()
      }
      let id = newID(crc: BlockCRC.of(sum))
      try await store.putBlock(bytes, id, object)
      reader.reuse(bytes)
      blocks.append(.uncommitted(id.text))
    }
    try set(number, Part(blocks: blocks, length: payload.length))
  }

  func copy(part number: Int, from source: ObjectKey, range: Range<Int64>, ifMatches: ObjectVersion?) async throws -> ContentHash? {
    try check(number)
    guard !range.isEmpty else { throw store.error(.invalidArgument, object.key, "a part that is copied has at least one byte") }
    var pieces = [BlockPiece.bytes(range)]
    if source == object.key, let list = try await committed(), let version = list.version, !list.committed.isEmpty {
      if let ifMatches, EntityTag.header(ifMatches) != EntityTag.header(version) { return try store.unknown(source) }
      pieces = BlockPiece.cut(range, list.committed)
    }
    var blocks: [BlockReference] = []
    var whole: UInt64? = 0
    for piece in pieces {
      let crc: UInt64?
      switch piece {
      case .block(let id, let known, _):
        blocks.append(.committed(id))
        crc = known
      case .bytes(let range):
        let id = newID(crc: 0)
        crc = try await store.copyBlock(id.text, of: object, from: source, range, ifMatches: ifMatches)
        blocks.append(.uncommitted(id.text))
      }
      if let known = whole, let crc {
        whole = CRC.combineCRC64NVME(known, crc, secondLength: UInt64(piece.length))
      } else {
        whole = nil
      }
    }
    if pieces.contains(where: \.isBlock) { state.withLock { $0.base = knownList.withLock { $0?.version } } }
    try set(number, Part(blocks: blocks, length: Int64(range.count)))
    return whole.map { ContentHash(.crc64nvme, CRC.bytes($0)) }
  }

  func complete() async throws -> WriteReceipt {
    let now = state.withLock { $0 }
    guard !now.isOver else { throw over() }
    let parts = now.parts.sorted { $0.key < $1.key }.map(\.value)
    guard !parts.isEmpty else { throw store.error(.invalidArgument, object.key, "a write in parts needs a part") }
    let blocks = parts.flatMap(\.blocks)
    guard blocks.count <= AzureConfiguration.Limits.blocks else {
      throw store.error(.invalidArgument, object.key, "it has more blocks than the 50,000 that the service allows")
    }
    let version: ObjectVersion
    do { version = try await store.commit(blocks, as: object, md5: nil, base: now.base) } catch let failure as StorageError {
      guard let found = await committed(of: blocks) else { throw failure }
      version = found
    }
    state.withLock { $0.isOver = true }
    return WriteReceipt(version: version, size: parts.reduce(0) { $0 + $1.length }, modified: modified)
  }

  /// The state of the object if it is made of these blocks: then the answer that said so was lost, now or in an earlier try. At least
  /// one block must have been sent for this write: nobody else can name it.
  private func committed(of blocks: [BlockReference]) async -> ObjectVersion? {
    let own = blocks.contains { if case .uncommitted = $0 { true } else { false } }
    guard own, let list = try? await store.blockList(object.name, key: object.key, type: "committed"),
      list.committed.map(\.id) == blocks.map(\.id)
    else { return nil }
    return list.version
  }

  func abort() async { state.withLock { $0.isOver = true } }

  private func committed() async throws -> BlockList? {
    if let list = knownList.withLock({ $0 }) { return list }
    return try await known.run { [self] in
      do {
        let list = try await store.blockList(object.name, key: object.key, type: "committed")
        knownList.withLock { $0 = list }
        return list
      } catch let error as StorageError where error.code == .invalidArgument || error.code == .unsupported {
        // A page or append blob has no blocks.
        return nil
      }
    }
  }

  private func newID(crc: UInt64) -> BlockID {
    let number = state.withLock { state in
      state.count += 1
      return state.count
    }
    return BlockID(upload: upload, begun: begun, number: number, crc: crc)
  }

  private func check(_ number: Int) throws {
    guard (1...Self.limit).contains(number) else {
      throw store.error(.invalidArgument, object.key, "part numbers go from 1 to \(Self.limit)")
    }
    if state.withLock({ $0.isOver }) { throw over() }
  }

  private func set(_ number: Int, _ part: Part) throws {
    try state.withLock { state in
      if state.isOver { throw over() }
      state.parts[number] = part
    }
  }

  private func over() -> StorageError { store.error(.invalidArgument, object.key, "the write in parts is over") }
}

extension AzureStore {
  public func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    guard !key.isFolder else { throw error(.invalidArgument, key, "a folder has no parts") }
    return AzureMultipartWrite(
      store: self, object: try newObject(key, options, length: nil), modified: options.metadata.modified)
  }
}
