import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
import Primitives

/// What a bucket with versioning keeps. ("Retaining multiple versions of objects with S3 Versioning".)
extension S3Store {
  /// One request a page of up to 1,000 names, deletions among them.
  public func versions(of key: ObjectKey, limit: Int) async throws -> [StoredVersion] {
    guard isPossible(key) else { return [] }
    let name = path(key)
    var found: [StoredVersion] = []
    var marker: (key: [UInt8], version: String)?
    while true {
      var request = S3Request(.listVersions, .get, key: key)
      request.query.append("versions")
      request.query.append("prefix", bytes: name)
      request.query.append("max-keys", String(min(max(limit - found.count, 1), 1000)))
      if let marker {
        request.query.append("key-marker", bytes: marker.key)
        request.query.append("version-id-marker", marker.version)
      }
      let answer = try result(try await client.send(request, into: .memory(limit: 16 << 20)), request)
      for element in answer.children where element.name == "Version" || element.name == "DeleteMarker" {
        // Names that begin with this one come behind it.
        guard element.child("Key")?.text == name else { return found }
        guard let version = Self.version(element) else { continue }
        found.append(version)
        if found.count >= limit { return found }
      }
      guard answer.child("IsTruncated")?.string == "true", let next = answer.child("NextKeyMarker")?.text, next == name,
        let version = answer.child("NextVersionIdMarker")?.string, marker?.version != version
      else { return found }
      marker = (next, version)
    }
  }

  private static func version(_ element: XMLElement) -> StoredVersion? {
    guard let id = element.child("VersionId")?.string, !id.isEmpty else { return nil }
    let isDeletion = element.name == "DeleteMarker"
    guard let size = isDeletion ? 0 : element.child("Size").flatMap({ Int64($0.string) }), size >= 0 else { return nil }
    return StoredVersion(
      id: id, size: size, stored: element.child("LastModified").flatMap { Timestamp(iso8601: $0.string) },
      isCurrent: element.child("IsLatest")?.string == "true", isDeletion: isDeletion)
  }

  public func payload(for key: ObjectKey, versionID: String) async throws -> ObjectPayload {
    payload(try await stat(key, versionID: versionID), versionID: versionID)
  }
}
