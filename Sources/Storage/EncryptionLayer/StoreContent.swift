import Age
import ObjectStorage
import Primitives

/// A look at what is in a store whose key object is not there.
struct StoreContent {
  private let base: any ObjectStore
  /// How many objects are opened to find one that tells for whom it is.
  private static let samples = 16
  /// Enough for a header of some twenty recipients.
  private static let headLength: Int64 = 4096

  init(_ base: any ObjectStore) { self.base = base }

  /// The first object or folder that somebody put there. What Isobar keeps for itself is none, but what it keeps in the trash is.
  /// - Throws: `StorageError`, also if a part of the store cannot be listed: then nobody knows.
  func firstObject() async throws -> ObjectKey? {
    let listing = base.list(.all, ListOptions(pageSize: 100))
    while let page = try await listing.next() {
      if let found = page.entries.first(where: { Self.isContent($0.key) }) { return found.key }
      for problem in page.problems { if case .unreadable(let error) = problem.reason { throw error } }
    }
    return nil
  }

  /// An object that was encrypted, but for none of these, if the first that were encrypted at all are such.
  func firstObject(notFor identities: [Identity]) async throws -> ObjectKey? {
    let listing = base.list(.all, ListOptions(pageSize: 100))
    var looked = 0
    while let page = try await listing.next() {
      for entry in page.entries where !entry.key.isFolder && Self.isContent(entry.key) {
        if looked == Self.samples { return nil }
        looked += 1
        if let isFor = try await isFor(identities, entry.key) { return isFor ? nil : entry.key }
      }
    }
    return nil
  }

  /// Nil of what does not tell: it was not encrypted, has gone, or lies in an archive.
  private func isFor(_ identities: [Identity], _ key: ObjectKey) async throws -> Bool? {
    let sink = MemorySink(limit: Int(Self.headLength))
    do {
      _ = try await base.read(key, ReadOptions(range: ByteRange(start: 0, end: Self.headLength)), into: sink)
      guard let header = try Header.parse(sink.bytes) else { return nil }
      _ = try header.open(identities)
      return true
    } catch let error as AgeError {
      return error.code == .noMatch ? false : nil
    } catch let error as StorageError where [.notFound, .archived, .invalidArgument, .permissionDenied].contains(error.code) {
      return nil
    }
  }

  private static func isContent(_ key: ObjectKey) -> Bool {
    guard key.bytes.starts(with: ".isobar/".utf8) else { return true }
    return !key.isFolder && key.bytes.starts(with: ".isobar/trash/".utf8)
  }
}
