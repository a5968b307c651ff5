import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
import Primitives
import ProviderSupport

/// What a bucket with versioning keeps. ("Retaining multiple versions of objects with S3 Versioning".)
extension S3Store {
  /// Pages that are followed at most.
  private static var mostPages: Int { 1000 }

  /// One request a page of up to 1,000 states.
  public func versions(of key: ObjectKey, limit: Int) async throws -> [StoredVersion] {
    guard isPossible(key) else { return [] }
    let name = path(key)
    var found: [StoredVersion] = []
    var marker: (key: [UInt8], version: String)?
    for _ in 0..<Self.mostPages {
      let page = try await page(of: name, key, after: marker)
      // Some servers give deletions behind all else, whatever their times.
      found = (found + page.versions).newest(limit)
      guard let next = page.next else { return found }
      if found.count >= limit { return found }
      guard marker?.version != next.version else { throw MalformedListing(reason: "it gives the same page again") }
      marker = next
    }
    throw MalformedListing(reason: "it does not end")
  }

  private struct Page {
    var versions: [StoredVersion]
    /// Where the next page begins, if more of this name may come.
    var next: (key: [UInt8], version: String)?
  }

  private func page(of name: [UInt8], _ key: ObjectKey, after marker: (key: [UInt8], version: String)?) async throws -> Page {
    var request = S3Request(.listVersions, .get, key: key)
    request.query.append("versions")
    request.query.append("prefix", bytes: name)
    // Names that XML cannot hold.
    let isEncoded = name.contains { $0 < 0x20 || $0 == 0x7F }
    if isEncoded { request.query.append("encoding-type", "url") }
    if let marker {
      request.query.append("key-marker", bytes: marker.key)
      request.query.append("version-id-marker", marker.version)
    }
    let answer = try result(try await client.send(request, into: .memory(limit: 4 << 20)), request)
    guard answer.name != "ListBucketResult", answer.child("Contents") == nil else {
      throw error(.unsupported, key, "the store does not list versions")
    }
    func text(_ element: XMLElement?) -> [UInt8]? {
      guard let text = element?.text else { return nil }
      return isEncoded ? PercentEncoding.decode(text.map { $0 == 0x2B ? 0x20 : $0 }) : text
    }
    let versions = answer.children.filter { text($0.child("Key")) == name }.compactMap(Self.version)
    // Names that begin with this one come behind it.
    guard answer.child("IsTruncated")?.string == "true", let next = text(answer.child("NextKeyMarker")), next == name,
      let version = answer.child("NextVersionIdMarker")?.string
    else { return Page(versions: versions) }
    return Page(versions: versions, next: (next, version))
  }

  private static func version(_ element: XMLElement) -> StoredVersion? {
    let isDeletion = element.name == "DeleteMarker"
    guard isDeletion || element.name == "Version", let id = element.child("VersionId")?.string, !id.isEmpty,
      let size = isDeletion ? 0 : element.child("Size").flatMap({ Int64($0.string) }), size >= 0
    else { return nil }
    return StoredVersion(
      id: id, size: size, stored: element.child("LastModified").flatMap { Timestamp(iso8601: $0.string) },
      isCurrent: element.child("IsLatest")?.string == "true", isDeletion: isDeletion)
  }

  public func payload(for key: ObjectKey, versionID: String) async throws -> ObjectPayload {
    do { return payload(try await stat(key, versionID: versionID), versionID: versionID) } catch let failure as StorageError
      where failure.code == .unsupported || failure.code == .invalidArgument
    {
      // So the service answers for a deletion, and for what is no name of a state.
      throw error(.notFound, key, "there is no such version of it, or it says that the file was deleted")
    }
  }

  /// A server that knows no versions gives the current one.
  func check(_ headers: HTTPHeaders, _ versionID: String, _ key: ObjectKey) throws {
    guard headers["x-amz-version-id"] ?? "null" == versionID else {
      throw error(.notFound, key, "the store gives another version than was asked for")
    }
  }
}
