import HTTPClient
import Markup
import ObjectStorage
import Primitives

extension DropboxStore {
  public func containerExists() async throws -> Bool {
    // The root has no description; it is there if it can be listed.
    let isRoot = configuration.prefix.isEmpty
    let request =
      isRoot
      ? DropboxRequest(.listFolder, ["path": "", "limit": 1]) : DropboxRequest(.metadata, ["path": rootPath])
    do {
      let answer = try await client.fetch(request, limit: 16 << 20)
      return isRoot ? true : try resource(answer, request).kind == .folder
    } catch let error as StorageError where error.code == .notFound { return false }
  }

  public func createContainer() async throws {
    guard !configuration.prefix.isEmpty else {
      // An account has its root, and an app its folder.
      guard try await containerExists() else { throw error(.storeNotFound, nil, "the account has no folder of its own") }
      return
    }
    let folder: ObjectKey
    do { folder = try ObjectKey(configuration.prefix) } catch {
      throw self.error(.invalidArgument, nil, "the folder cannot be made: \(error)")
    }
    if let problem = DropboxNames.problem(folder) { throw error(.invalidArgument, nil, "the folder cannot be made: \(problem)") }
    do {
      try await client.send(DropboxRequest(.createFolder, ["path": rootPath, "autorename": false]), into: .discard)
    } catch let error as StorageError where error.code == .alreadyExists {
      // A file, perhaps.
      guard try await containerExists() else { throw error }
    }
  }

  /// What trials left behind that were killed. The service shows nobody its upload sessions, and forgets them after a week by itself.
  public func removeAbandonedUploads(olderThan age: Duration, isDry: Bool) async throws -> Int {
    let limit = clock.now() - age
    var old: [DeleteTarget] = []
    let listing = list(KeyPrefix(trusted: Self.trials), ListOptions(depth: .oneLevel))
    while let page = try await listing.next() {
      for entry in page.entries where entry.stored.map({ $0 < limit }) ?? false {
        old.append(DeleteTarget(entry.key, ifMatches: entry.version))
      }
    }
    guard !isDry, !old.isEmpty else { return old.count }
    for outcome in try await delete(old) { if let error = outcome.error { throw error } }
    return old.count
  }

  /// How the names of trials begin.
  static let trials = Array(".isobar/probe-".utf8)
}
