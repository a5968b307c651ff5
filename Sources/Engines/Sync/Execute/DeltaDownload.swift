import Catalog
import Delta
import ObjectStorage
import Primitives
import StoreLayers

/// Fetches the next version of a large file as a difference: what the old file here has is taken from there, and only the rest is read
/// from the store. What is in the new version says a map that was left in the store with it (`SharedMaps`).
///
/// What was put together is read once more, and must have the map's chunks, and the object's own hash where the store knows one, before
/// it becomes visible.
struct DeltaDownload {
  let context: RunContext
  /// Where the file goes: a folder.
  let side: PairSide
  let key: ObjectKey

  /// What is already here in less than this, between pieces that are not, is fetched with them: a request costs more.
  private static let gap: Int64 = 256 << 10

  private var here: any ObjectStore { context.ends[side] }
  private var there: any ObjectStore { context.ends[side.other] }

  /// Brings `source` here in place of `old`.
  /// - Returns: what came, and how many bytes were here already; nil if the file is to be fetched whole.
  func run(
    _ source: ObjectEntry, replacing old: ObjectEntry, _ options: WriteOptions, metadata: (ObjectInfo) -> ObjectMetadata,
    moved: @escaping @Sendable (Int64) -> Void
  ) async throws -> (Download.Result, reused: Int64)? {
    let maps = SharedMaps(context: context, side: side.other)
    guard maps.has(source.size), here.identity.isLocal, old.size > 0 else { return nil }
    guard let map = try await maps.find(source) else {
      context.emit(.sentWhole(key, on: side, why: "no map of this version was left in the store"))
      return nil
    }
    let known = MapSink(map.sizes)
    _ = try await here.read(key, ReadOptions(ifMatches: old.version, expectedSize: old.size), into: known)
    let plan = DeltaPlan(from: known.finish(), to: map).fetching(gapsBelow: Self.gap)
    guard plan.bytesToSend < source.size / 8 * 7 else {
      context.emit(.sentWhole(key, on: side, why: "it has little in common with what is here"))
      return nil
    }
    let info = try await there.stat(source.key)
    guard info.entry.version == source.version else {
      throw StorageError(
        .preconditionFailed, store: there.identity.displayName, key: source.key, message: "it was changed meanwhile")
    }
    let write = try await here.openWrite(key, length: source.size, options)
    do {
      for piece in plan.pieces { try await bring(piece, of: source, old, through: write, moved) }
      guard try await isRight(write, map, info) else {
        await write.abort()
        moved(-source.size)
        context.emit(.sentWhole(key, on: side, why: "the map that was left in the store is not that of the object"))
        return nil
      }
      let receipt = try await write.commit(metadata: metadata(info))
      return (Download.Result(info: info, receipt: receipt, sha256: nil), plan.length - plan.bytesToSend)
    } catch {
      await write.abort()
      throw error
    }
  }

  private func bring(
    _ piece: DeltaPlan.Piece, of source: ObjectEntry, _ old: ObjectEntry, through write: any DirectWrite,
    _ moved: @escaping @Sendable (Int64) -> Void
  ) async throws {
    switch piece.origin {
    case .copied(let offset):
      let range = ByteRange(start: offset, end: offset + piece.length)
      let sink = OnwardSink(write.sink)
      _ = try await here.read(key, ReadOptions(range: range, ifMatches: old.version, expectedSize: piece.length), into: sink)
      moved(piece.length)
    case .sent:
      var start = piece.offset
      let end = piece.offset + piece.length
      while start < end {
        let sink = OnwardSink(write.sink)
        do {
          let range = ByteRange(start: start, end: end)
          let options = ReadOptions(range: range, ifMatches: source.version, expectedSize: end - start)
          _ = try await there.read(source.key, options, into: TapSink(sink, hashing: nil, count: moved))
          start = end
        } catch let error as StorageError where sink.taken > 0 && error.code != .preconditionFailed {
          // What came is written and cannot be taken back: from behind it again, as long as something comes.
          try Task.checkCancellation()
          start += sink.taken
        }
      }
    }
  }

  private func isRight(_ write: any DirectWrite, _ map: ChunkMap, _ info: ObjectInfo) async throws -> Bool {
    let hash = info.hashes.first { $0.method.algorithm != nil }
    let check = MapSink(map.sizes, hashing: hash?.method.algorithm)
    try await write.replay(into: check)
    guard check.finish() == map else { return false }
    return hash.map { check.digest == $0.bytes } ?? true
  }
}

/// Passes bytes on that cannot be taken back: each read is a piece of something longer. Unchecked: written to by one caller at a time, as
/// every sink.
private final class OnwardSink: ByteSink, @unchecked Sendable {
  private let inner: any ByteSink
  private(set) var taken: Int64 = 0

  init(_ inner: any ByteSink) { self.inner = inner }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    let result = try inner.write(bytes)
    if result == .taken { taken += Int64(bytes.count) }
    return result
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { inner.whenReady(resume) }

  func restart() throws { if taken > 0 { throw CannotGoBack() } }

  private struct CannotGoBack: Error, CustomStringConvertible {
    var description: String { "a piece that was written already was to be written again" }
  }
}
