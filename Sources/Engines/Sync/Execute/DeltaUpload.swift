import Catalog
import Chunking
import Concurrency
import Crypto
import Delta
import ObjectStorage
import Primitives

/// Sends the next version of a large file as a difference: what the store's old object holds it copies itself, part by part, and the
/// new object is a plain one like any other.
///
/// What is in the old object is known from a map that was kept when it was sent. Nothing rests on the map alone: each part that the
/// store copies must have the hash of the bytes that are to be there, or the file is sent whole.
struct DeltaUpload {
  let context: RunContext
  let side: PairSide
  let key: ObjectKey

  /// What a difference left in the store.
  struct Sent {
    let receipt: WriteReceipt
    /// Bytes that the store had.
    let reused: Int64
  }

  /// Parts that are worked on at once.
  private static let width = 4

  private var store: any ObjectStore { context.ends[side] }

  /// Whether differences of a file of this length are worth their while: its bytes are read more than once here.
  private func isWorthwhile(_ length: Int64) -> Bool {
    guard let least = context.options.deltaFrom, length >= least else { return false }
    return context.ends[side.other].identity.isLocal && !store.identity.isLocal
  }

  private var isPossible: Bool { context.capabilities[side].partCopy }

  private func note(_ why: String) { context.emit(.sentWhole(key, on: side, why: why)) }

  /// Keeps what the store now has, for the next version. The file is sent by now: what goes wrong here (it is being written to, the run
  /// is cancelled) costs the next difference and nothing else.
  func remember(_ payload: Payload, _ version: ObjectVersion) async {
    let shared = SharedMaps(context: context, side: side)
    guard isWorthwhile(payload.length), isPossible || shared.has(payload.length) else { return }
    do {
      let map = try await Self.map(of: payload)
      try payload.verifyUnchanged()
      await shared.leave(map, of: key, version)
      try context.recorder.setChunkMap(of: key, version: version, map.encoded)
    } catch {}
  }

  /// Sends what the object that is to be replaced does not have.
  /// - Returns: nil if the file is to be sent whole: nothing is known of the old object, little is left of it, or the store does not
  ///   vouch for what it copies.
  func send(_ payload: Payload, replacing old: ObjectEntry, _ options: WriteOptions) async throws -> Sent? {
    guard isWorthwhile(payload.length) else { return nil }
    guard isPossible else {
      note("this store cannot take parts of a new object from an old one")
      return nil
    }
    guard !context.hasNotVouched(side) else {
      note("the store did not vouch for the parts that it copied before")
      return nil
    }
    guard let record = try context.recorder.chunkMap(of: key, version: old.version),
      let known = try? ChunkMap(encoded: record), known.length == old.size
    else {
      note("nothing is known yet of what is there; the next change is sent as a difference")
      return nil
    }
    let map = try await Self.map(of: payload)
    let delta = DeltaPlan(from: known, to: map)
    // Copying costs requests, too.
    guard let plan = PartCopyPlan(delta), plan.bytesCopied > payload.length / 8 else {
      note("it has little in common with what is there")
      return nil
    }
    let receipt: WriteReceipt
    do {
      receipt = try await store.withMultipartWrite(key, options) { upload in
        try await send(payload, plan, replacing: old, through: upload)
        try payload.verifyUnchanged()
      }
    } catch is Unproven {
      // It will not for the next file either, and finding out costs the sending of what is new.
      context.noteNotVouched(side)
      note("the store does not vouch for the parts that it copies")
      return nil
    } catch let error as StorageError where Self.isRefusal(error.code) {
      note("the store refused to copy parts")
      return nil
    }
    // As in `remember`: the file is sent.
    try? context.recorder.setChunkMap(of: key, version: receipt.version, map.encoded)
    await SharedMaps(context: context, side: side).leave(map, of: key, receipt.version)
    return Sent(receipt: receipt, reused: plan.bytesCopied)
  }

  private func send(
    _ payload: Payload, _ plan: PartCopyPlan, replacing old: ObjectEntry, through upload: any MultipartWrite
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, part) in plan.parts.enumerated() {
        if index >= Self.width { try await group.next() }
        let range = part.offset..<part.offset + part.length
        group.addTask {
          switch part.origin {
          case .sent: try await upload.write(part: index + 1, payload[range])
          case .copied(let offset):
            let source = offset..<offset + part.length
            let theirs = try await upload.copy(part: index + 1, from: old.key, range: source, ifMatches: old.version)
            guard let theirs, try await ContentHashing.hash(payload.unseen[range], by: theirs.method) == theirs else {
              throw Unproven()
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Whether the store may still take the whole file: it does not copy, or this object cannot be copied (it lies in an archive, may not
  /// be read, is gone). If it takes nothing at all, writing the whole says so.
  private static func isRefusal(_ code: StorageError.Code) -> Bool {
    [.unsupported, .archived, .permissionDenied, .invalidArgument, .notFound].contains(code)
  }

  /// The store does not say what it copied, or copied something else.
  private struct Unproven: Error {}

  private static func map(of payload: Payload) async throws -> ChunkMap {
    let builder = ChunkMapBuilder(ChunkSizes.suited(to: payload.length))
    guard try await ContentHashing.read(payload.unseen, 0..<payload.length, { builder.update($0) }) else { throw NotLocal() }
    return builder.finish()
  }

  private struct NotLocal: Error, CustomStringConvertible {
    var description: String { "a large file was to be read as if it were local" }
  }
}
