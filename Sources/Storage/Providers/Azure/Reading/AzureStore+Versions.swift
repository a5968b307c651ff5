import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
import Primitives

/// What an account keeps: versions, where versioning is on, and snapshots.
///
/// A version is named by the time that the service gave it, a snapshot by `snapshot:` and its time.
extension AzureStore {
  private static let snapshotMark = "snapshot:"

  static func ask(for versionID: String, _ request: inout AzureRequest) {
    if versionID.hasPrefix(snapshotMark) {
      request.ask("snapshot", String(versionID.dropFirst(snapshotMark.count)))
    } else {
      request.ask("versionid", versionID)
    }
  }

  /// One request a page of up to 5,000 names.
  public func versions(of key: ObjectKey, limit: Int) async throws -> [StoredVersion] {
    guard isPossible(key) else { return [] }
    let name = name(key)
    var found: [StoredVersion] = []
    var marker: String?
    pages: while true {
      var request = AzureRequest(.list, .get, .container, key: key)
      request.ask("restype", "container")
      request.ask("comp", "list")
      request.ask("include", "snapshots,versions")
      request.ask("prefix", bytes: name)
      if let marker { request.ask("marker", marker) }
      let answer = try await client.fetch(request, limit: 64 << 20).document
      for blob in answer.child("Blobs")?.children("Blob") ?? [] {
        // Names that begin with this one come behind it.
        guard blob.child("Name")?.text == name else { break pages }
        if let version = Self.version(blob) { found.append(version) }
      }
      guard let next = answer.child("NextMarker")?.string, !next.isEmpty, next != marker else { break }
      marker = next
    }
    // The service lists the oldest first.
    return Array(found.sorted(by: Self.isNewer).prefix(limit))
  }

  private static func isNewer(_ left: StoredVersion, _ right: StoredVersion) -> Bool {
    if left.isCurrent != right.isCurrent { return left.isCurrent }
    guard let ours = left.stored, let theirs = right.stored else { return left.stored != nil }
    return ours > theirs
  }

  private static func version(_ blob: XMLElement) -> StoredVersion? {
    guard let size = blob.child("Properties")?.child("Content-Length").flatMap({ Int64($0.string) }), size >= 0 else { return nil }
    if let time = blob.child("Snapshot")?.string, !time.isEmpty {
      return StoredVersion(id: snapshotMark + time, size: size, stored: Timestamp(iso8601: time), isCurrent: false)
    }
    let id = blob.child("VersionId")?.string
    // Without versioning the state that is there has no name of its own: nothing but a plain read asks for it.
    let isCurrent = id == nil || blob.child("IsCurrentVersion")?.string == "true"
    let changed = blob.child("Properties")?.child("Last-Modified").flatMap { Timestamp(rfc1123: $0.string) }
    return StoredVersion(id: id ?? "", size: size, stored: id.flatMap { Timestamp(iso8601: $0) } ?? changed, isCurrent: isCurrent)
  }

  public func payload(for key: ObjectKey, versionID: String) async throws -> ObjectPayload {
    guard isPossible(key) else { throw error(.notFound, key, "it is not there") }
    let found = try await describe(key, named: name(key), versionID: versionID)
    return payload(found.resource.info(key), versionID: versionID)
  }
}
