import Catalog
import Crypto
import ObjectStorage
import Primitives

/// Brings one file's content from one side to the other.
struct FileTransfer {
  let context: RunContext

  /// What a transfer left on both sides.
  struct Result {
    let base: BaseEntry
    /// Bytes that were sent.
    let bytes: Int64
    /// Bytes that the store had already.
    var reused: Int64 = 0
  }

  /// Up to here a second hash on the way of a download is worth its time: a file touched later is then recognised without sending.
  private static let hashLimit: Int64 = 64 << 20

  /// Sends `source` (what the other side holds at its key) to `key` on `side`.
  /// - Parameters:
  ///   - replaced: what `side` holds at `key` and may be replaced; nil if nothing may be there.
  ///   - keep: whether what is replaced goes to the trash, and why.
  ///   - wasKnown: whether both sides had the path before: a listing without it may lag.
  func send(
    _ source: ObjectEntry, to key: ObjectKey, on side: PairSide, replacing replaced: ObjectEntry?, keep: TrashReason?,
    wasKnown: Bool = false
  ) async throws -> Result {
    let from = context.ends[side.other]
    let to = context.ends[side]
    let capabilities = context.capabilities[side]
    let condition: WriteCondition = replaced.map { .ifMatches($0.version) } ?? .ifAbsent
    try await context.look(before: condition, at: key, on: side, trusting: !wasKnown)
    var options = WriteOptions(condition: condition)
    if let replaced, let keep {
      options.keepReplacedAs = try await context.trash.keep(replaced: replaced, on: side, of: to, capabilities, reason: keep)
    }
    context.emit(.started(key, bytes: source.size, to: side))
    let emit = context.emit
    let count: @Sendable (Int64) -> Void = { emit(.moved(key, bytes: $0)) }

    let info: ObjectInfo
    let receipt: WriteReceipt
    var hash: ContentHash?
    var reused: Int64 = 0
    if capabilities.directWrite, !context.ends[side.other].identity.isLocal {
      let known = source.hash.flatMap { $0.method.identifiesContent ? $0 : nil }
      let came: Download.Result
      let delta = DeltaDownload(context: context, side: side, key: key)
      if let replaced,
        let part = try await delta.run(
          source, replacing: replaced, options, metadata: { metadata(of: $0) }, moved: count)
      {
        (came, reused) = part
      } else {
        came = try await Download(from: from, to: to).run(
          source, to: key, options, hashing: known == nil && source.size <= Self.hashLimit, metadata: { metadata(of: $0) },
          moved: count)
      }
      (info, receipt) = (came.info, came.receipt)
      hash = known ?? came.sha256.map { ContentHash(.sha256, $0) }
    } else {
      let object = try await from.payload(for: source.key, ifMatches: source.version)
      info = object.info
      options.metadata = metadata(of: info)
      let payload = object.payload.mapSource { CountingSource($0) { count(Int64($0)) } }
      let delta = DeltaUpload(context: context, side: side, key: key)
      if let replaced, let sent = try await delta.send(payload, replacing: replaced, options) {
        (receipt, reused) = (sent.receipt, sent.reused)
        count(reused)
      } else {
        receipt = try await to.write(payload, to: key, options)
        await delta.remember(object.payload, receipt.version)
      }
      if receipt.hash == nil, from.identity.isLocal, source.size <= Self.hashLimit {
        // From folder to folder nobody hashes on the way. The bytes are still at hand, and without their hash a file that is only
        // touched later would be sent again, or taken for a party to a conflict.
        hash = try await ContentHashing.hash(object.payload, by: .sha256)
      }
    }
    hash = hash ?? receipt.hash ?? info.hashes.first { $0.method.identifiesContent }
    if context.options.verification == .readBack {
      hash = try await ReadBack(context: context).compare(source, at: key, on: side, receipt, known: hash)
    }

    var base = BaseEntry(
      key: key, size: source.size, hash: hash, modified: info.entry.modified ?? source.modified,
      mode: info.entry.mode ?? source.mode)
    base[side.other] = SideState(version: source.version, modified: source.modified, identity: source.identity)
    base[side] = SideState(version: receipt.version, modified: receipt.modified, identity: receipt.identity)
    return Result(base: base, bytes: source.size - reused, reused: reused)
  }

  /// What a copy of an object says beside its bytes.
  func metadata(of info: ObjectInfo) -> ObjectMetadata {
    ObjectMetadata(
      // Permission bits only: a set-user-id bit that came with an object would be somebody else's gift.
      modified: info.entry.modified ?? info.entry.stored, mode: info.entry.mode.map { $0 & 0o777 }, contentType: info.contentType,
      user: info.userMetadata, headers: info.headers)
  }
}
