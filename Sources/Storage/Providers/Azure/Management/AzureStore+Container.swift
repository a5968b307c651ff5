import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import ProviderSupport

extension AzureStore {
  /// Whether the container is there and lets us in. Needs what listing needs, not the right to look at the container itself.
  /// - Throws: `StorageError`; `.permissionDenied` where it is there but not ours.
  public func containerExists() async throws -> Bool {
    var request = AzureRequest(.list, .get, .container)
    request.ask("restype", "container")
    request.ask("comp", "list")
    request.ask("maxresults", "1")
    do {
      try await client.send(request)
      return true
    } catch let error as StorageError where error.code == .storeNotFound { return false }
  }

  /// Makes the container, closed to strangers unless the configuration says otherwise. Succeeds if it is there already and ours.
  public func createContainer() async throws {
    var request = AzureRequest(.createContainer, .put, .container)
    request.ask("restype", "container")
    if configuration.publicAccess != .none { request.add("x-ms-blob-public-access", configuration.publicAccess.rawValue) }
    do { try await client.send(request) } catch let error as StorageError where error.code == .alreadyExists {
      guard try await containerExists() else { throw error }
    }
  }

  /// Removes objects of which there are only blocks, all of them Isobar's and begun more than `age` ago, and what trials left behind
  /// that were killed. The service does not tell how old a block is: other programs' are left to it, which drops them after a week, as it
  /// does unfinished blocks of objects that are there.
  public func removeAbandonedUploads(olderThan age: Duration, isDry: Bool) async throws -> Int {
    let limit = client.clock.now() - age
    let scope = ListingScope(root: configuration.prefix, prefix: .all, options: ListOptions())
    var count = 0
    var marker: String?
    repeat {
      let page: BlobPage
      do {
        page = try await BlobPageLoader.fetch(client, scope: scope, marker: marker, include: "uncommittedblobs")
      } catch let malformed as MalformedListing {
        throw error(.corrupted, nil, "the store's listing cannot be trusted: \(malformed.reason)", retry: .later)
      }
      for name in page.uncommitted where try await isAbandoned(name, limit) {
        if isDry {
          count += 1
        } else if try await removeUpload(name, limit) {
          count += 1
        }
      }
      guard page.next != marker || page.next == nil else { break }
      marker = page.next
    } while marker != nil
    return try await count + removeTrials(limit, isDry: isDry)
  }

  private func isAbandoned(_ name: [UInt8], _ limit: Timestamp) async throws -> Bool {
    guard let list = try await blockList(name, key: nil, type: "all"), list.version == nil, !list.uncommitted.isEmpty else {
      return false
    }
    return list.uncommitted.allSatisfy { block in BlockID(block.id).map { $0.begun < limit.seconds } ?? false }
  }

  /// Deletes what has never been an object. If it became one in this moment it is newer than the limit, and stays.
  private func removeUpload(_ name: [UInt8], _ limit: Timestamp) async throws -> Bool {
    var request = AzureRequest(.delete, .delete, .blob(name))
    request.add("if-unmodified-since", limit.rfc1123)
    do {
      try await client.send(request, into: .discard)
      return true
    } catch let error as StorageError where error.code == .preconditionFailed || error.code == .notFound { return false }
  }

  private func removeTrials(_ limit: Timestamp, isDry: Bool) async throws -> Int {
    var count = 0
    let listing = list(KeyPrefix(trusted: Self.trials), ListOptions())
    while let page = try await listing.next() {
      let old = page.entries.filter { $0.stored.map { $0 < limit } ?? false }
      count += old.count
      guard !isDry, !old.isEmpty else { continue }
      for outcome in try await delete(old.map { DeleteTarget($0.key, ifMatches: $0.version) }) {
        if let error = outcome.error { throw error }
      }
    }
    return count
  }

  /// What the names of trials begin with.
  static var trials: [UInt8] { Array(".isobar/probe-".utf8) }
}
