import Catalog
import Delta
import ObjectStorage
import Primitives

/// Leaves maps of large files beside them in a store, and finds them there. A map that is missing or wrong costs a whole transfer and
/// nothing else, so that no error of a map is one of its file.
struct SharedMaps {
  let context: RunContext
  let side: PairSide

  private var store: any ObjectStore { context.ends[side] }

  /// Whether objects of this length have maps here.
  func has(_ length: Int64) -> Bool {
    guard context.options.sharesMaps, let least = context.options.deltaFrom else { return false }
    return length >= least && !store.identity.isLocal
  }

  private func place(_ key: ObjectKey) -> ObjectKey? { try? ObjectKey(SharedMap.place(of: key.bytes)) }

  /// Leaves the map of what was just written.
  func leave(_ map: ChunkMap, of key: ObjectKey, _ version: ObjectVersion) async {
    guard has(map.length), let place = place(key) else { return }
    let bytes = SharedMap(key: key.bytes, version: version.bytes, map: map).encoded
    _ = try? await store.write(.bytes(bytes), to: place, WriteOptions())
  }

  /// The map of an object in the state that `entry` tells; nil if there is none.
  func find(_ entry: ObjectEntry) async throws -> ChunkMap? {
    guard has(entry.size), let place = place(entry.key) else { return nil }
    do {
      let found = SharedMap(encoded: try await store.readBytes(place, limit: SharedMap.largest))
      guard let found, found.key == entry.key.bytes, found.version == entry.version.bytes, found.map.length == entry.size else {
        return nil
      }
      return found.map
    } catch is StorageError {
      try Task.checkCancellation()
      return nil
    }
  }

  /// Removes the map of what is not there any more.
  func forget(_ entry: ObjectEntry) async {
    guard has(entry.size), let place = place(entry.key) else { return }
    _ = try? await store.delete([DeleteTarget(place)])
  }
}
