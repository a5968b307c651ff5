import Catalog
import ObjectStorage

/// Reads what was written again, from the store itself, and compares it with what was to be there: for those who do not take a store's
/// word. Costs a download of each file that was sent.
struct ReadBack {
  let context: RunContext

  /// - Parameters:
  ///   - source: what the other side holds and was sent.
  ///   - receipt: what the write gave.
  ///   - known: a hash of the bytes that were sent; they are read again where there is none.
  /// - Returns: the hash that both sides have.
  /// - Throws: `StorageError`: `.corrupted` if something else is there, which has been removed then; `.preconditionFailed` if either
  ///   side was changed meanwhile.
  func compare(_ source: ObjectEntry, at key: ObjectKey, on side: PairSide, _ receipt: WriteReceipt, known: ContentHash?)
    async throws -> ContentHash
  {
    let comparer = Comparer(context: context)
    let written = ObjectEntry(key: key, size: source.size, version: receipt.version)
    // A remote store's content is hashed by SHA-256 whatever else is known of it.
    let method = context.ends[side].identity.isLocal ? known?.method ?? .sha256 : .sha256
    let expected: ContentHash
    if let known, known.method == method, method.identifiesContent {
      expected = known
    } else {
      expected = try await comparer.hash(source, on: side.other, by: .sha256)
    }
    let found = try await comparer.hash(written, on: side, by: expected.method)
    if found != expected { throw try await removed(written, on: side) }
    context.recorder.count { $0.readBack += 1 }
    return found
  }

  /// What is wrong must not be taken for the newest version by the next run: without it, the file is sent again.
  private func removed(_ wrong: ObjectEntry, on side: PairSide) async throws -> StorageError {
    let store = context.ends[side]
    let outcome = try await store.delete([DeleteTarget(wrong.key, ifMatches: wrong.version)]).first
    let rest = outcome?.error == nil ? "it was removed again and will be sent anew" : "and it could not be removed: do so by hand"
    return StorageError(
      .corrupted, retry: .later, store: store.identity.displayName, key: wrong.key,
      message: "what was read back is not what was sent; \(rest)")
  }
}
