import HTTPClient
import Markup
public import ObjectStorage
import Primitives
import ProviderSupport

/// What the service keeps of a file: its revisions, for 30 days or longer, by the account's plan.
extension DropboxStore {
  /// The most that one answer names.
  private static var page: Int { 100 }
  /// Answers that are asked for at most.
  private static var mostPages: Int { 1000 }

  /// One request for a hundred.
  public func versions(of key: ObjectKey, limit: Int) async throws -> [StoredVersion] {
    var found: [StoredVersion] = []
    var isDeleted = false
    try await revisions(of: key) { answer, files in
      if found.isEmpty, answer["is_deleted"]?.boolValue ?? false {
        isDeleted = true
        let time = answer["server_deleted"]?.stringValue.flatMap { Timestamp(iso8601: $0) }
        found.append(StoredVersion(id: "", size: 0, stored: time, isCurrent: true, isDeletion: true))
      }
      for file in files {
        let isCurrent = found.isEmpty && !isDeleted
        found.append(StoredVersion(id: file.rev, size: file.size, stored: file.serverModified, isCurrent: isCurrent))
      }
      return found.count < limit
    }
    return Array(found.prefix(max(limit, 1)))
  }

  /// Revisions are names for the whole account: that of another file is none of this one.
  public func payload(for key: ObjectKey, versionID: String) async throws -> ObjectPayload {
    var found: FileResource?
    if FileResource.isRev(versionID) {
      try await revisions(of: key) { _, files in
        found = files.first { $0.rev == versionID }
        return found == nil
      }
    }
    guard let found else { throw error(.notFound, key, "it has no revision of this name") }
    return payload(found.info(key), versionID: versionID)
  }

  /// Goes through the revisions of a file, the newest first, until `take` has had enough.
  private func revisions(of key: ObjectKey, _ take: (_ answer: JSONValue, [FileResource]) -> Bool) async throws {
    guard isPossible(key), !key.isFolder else { return }
    var last: String?
    for _ in 0..<Self.mostPages {
      var argument: JSONObject = ["path": path(key), "mode": "path", "limit": .integer(Int64(Self.page))]
      if let last { argument["before_rev"] = .string(last) }
      let answer: JSONValue
      do { answer = try await client.fetch(DropboxRequest(.listRevisions, .object(argument), key: key)) } catch let error
        as StorageError
        where error.code == .notFound
      { return }
      let files = (answer["entries"]?.arrayValue ?? []).compactMap { FileResource($0, kind: .file) }
      guard take(answer, files), answer["has_more"]?.boolValue ?? false, let next = files.last?.rev else { return }
      guard next != last else { throw MalformedListing(reason: "it gives the same page again") }
      last = next
    }
    throw MalformedListing(reason: "it does not end")
  }
}
