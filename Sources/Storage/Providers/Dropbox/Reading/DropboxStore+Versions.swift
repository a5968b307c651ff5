import HTTPClient
import Markup
public import ObjectStorage
import Primitives

/// What the service keeps of a file: its revisions, for 30 days or longer, by the account's plan.
extension DropboxStore {
  /// The most that the service names.
  private static var most: Int { 100 }

  /// One request.
  public func versions(of key: ObjectKey, limit: Int) async throws -> [StoredVersion] {
    guard isPossible(key), !key.isFolder else { return [] }
    let request = DropboxRequest(
      .listRevisions, ["path": path(key), "mode": "path", "limit": .integer(Int64(min(max(limit, 1), Self.most)))], key: key)
    let answer: JSONValue
    do { answer = try await client.fetch(request) } catch let error as StorageError where error.code == .notFound { return [] }
    let isDeleted = answer["is_deleted"]?.boolValue ?? false
    var found: [StoredVersion] = []
    if isDeleted {
      let time = answer["server_deleted"]?.stringValue.flatMap { Timestamp(iso8601: $0) }
      found.append(StoredVersion(id: "", size: 0, stored: time, isCurrent: true, isDeletion: true))
    }
    for (place, entry) in (answer["entries"]?.arrayValue ?? []).enumerated() {
      guard let file = FileResource(entry, kind: .file) else { continue }
      found.append(StoredVersion(id: file.rev, size: file.size, stored: file.serverModified, isCurrent: place == 0 && !isDeleted))
    }
    return Array(found.prefix(limit))
  }

  public func payload(for key: ObjectKey, versionID: String) async throws -> ObjectPayload {
    guard isPossible(key), FileResource.isRev(versionID) else { throw error(.notFound, key, "it has no revision of this name") }
    let request = DropboxRequest(.metadata, ["path": .string("rev:" + versionID)], key: key)
    let found = try resource(try await client.fetch(request), request)
    guard found.kind == .file, DropboxNames.isSame(found.name, key.name) else {
      throw error(.notFound, key, "the revision is of another file")
    }
    return payload(found.info(key), versionID: versionID)
  }
}
