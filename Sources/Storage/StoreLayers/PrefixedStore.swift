public import ObjectStorage
import Primitives

/// A folder of a store as a store of its own: keys go in with the folder's name in front and come back without it.
///
/// Outside everything that sends requests, so that layers below see the keys that the store knows, in their errors and logs.
public final class PrefixedStore: KeyMappingStore {
  public let base: any ObjectStore
  private let folder: ObjectKey

  /// The content of `folder` (a key that ends in `/`) of `base`.
  /// - Throws: `.invalidArgument` if `folder` is no folder's key.
  public init(_ base: any ObjectStore, folder: ObjectKey) throws {
    guard folder.isFolder else {
      throw StorageError(
        .invalidArgument, store: base.identity.displayName, key: folder, message: "a store's prefix must end in a slash")
    }
    self.base = base
    self.folder = folder
  }

  public var identity: StoreIdentity {
    let inside = base.identity
    let name = DisplayText.escape(folder.withoutSlash)
    let separator = inside.displayName.hasSuffix("/") ? "" : "/"
    return StoreIdentity(
      kind: inside.kind, displayName: "\(inside.displayName)\(separator)\(name)",
      stableID: "\(inside.stableID)/\(PercentEncoding.encode(folder.withoutSlash, keepSlash: true))",
      listsFolders: inside.listsFolders, isLocal: inside.isLocal, listsSizes: inside.listsSizes, names: inside.names)
  }

  public func capabilities() async throws -> StoreCapabilities {
    var capabilities = try await mapped { try await self.base.capabilities() }
    capabilities.maximumKeyLength = max(capabilities.maximumKeyLength - capabilities.length(of: folder.bytes), 1)
    return capabilities
  }

  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    var inner = options
    // Behind a name too long for the store inside there is what is behind its beginning.
    inner.after = options.after.flatMap { try? ObjectKey(Array((folder.bytes + $0.bytes).prefix(ObjectKey.maximumLength))) }
    inner.splitHints = options.splitHints.compactMap { try? outward($0) }
    if let prune = options.prune {
      let folder = folder
      inner.prune = { key in Self.inward(key, folder).map(prune) ?? false }
    }
    return PrefixedListing(self, base.list(KeyPrefix(trusted: folder.bytes + prefix.bytes), inner))
  }

  // MARK: mapping

  /// - Throws: `.invalidArgument` if the two together are longer than any key.
  public func outward(_ key: ObjectKey) throws -> ObjectKey {
    do { return try ObjectKey(folder.bytes + key.bytes) } catch {
      throw StorageError(
        .invalidArgument, store: identity.displayName, key: key,
        message: "the name is too long below “\(folder)”: together they have \(folder.bytes.count + key.bytes.count) bytes")
    }
  }

  /// Nil for the folder itself and for keys elsewhere.
  public func inward(_ key: ObjectKey) -> ObjectKey? { Self.inward(key, folder) }

  private static func inward(_ key: ObjectKey, _ folder: ObjectKey) -> ObjectKey? {
    key.isBelow(folder) ? try? ObjectKey(Array(key.bytes.dropFirst(folder.bytes.count))) : nil
  }
}

private final class PrefixedListing: Listing {
  private let store: PrefixedStore
  private let base: any Listing

  init(_ store: PrefixedStore, _ base: any Listing) {
    self.store = store
    self.base = base
  }

  func next() async throws -> ListPage? {
    guard let page = try await store.mapped({ try await self.base.next() }) else { return nil }
    // The folder's own marker has no name in here.
    let entries = page.entries.compactMap { entry -> ObjectEntry? in
      guard let key = store.inward(entry.key) else { return nil }
      var entry = entry
      entry.key = key
      return entry
    }
    let problems = page.problems.map { problem in
      // A problem of the whole folder has no key in here: it concerns everything.
      var reason = problem.reason
      if case .unreadable(let error) = reason { reason = .unreadable(store.inward(error)) }
      return ListProblem(key: problem.key.flatMap(store.inward), reason: reason)
    }
    return ListPage(
      entries: entries, folders: page.folders.compactMap(store.inward), problems: problems, linkedFiles: page.linkedFiles)
  }
}
