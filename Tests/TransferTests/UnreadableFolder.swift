import ObjectStorage
import StoreLayers

/// A store whose listing says that the folder `closed/` cannot be read.
final class UnreadableFolder: StoreLayer {
  let base: any ObjectStore
  init(_ base: any ObjectStore) { self.base = base }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { ClosedListing(base.list(prefix, options)) }
}

private final class ClosedListing: Listing {
  private let base: any Listing
  init(_ base: any Listing) { self.base = base }

  func next() async throws -> ListPage? {
    guard var page = try await base.next() else { return nil }
    let error = StorageError(.permissionDenied, store: "right", message: "closed")
    page.problems = [ListProblem(key: try ObjectKey("closed/"), reason: .unreadable(error))]
    return page
  }
}
