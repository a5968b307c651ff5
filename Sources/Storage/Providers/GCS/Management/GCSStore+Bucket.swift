import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

extension GCSStore {
  /// Whether the bucket is there and lets us in. Needs what listing needs, not the right to look at the bucket itself.
  /// - Throws: `StorageError`; `.permissionDenied` where it is there but not ours.
  public func containerExists() async throws -> Bool {
    var request = GCSRequest(.list, .get, client.bucket("/o"))
    request.ask("maxResults", "1")
    request.ask("fields", "nextPageToken")
    do {
      _ = try await client.send(request)
      return true
    } catch let error as StorageError where error.code == .storeNotFound { return false }
  }

  /// Makes the bucket in the configured project and place: with uniform access, and never public. Succeeds if it is there already
  /// and ours.
  /// - Throws: `StorageError`; `.invalidArgument` where no project is configured.
  public func createContainer() async throws {
    guard let project = configuration.project else {
      throw error(.invalidArgument, nil, "cannot create the bucket: set “project” to the project that it shall belong to")
    }
    var request = GCSRequest(.insertBucket, .post, .path("/storage/v1/b"))
    request.ask("project", project)
    var bucket: [JSONObject.Member] = [
      .init("name", .string(configuration.bucket.text)),
      .init(
        "iamConfiguration",
        .object(["uniformBucketLevelAccess": .object(["enabled": .bool(true)]), "publicAccessPrevention": "enforced"])),
    ]
    if let location = configuration.location { bucket.append(.init("location", .string(location))) }
    if let storageClass = configuration.storageClass { bucket.append(.init("storageClass", .string(storageClass.name))) }
    request.setBody(JSONObject(bucket))
    do { _ = try await client.send(request) } catch let error as StorageError where error.code == .alreadyExists {
      // Taken, perhaps by us.
      guard try await containerExists() else { throw error }
    }
  }

  /// Deletes parts of objects that were begun more than `age` ago and never joined, and what trials left behind that were killed.
  /// - Parameter isDry: only count them.
  /// - Returns: how many objects that are.
  public func removeAbandonedUploads(olderThan age: Duration, isDry: Bool = false) async throws -> Int {
    let limit = client.clock.now() - age
    var count = 0
    for prefix in [Self.parts, Array(".isobar/probe-".utf8)] {
      let listing = list(KeyPrefix(trusted: prefix), ListOptions())
      while let page = try await listing.next() {
        let old = page.entries.filter { $0.stored.map { $0 < limit } ?? false }
        count += old.count
        guard !isDry, !old.isEmpty else { continue }
        for outcome in try await delete(old.map { DeleteTarget($0.key) }) { if let error = outcome.error { throw error } }
      }
    }
    return count
  }
}
