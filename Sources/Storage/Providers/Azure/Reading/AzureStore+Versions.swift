import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
import Primitives
import ProviderSupport

/// What an account keeps: versions, where versioning is on, and snapshots.
///
/// A version is named by the time that the service gave it, a snapshot by `snapshot:` and its time.
extension AzureStore {
  private static let snapshotMark = "snapshot:"
  /// Pages that are followed at most.
  private static var mostPages: Int { 1000 }

  static func isSnapshot(_ versionID: String) -> Bool { versionID.hasPrefix(snapshotMark) }

  static func ask(for versionID: String, _ request: inout AzureRequest) {
    if isSnapshot(versionID) {
      request.ask("snapshot", String(versionID.dropFirst(snapshotMark.count)))
    } else {
      request.ask("versionid", versionID)
    }
  }

  /// One request a page of up to 5,000 names; one more where the account knows no versions at all.
  public func versions(of key: ObjectKey, limit: Int) async throws -> [StoredVersion] {
    guard isPossible(key) else { return [] }
    do { return try await versions(of: key, limit: limit, include: "snapshots,versions") } catch let error as StorageError
      where error.code == .invalidArgument || error.code == .unsupported
    { return try await versions(of: key, limit: limit, include: "snapshots") }
  }

  private func versions(of key: ObjectKey, limit: Int, include: String) async throws -> [StoredVersion] {
    let name = name(key)
    var found: [StoredVersion] = []
    var marker: String?
    for _ in 0..<Self.mostPages {
      var request = AzureRequest(.list, .get, .container, key: key)
      request.ask("restype", "container")
      request.ask("comp", "list")
      request.ask("include", include)
      request.ask("prefix", bytes: name)
      if let marker { request.ask("marker", marker) }
      let answer = try await client.fetch(request, limit: 64 << 20).document
      let blobs = answer.child("Blobs")?.children("Blob") ?? []
      // Names that begin with this one come behind it.
      let own = blobs.prefix { Self.name($0) == name }
      // The service lists the oldest first.
      found = (own.compactMap(Self.version).reversed() + found).newest(limit)
      guard own.count == blobs.count, let next = answer.child("NextMarker")?.string, !next.isEmpty else { return found }
      guard next != marker else { throw MalformedListing(reason: "it gives the same page again") }
      marker = next
    }
    throw MalformedListing(reason: "it does not end")
  }

  private static func name(_ blob: XMLElement) -> [UInt8]? {
    guard let name = blob.child("Name") else { return nil }
    return name.attributes.contains { $0.name == "Encoded" && $0.value == "true" } ? PercentEncoding.decode(name.text) : name.text
  }

  private static func version(_ blob: XMLElement) -> StoredVersion? {
    guard let properties = blob.child("Properties"), properties.child("ResourceType")?.string != "directory",
      let size = properties.child("Content-Length").flatMap({ Int64($0.string) }), size >= 0
    else { return nil }
    func text(_ name: String) -> String? { blob.child(name).flatMap { $0.text.isEmpty ? nil : $0.string } }
    if let time = text("Snapshot") {
      return StoredVersion(id: snapshotMark + time, size: size, stored: Timestamp(iso8601: time), isCurrent: false)
    }
    let id = text("VersionId")
    // Without versioning the state that is there has no name of its own: nothing but a plain read asks for it.
    let isCurrent = id == nil || text("IsCurrentVersion") == "true"
    let changed = properties.child("Last-Modified").flatMap { Timestamp(rfc1123: $0.string) }
    return StoredVersion(id: id ?? "", size: size, stored: id.flatMap { Timestamp(iso8601: $0) } ?? changed, isCurrent: isCurrent)
  }

  public func payload(for key: ObjectKey, versionID: String) async throws -> ObjectPayload {
    guard isPossible(key) else { throw error(.notFound, key, "it is not there") }
    do {
      let found = try await describe(key, named: name(key), versionID: versionID)
      return payload(found.resource.info(key), versionID: versionID)
    } catch let failure as StorageError where failure.code == .invalidArgument {
      throw error(.notFound, key, "it has no version or snapshot of this name")
    }
  }
}
