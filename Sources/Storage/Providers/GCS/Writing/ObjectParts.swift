import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives
import ProviderSupport

/// Objects that are parts of one to come: they lie below `.isobar/parts/`, and are joined by the service and then deleted.
final class ObjectParts: Sendable {
  struct Part: Sendable {
    var name: [UInt8]
    var generation: String
    var length: Int64
    var crc32c: UInt32?
  }

  let id: String
  private let store: GCSStore
  private let key: ObjectKey
  private let storageClass: StorageClass?
  /// Every name that was ever sent or found, to be deleted at the end.
  private let names = Lock<[[UInt8]]>([])

  /// - Parameter id: names the parts; nil for a name that nobody else has.
  init(store: GCSStore, key: ObjectKey, storageClass: StorageClass?, id: String? = nil) {
    self.id = id ?? Hex.encode(Random.bytes(12))
    self.store = store
    self.key = key
    self.storageClass = storageClass
  }

  /// Sends a part.
  func send(_ number: Int, _ payload: Payload) async throws -> Part {
    let name = newName("\(number)")
    var resource: [JSONObject.Member] = [.init("contentType", "application/octet-stream")]
    if let storageClass { resource.append(.init("storageClass", .string(storageClass.name))) }
    let sent = try await store.upload(payload, NewObject(key: key, name: name, resource: resource))
    return Part(
      name: name, generation: sent.resource.generation, length: payload.length, crc32c: sent.resource.crc32c.map(Self.number))
  }

  /// What an earlier write left under the same id, by number; and of parts of the same object's earlier contents, with which nobody went
  /// on for a day, notes the names, to be deleted at the end. One request per 1,000.
  func left() async throws -> [Int: [Part]] {
    let own = folder
    // One folder for all contents of an object.
    let shared = own.dropLast().lastIndex(of: UInt8(ascii: "/")).map { own[...$0] } ?? own[...]
    var found: [Int: [Part]] = [:]
    var others: [ArraySlice<UInt8>: [ObjectResource]] = [:]
    var token: String?
    repeat {
      var request = GCSRequest(.list, .get, store.client.bucket("/o"), key: key)
      request.ask("prefix", bytes: Array(shared))
      request.ask("fields", "nextPageToken,items(\(ObjectResource.listFields))")
      if let token { request.ask("pageToken", token) }
      let page = try await store.client.fetch(request)
      for object in (page["items"]?.arrayValue ?? []).compactMap({ ObjectResource($0) }) where object.name.starts(with: shared) {
        guard object.name.starts(with: own) else {
          others[object.name.dropFirst(shared.count).prefix { $0 != UInt8(ascii: "/") }, default: []].append(object)
          continue
        }
        names.withLock { $0.append(object.name) }
        let text = String(decoding: object.name.dropFirst(own.count).prefix { $0 != UInt8(ascii: "-") }, as: UTF8.self)
        guard let number = Int(text), let crc32c = object.crc32c else { continue }
        found[number, default: []].append(
          Part(name: object.name, generation: object.generation, length: object.size, crc32c: Self.number(crc32c)))
      }
      let next = page["nextPageToken"]?.stringValue
      token = next == token ? nil : next
    } while token != nil
    let limit = store.client.clock.now() - .seconds(86_400)
    for parts in others.values where parts.allSatisfy({ $0.created.map { $0 < limit } ?? false }) {
      names.withLock { $0 += parts.map(\.name) }
    }
    return found
  }

  /// One of the parts that were left, if it holds these bytes, which are read to be compared.
  func matching(_ payload: Payload, of left: [Part]) async throws -> Part? {
    let candidates = left.filter { $0.length == payload.length }
    guard !candidates.isEmpty else { return nil }
    let reader = try PayloadReader(payload.unseen, hashes: [.crc32c], key: key, store: store.identity.displayName)
    var rest = payload.length
    while rest > 0 {
      try Task.checkCancellation()
      let count = min(rest, 1 << 20)
      _ = try await reader.next(Int(count))
      rest -= count
    }
    guard let crc32c = try await reader.finish()[.crc32c].map(Self.number) else { return nil }
    return candidates.first { $0.crc32c == crc32c }
  }

  /// Joins parts to `object`: as many at once as the service takes, in several steps where there are more.
  func join(_ parts: [Part], to object: NewObject) async throws -> ObjectResource {
    let width = GCSConfiguration.Limits.components
    var parts = parts
    while parts.count > width {
      var joined: [Part] = []
      for start in stride(from: 0, to: parts.count, by: width) {
        let group = Array(parts[start..<min(start + width, parts.count)])
        if group.count == 1 {
          joined += group
          continue
        }
        let name = newName("joined")
        var resource: [JSONObject.Member] = [.init("contentType", "application/octet-stream")]
        if let storageClass { resource.append(.init("storageClass", .string(storageClass.name))) }
        let found = try await compose(group, to: NewObject(key: key, name: name, resource: resource))
        joined.append(
          Part(
            name: name, generation: found.generation, length: group.reduce(0) { $0 + $1.length },
            crc32c: found.crc32c.map(Self.number)))
      }
      parts = joined
    }
    return try await compose(parts, to: object)
  }

  private func compose(_ parts: [Part], to object: NewObject) async throws -> ObjectResource {
    var request = GCSRequest(.compose, .post, store.client.object(object.name, "/compose"), key: object.key)
    request.ask("fields", ObjectResource.fields)
    try store.add(object.condition, to: &request)
    let sources = parts.map { part in
      JSONValue.object([
        "name": .string(String(decoding: part.name, as: UTF8.self)), "generation": .string(part.generation),
        "objectPreconditions": .object(["ifGenerationMatch": .string(part.generation)]),
      ])
    }
    request.setBody(["sourceObjects": .array(sources), "destination": .object(JSONObject(object.resource))])
    let found = try store.resource(try await store.fetchFromSource(request), request)
    let length = parts.reduce(0) { $0 + $1.length }
    guard found.size == length, found.crc32c.map(Self.number).flatMap({ theirs in Self.whole(parts).map { $0 == theirs } }) ?? true
    else {
      var error = store.error(.corrupted, object.key, "the store joined the parts to something else than was sent")
      error.retry = .later
      error.mayHaveHappened = true
      throw error
    }
    return found
  }

  /// Deletes the parts, beside the caller's task, which may be cancelled. What stays behind is found by `cleanupParts`.
  func remove() async {
    let names = names.withLock { names in
      defer { names = [] }
      return names
    }
    guard !names.isEmpty else { return }
    await Task { [store] in _ = try? await store.delete(names: names.map { ($0, nil, nil) }) }.value
  }

  private var folder: [UInt8] { store.configuration.prefix + GCSStore.parts + Array("\(id)/".utf8) }

  private func newName(_ what: String) -> [UInt8] {
    // A name of its own for each try: replacing an object more than once a second is throttled.
    let name = folder + Array("\(what)-\(Hex.encode(Random.bytes(4)))".utf8)
    names.withLock { $0.append(name) }
    return name
  }

  private static func number(_ crc: [UInt8]) -> UInt32 { crc.reduce(0) { $0 << 8 | UInt32($1) } }

  /// The CRC-32C of all parts together; nil where the service did not tell that of each.
  static func whole(_ parts: [Part]) -> UInt32? {
    var whole: UInt32 = 0
    for part in parts {
      guard let crc = part.crc32c else { return nil }
      whole = CRC.combineCRC32C(whole, crc, secondLength: UInt64(part.length))
    }
    return whole
  }
}
