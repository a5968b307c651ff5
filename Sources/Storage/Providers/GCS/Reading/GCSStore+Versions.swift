import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
import Primitives
import ProviderSupport

/// What a bucket with object versioning keeps: an object's generations.
extension GCSStore {
  /// Pages that are followed at most.
  private static var mostPages: Int { 1000 }

  /// One request a page of up to 1,000 names.
  public func versions(of key: ObjectKey, limit: Int) async throws -> [StoredVersion] {
    guard isPossible(key) else { return [] }
    let name = name(key)
    var found: [(generation: Int64, version: StoredVersion)] = []
    var token: String?
    for _ in 0..<Self.mostPages {
      var request = GCSRequest(.list, .get, client.bucket("/o"), key: key)
      request.ask("versions", "true")
      request.ask("prefix", bytes: name)
      request.ask("fields", "nextPageToken,items(name,size,generation,timeCreated,timeDeleted)")
      if let token { request.ask("pageToken", token) }
      let answer = try await client.fetch(request, limit: 4 << 20)
      let items = answer["items"]?.arrayValue ?? []
      // Names that begin with this one come behind it.
      let own = items.prefix { $0["name"]?.stringValue.map { Array($0.utf8) == name } ?? false }
      for item in own {
        guard let object = ObjectResource(item), let generation = Int64(object.generation) else { continue }
        let version = StoredVersion(
          id: object.generation, size: object.size, stored: object.created, isCurrent: item["timeDeleted"] == nil)
        found.append((generation, version))
      }
      // The service lists the oldest first.
      found = Array(found.sorted { $0.generation > $1.generation }.prefix(max(limit, 1)))
      guard own.count == items.count, let next = answer["nextPageToken"]?.stringValue, !next.isEmpty else {
        return found.map(\.version)
      }
      guard next != token else { throw MalformedListing(reason: "it gives the same page again") }
      token = next
    }
    throw MalformedListing(reason: "it does not end")
  }

  public func payload(for key: ObjectKey, versionID: String) async throws -> ObjectPayload {
    guard ObjectResource.isGeneration(versionID) else { throw error(.notFound, key, "generations are numbers") }
    return payload(try await describe(key, versionID: versionID).info(key), versionID: versionID)
  }
}
