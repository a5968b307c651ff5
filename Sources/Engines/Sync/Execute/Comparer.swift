public import Catalog
import Crypto
public import ObjectStorage
import Primitives

/// Finds out whether both sides hold the same bytes at a path, as cheaply as the two stores allow.
public struct Comparer: Sendable {
  private let ends: BothSides<any ObjectStore>
  private let isLocal: BothSides<Bool>

  /// A comparer of what two stores hold.
  public init(left: any ObjectStore, right: any ObjectStore) {
    ends = BothSides(left: left, right: right)
    isLocal = BothSides(left: left.identity.isLocal, right: right.identity.isLocal)
  }

  init(context: RunContext) {
    ends = context.ends
    isLocal = BothSides(left: context.ends.left.identity.isLocal, right: context.ends.right.identity.isLocal)
  }

  /// Whether the contents are equal, and the hash that shows it; nil where sizes alone decide.
  /// - Throws: `StorageError`: `.preconditionFailed` if an object is no longer what its entry says.
  public func compare(_ left: ObjectEntry, _ right: ObjectEntry) async throws -> (equal: Bool, hash: ContentHash?) {
    if !left.mayEqual(right) { return (false, nil) }
    let (left, right) = (try await ends.left.sized(left), try await ends.right.sized(right))
    if left.size != right.size { return (false, nil) }
    if left.size == 0 { return (true, nil) }
    if let verdict = verdict([left.hash].compactMap { $0 }, [right.hash].compactMap { $0 }) { return verdict }
    // What the listing gave, then what a look at the object gives, against content that can be read for nothing.
    var known = BothSides(left: identities([left.hash].compactMap { $0 }), right: identities([right.hash].compactMap { $0 }))
    for side in PairSide.allCases where !isLocal[side] && known[side].isEmpty {
      let entry = side == .left ? left : right
      let info = try await ends[side].stat(entry.key)
      guard info.entry.version == entry.version else { throw changed(entry, side) }
      known[side] = identities(info.hashes)
    }
    if let verdict = verdict(known.left, known.right) { return verdict }
    for side in PairSide.allCases where isLocal[side] {
      guard let theirs = known[side.other].first else { continue }
      let ours = try await hash(side == .left ? left : right, on: side, by: theirs.method)
      return (ours == theirs, theirs)
    }

    // Nothing is known of one side: read what must be read.
    let leftHash = try await hash(left, on: .left, by: .sha256)
    let rightHash = try await hash(right, on: .right, by: .sha256)
    return (leftHash == rightHash, leftHash)
  }

  /// The hash of what `side` holds, read in full. From a remote store it is SHA-256 whatever `method` says.
  public func hash(_ entry: ObjectEntry, on side: PairSide, by method: ContentHash.Method) async throws -> ContentHash {
    let store = ends[side]
    if isLocal[side] {
      return try await ContentHashing.hash(store.payload(for: entry.key, ifMatches: entry.version).payload, by: method)
    }
    let sink = HashSink([.sha256])
    _ = try await store.read(entry.key, ReadOptions(ifMatches: entry.version, expectedSize: entry.size), into: sink)
    return ContentHash(.sha256, sink.finish()[.sha256] ?? [])
  }

  private func identities(_ hashes: [ContentHash]) -> [ContentHash] { hashes.filter { $0.method.identifiesContent } }

  private func verdict(_ left: [ContentHash], _ right: [ContentHash]) -> (equal: Bool, hash: ContentHash?)? {
    for a in identities(left) {
      for b in identities(right) where a.method == b.method { return (a == b, a) }
    }
    return nil
  }

  private func changed(_ entry: ObjectEntry, _ side: PairSide) -> StorageError {
    StorageError(
      .preconditionFailed, store: ends[side].identity.displayName, key: entry.key, message: "it was changed meanwhile")
  }
}
