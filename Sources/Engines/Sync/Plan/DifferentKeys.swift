import ObjectStorage
import Primitives

/// Two encrypted stores, as they are stored, each with keys of its own.
enum DifferentKeys {
  /// Longer than any key object.
  private static let limit = 64 << 10

  /// Looks at the keys of both sides, where nobody knows whether they are the same.
  /// - Throws: `.invalidArgument` if they differ: files of one side could not be opened by the keys of the other.
  static func refuse(left: any ObjectStore, right: any ObjectStore) async throws {
    let one: [UInt8]
    let other: [UInt8]
    do {
      one = try await left.readBytes(Filter.storeKeys, limit: limit)
      other = try await right.readBytes(Filter.storeKeys, limit: limit)
    } catch let error as StorageError where error.code == .notFound {
      // It has just gone: what is done about it then is found out when it is done.
      return
    } catch is BodyTooLong {
      throw error(on: left)
    }
    if one != other { throw error(on: left) }
  }

  static func error(on store: any ObjectStore) -> StorageError {
    StorageError(
      .invalidArgument, store: store.identity.displayName, key: Filter.storeKeys,
      message:
        "each side is an encrypted store with keys of its own, so that the files of one cannot be opened with those of the other: "
        + "nothing is carried. If one side is a copy of the other, put the keys that are to stay in the place of both")
  }
}
