import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

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
  /// Every name that was ever sent, to be deleted at the end.
  private let names = Lock<[[UInt8]]>([])

  init(store: GCSStore, key: ObjectKey, storageClass: StorageClass?) {
    id = Hex.encode(Random.bytes(12))
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
    let found = try store.resource(try await store.client.fetch(request), request)
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

  private func newName(_ what: String) -> [UInt8] {
    // A name of its own for each try: replacing an object more than once a second is throttled.
    let name =
      store.configuration.prefix + GCSStore.parts + Array("\(id)/\(what)-\(Hex.encode(Random.bytes(4)))".utf8)
    names.withLock { $0.append(name) }
    return name
  }

  private static func number(_ crc: [UInt8]) -> UInt32 { crc.reduce(0) { $0 << 8 | UInt32($1) } }

  private static func whole(_ parts: [Part]) -> UInt32? {
    var whole: UInt32 = 0
    for part in parts {
      guard let crc = part.crc32c else { return nil }
      whole = CRC.combineCRC32C(whole, crc, secondLength: UInt64(part.length))
    }
    return whole
  }
}

extension GCSStore {
  /// Whether objects of a class may be sent in parts: in the others a part that is deleted after a minute costs a month or more.
  func canJoin(_ storageClass: StorageClass?) -> Bool {
    guard let storageClass = storageClass ?? configuration.storageClass else { return true }
    return storageClass.name == "STANDARD"
  }

  /// Sends a large object as several at once, each of which goes on in the middle after a break, and lets the service join them.
  func writeJoined(_ payload: Payload, _ object: NewObject, _ options: WriteOptions) async throws -> ObjectResource {
    let parts = ObjectParts(store: self, key: object.key, storageClass: options.storageClass ?? configuration.storageClass)
    let limit = Int64(GCSConfiguration.Limits.components)
    let unit = configuration.chunk
    let size = max((payload.length + limit - 1) / limit + unit - 1, unit) / unit * unit
    let count = Int((payload.length + size - 1) / size)
    do {
      var sent = [ObjectParts.Part?](repeating: nil, count: count)
      try await withThrowingTaskGroup(of: (Int, ObjectParts.Part).self) { group in
        for index in 0..<count {
          if index >= max(1, configuration.uploadConcurrency), let (done, part) = try await group.next() { sent[done] = part }
          let piece = payload[Int64(index) * size..<min(Int64(index + 1) * size, payload.length)]
          group.addTask { (index, try await parts.send(index, piece)) }
        }
        for try await (done, part) in group { sent[done] = part }
      }
      try payload.verifyUnchanged()
      try Task.checkCancellation()
      let resource = try await parts.join(sent.compactMap { $0 }, to: object)
      await parts.remove()
      return resource
    } catch {
      await parts.remove()
      throw error
    }
  }
}
