public import Primitives

/// A place that holds files: a folder, a bucket, memory, or a layer around another store.
///
/// Every method is required and none has a default, since a default would hide a wrapped store's better version. What a store
/// cannot do throws `StorageError.Code.unsupported`. All methods throw `StorageError` (and `CancellationError` when the task is
/// cancelled), may be called from any number of tasks at once, and stay on the caller's executor where they can.
///
/// Guarantees. `StoreTesting` has a test for each number, run for every store and every layer:
///
/// 1. *Read your writes*: after `write`, `copy`, `move` or `delete` has returned, `stat`, `read` and `list` show its effect.
/// 2. *All or nothing*: at every moment a key holds its old or its new content, whole; a failed or cancelled write leaves the old.
/// 3. *Order*: listings come in bytewise order of keys, each key once, complete for everything that existed throughout.
/// 4. *Versions*: equal versions of a key mean equal bytes; a write's receipt has the version that the next listing reports.
/// 5. *Conditions*: a condition that `capabilities` calls enforced or checked never lets a write replace what it did not name.
/// 6. *Exact bytes*: a read gives exactly the bytes asked for, checked against the store's own length and hash, or throws; a source
///    that ends early or goes on too long makes the write throw.
/// 7. *Exact names*: keys come back byte for byte as they were written, or the write throws `.invalidArgument`.
/// 8. *Missing things*: `stat` and `read` of a missing key throw `.notFound`; deleting one succeeds.
/// 9. *Ranges*: a range is clipped to the object's end; one that starts at or beyond the end throws `.invalidArgument`.
/// 10. *Cancellation*: a cancelled call returns soon, and what it had begun is undone or invisible.
/// 11. *Folders*: a key with a closing `/` can be written (empty), listed, and deleted; deleting a folder that has content throws
///    `.notEmpty` where folders are real, and never deletes the content.
/// 12. *Metadata*: what `capabilities` says is kept comes back equal, to the stated precision.
/// 13. *Multipart*: parts may be sent in any order and again; nothing is visible before `complete`, nothing stays after `abort`.
/// 14. *Kept aside*: where `keepsReplaced` is said, what a write with `keepReplacedAs` replaced is whole under that key, and at no
///    moment is the written key missing.
/// 15. *Bulk delete*: each target has its own outcome, in the order asked; one failure does not stop the others.
public protocol ObjectStore: Sendable {
  /// Who this store is.
  var identity: StoreIdentity { get }

  /// What it can do. May probe the service at the first call (a few requests, writing and deleting one small object); remembered.
  func capabilities() async throws -> StoreCapabilities

  /// Starts a listing of the keys that begin with `prefix`. Costs nothing until its pages are pulled.
  func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing

  /// Describes one object. One request.
  func stat(_ key: ObjectKey) async throws -> ObjectInfo

  /// Sends an object's bytes to `sink` and returns when all of them are there and checked. A broken connection may restart the sink.
  func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult

  /// An object as a replayable payload, to be written elsewhere. Its sources read as `read` does, lazily.
  func payload(for key: ObjectKey, ifMatches: ObjectVersion?) async throws -> ObjectPayload

  /// Writes an object whole. Chooses by itself between one request and several parts.
  func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt

  /// Opens an object for bytes that are pushed; see `StoreCapabilities.directWrite`. `length` is what will come; nil where nobody knows:
  /// then whatever has come at `commit` is the content.
  func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite

  /// Deletes objects, each by itself.
  func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome]

  /// Copies inside the store.
  func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt

  /// Renames inside the store: atomically where it can, else a copy and then a delete of the unchanged source.
  func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt

  /// Replaces an object's metadata and leaves its content.
  func updateMetadata(_ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?) async throws -> WriteReceipt

  /// Begins a write in parts. Prefer `withMultipartWrite`, which completes or aborts.
  func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite

  /// Makes everything that is there durable, whoever wrote it: it survives a power loss once this has returned. A service that answers
  /// only for what is durable returns at once; a folder syncs its file system. The engine calls it before the state says "in step".
  func flush() async throws

  /// Lets go of connections and descriptors. The store is not used afterwards.
  func close() async
}

/// A write whose bytes are pushed.
public protocol DirectWrite: AnyObject, Sendable {
  /// How much of the content an interrupted write left here: the sink takes what comes behind. 0 unless `WriteOptions.contentID` was
  /// given and somebody had written the same to the same key.
  var taken: Int64 { get }
  /// Takes the content from `taken` on. To restart goes back there.
  var sink: any ByteSink { get }
  /// Gives everything that was taken so far, from the first byte, to be checked before `commit`.
  func replay(into sink: any ByteSink) async throws
  /// Makes the object visible, if the sink took exactly the length that was announced and the condition still holds.
  /// - Parameter metadata: replaces that of the options, for what was learned only while reading; nil keeps it.
  func commit(metadata: ObjectMetadata?) async throws -> WriteReceipt
  /// Ends the write, and keeps what was taken for the next one of the same content, where that is possible; else as `abort`.
  func suspend() async
  /// Forgets everything. Harmless after `commit`.
  func abort() async
}

/// A write in parts.
public protocol MultipartWrite: AnyObject, Sendable {
  /// The service's name for the upload, to find it again.
  var uploadID: String { get }
  /// Sends one part. Numbers start at 1; a number sent again replaces what it held.
  func write(part number: Int, _ payload: Payload) async throws
  /// Takes one part from an object that is there; see `StoreCapabilities.partCopy`.
  /// - Returns: the part's hash as the store computed it, to be compared with what should be in it; nil if it tells none.
  @discardableResult
  func copy(part number: Int, from source: ObjectKey, range: Range<Int64>, ifMatches: ObjectVersion?) async throws -> ContentHash?
  /// Joins the parts in the order of their numbers and makes the object visible.
  func complete() async throws -> WriteReceipt
  /// Throws everything away.
  func abort() async
}

extension ObjectStore {
  /// Runs `body` with a write in parts; completes it on return, aborts it when `body` throws or is cancelled.
  public func withMultipartWrite(
    _ key: ObjectKey, _ options: WriteOptions, _ body: (any MultipartWrite) async throws -> Void
  ) async throws -> WriteReceipt {
    let upload = try await startMultipart(key, options)
    do {
      try await body(upload)
      try Task.checkCancellation()
      return try await upload.complete()
    } catch {
      await upload.abort()
      throw error
    }
  }

  /// Whether `key` is there, described; nil if not.
  public func find(_ key: ObjectKey) async throws -> ObjectInfo? {
    do { return try await stat(key) } catch let error as StorageError where error.code == .notFound { return nil }
  }

  /// The entry, certainly with the size of its content: asks for it where the listing did not know.
  /// - Throws: `.preconditionFailed` if the object is no longer the one that was listed.
  public func sized(_ entry: ObjectEntry) async throws -> ObjectEntry {
    if entry.knowsContentSize { return entry }
    let seen = try await stat(entry.key).entry
    guard seen.version == entry.version else {
      throw StorageError(.preconditionFailed, store: identity.displayName, key: entry.key, message: "it was changed meanwhile")
    }
    return seen
  }

  /// A small object's bytes.
  /// - Throws: `BodyTooLong` beyond `limit`.
  public func readBytes(_ key: ObjectKey, limit: Int, _ options: ReadOptions = ReadOptions()) async throws -> [UInt8] {
    let sink = MemorySink(limit: limit)
    _ = try await read(key, options, into: sink)
    return sink.bytes
  }
}
