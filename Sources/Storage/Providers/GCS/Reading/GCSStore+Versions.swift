import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
import Primitives

/// What a bucket with object versioning keeps: an object's generations.
extension GCSStore {
  /// One request a page of up to 1,000 names.
  public func versions(of key: ObjectKey, limit: Int) async throws -> [StoredVersion] {
    guard isPossible(key) else { return [] }
    let name = name(key)
    var found: [(generation: Int64, version: StoredVersion)] = []
    var token: String?
    pages: while true {
      var request = GCSRequest(.list, .get, client.bucket("/o"), key: key)
      request.ask("versions", "true")
      request.ask("prefix", bytes: name)
      request.ask("fields", "nextPageToken,items(name,size,generation,timeCreated,timeDeleted)")
      if let token { request.ask("pageToken", token) }
      let answer = try await client.fetch(request, limit: 16 << 20)
      for item in answer["items"]?.arrayValue ?? [] {
        guard let object = ObjectResource(item), let generation = Int64(object.generation) else { continue }
        // Names that begin with this one come behind it.
        guard object.name == name else { break pages }
        let version = StoredVersion(
          id: object.generation, size: object.size, stored: object.created, isCurrent: item["timeDeleted"] == nil)
        found.append((generation, version))
      }
      guard let next = answer["nextPageToken"]?.stringValue, !next.isEmpty, next != token else { break }
      token = next
    }
    // The service lists the oldest first.
    return found.sorted { $0.generation > $1.generation }.prefix(limit).map(\.version)
  }

  public func payload(for key: ObjectKey, versionID: String) async throws -> ObjectPayload {
    guard ObjectResource.isGeneration(versionID) else { throw error(.notFound, key, "generations are numbers") }
    return payload(try await describe(key, versionID: versionID).info(key), versionID: versionID)
  }
}
