import Compression
import Concurrency
public import ObjectStorage
public import Primitives

extension CompressedStore {
  /// How often a read that named no version begins anew because the object was replaced meanwhile.
  private static let attempts = 8
  /// More than the table of a gigabyte.
  private static let tailLength: Int64 = 16 << 10
  /// No table is longer: it would be that of an object of 32 TiB.
  private static let longestTable: Int64 = 64 << 20

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    if key.isFolder { return try await base.read(key, options, into: sink) }
    for attempt in 1... {
      let known = try await known(key, options.ifMatches)
      let tally = TallySink(sink)
      do {
        return try await read(key, known, options.range, into: tally)
      } catch let error as StorageError
        where error.code == .preconditionFailed && options.ifMatches == nil && attempt < Self.attempts
      {
        marks.forget(key)
        if tally.hasTaken { try sink.restart() }
      }
    }
    preconditionFailure("the loop has no end")
  }

  /// What is known of the object in the state that the caller wants. Else it is asked for.
  private func known(_ key: ObjectKey, _ version: ObjectVersion?) async throws -> MarkMemory.Known {
    if let version, let known = marks.known(key, version) { return known }
    let found = try described(try await base.stat(key))
    if let version, found.info.entry.version != version {
      throw failure(.preconditionFailed, key, "it changed meanwhile")
    }
    return MarkMemory.Known(version: found.info.entry.version, mark: found.mark, storedLength: found.storedLength)
  }

  private func read(
    _ key: ObjectKey, _ known: MarkMemory.Known, _ range: ByteRange?, into sink: any ByteSink
  ) async throws -> ReadResult {
    guard let mark = known.mark else {
      let options = ReadOptions(range: range, ifMatches: known.version, expectedSize: known.storedLength)
      let result = try await base.read(key, options, into: sink)
      return ReadResult(info: try unchanged(result.info, known), range: result.range)
    }
    guard range.map({ $0.start < mark.length }) ?? true else {
      throw failure(.invalidArgument, key, "the range starts at byte \(range?.start ?? 0), but the object has only \(mark.length)")
    }
    let wanted = range.map { $0.start..<min($0.end ?? mark.length, mark.length) } ?? 0..<mark.length
    var part = StoredPart(stored: nil, body: whole(key, mark, wanted))
    if wanted.count < mark.length, let table = try await table(key, known, mark) { part = self.part(key, table, wanted) }
    let decompressor = decompressors.take()
    let decoding = DecodingSink(sink, BodyDecoder(part.body, decompressor))
    let options = ReadOptions(
      range: part.stored.flatMap { ByteRange(start: $0.lowerBound, end: $0.upperBound) }, ifMatches: known.version,
      expectedSize: part.stored.map { Int64($0.count) } ?? known.storedLength)
    let result = try await base.read(key, options, into: decoding)
    let info = try unchanged(result.info, known)
    try await decoding.finish()
    decompressors.give(decompressor)
    return ReadResult(info: info, range: wanted)
  }

  public func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload {
    let object = try await base.payload(for: key, ifMatches: ifMatches)
    let described = try described(object.info)
    let stored = object.payload
    guard let mark = described.mark else { return ObjectPayload(info: described.info, payload: stored) }
    let known = MarkMemory.Known(version: object.info.entry.version, mark: mark, storedLength: described.storedLength)
    let table = try await table(key, known, mark)
    let payload = Payload(
      length: mark.length, isAtHand: stored.isAtHand, contentID: stored.contentID.map { Array("zstd+".utf8) + $0 },
      makeSource: { [self] range in
        if range.isEmpty { return MemorySource([]) }
        var part = StoredPart(stored: nil, body: whole(key, mark, range))
        if range.count < mark.length, let table { part = self.part(key, table, range) }
        let decoder = BodyDecoder(part.body, Decompressor(DecompressionLimits(outputLength: 0)))
        return DecodingSource(try stored.makeSource(part.stored), decoder)
      },
      verifyUnchanged: { try stored.verifyUnchanged() })
    return ObjectPayload(info: described.info, payload: payload)
  }

  // MARK: parts

  /// What is read of a stored object, and what must come out of it.
  private struct StoredPart {
    /// Nil for all of it.
    let stored: Range<Int64>?
    let body: DecodedBody
  }

  private func whole(_ key: ObjectKey, _ mark: CompressionMark, _ wanted: Range<Int64>) -> DecodedBody {
    DecodedBody(length: mark.length, wanted: wanted, sha256: mark.sha256) { [self] in failure(.corrupted, key, $0) }
  }

  private func part(_ key: ObjectKey, _ table: SeekTable, _ wanted: Range<Int64>) -> StoredPart {
    let cover = table.cover(wanted)
    let start = cover.content.lowerBound
    let body = DecodedBody(
      length: Int64(cover.content.count), wanted: wanted.lowerBound - start..<wanted.upperBound - start, sha256: nil
    ) { [self] in failure(.corrupted, key, $0) }
    return StoredPart(stored: cover.stored, body: body)
  }

  /// The table of an object's frames; nil where it has none, or none that can be believed: then it is read from its beginning.
  private func table(_ key: ObjectKey, _ known: MarkMemory.Known, _ mark: CompressionMark) async throws -> SeekTable? {
    // What fits into one frame has no table.
    guard mark.length > Int64(min(options.frameLength, CompressionOptions().frameLength)) else { return nil }
    var tail = try await self.tail(key, known, Self.tailLength)
    guard let length = SeekTable.length(endingIn: tail[...]).map(Int64.init), length <= min(known.storedLength, Self.longestTable)
    else {
      return nil
    }
    if length > Int64(tail.count) { tail = try await self.tail(key, known, length) }
    return SeekTable(tail[...], stored: known.storedLength, content: mark.length)
  }

  private func tail(_ key: ObjectKey, _ known: MarkMemory.Known, _ length: Int64) async throws -> [UInt8] {
    let range = ByteRange(start: max(0, known.storedLength - length), end: known.storedLength)
    return try await base.readBytes(
      key, limit: Int(length), ReadOptions(range: range, ifMatches: known.version, expectedSize: length))
  }

  /// The description of what was read; it must carry the mark with which the read began.
  private func unchanged(_ info: ObjectInfo, _ known: MarkMemory.Known) throws -> ObjectInfo {
    let described = try described(info)
    guard described.mark == known.mark else {
      // Only metadata changed: with the next attempt they fit.
      throw failure(.preconditionFailed, info.entry.key, "it changed meanwhile")
    }
    return described.info
  }
}

/// Passes bytes on and remembers whether there were any. Used by one caller at a time.
private final class TallySink: ByteSink, @unchecked Sendable {
  private let base: any ByteSink
  private(set) var hasTaken = false

  init(_ base: any ByteSink) { self.base = base }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    let result = try base.write(bytes)
    if result == .taken, !bytes.isEmpty { hasTaken = true }
    return result
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }

  func restart() throws {
    try base.restart()
    hasTaken = false
  }
}
