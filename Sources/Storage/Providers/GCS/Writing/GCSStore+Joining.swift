import Crypto
import HTTPClient
import ObjectStorage
import Primitives

/// How a large object is cut into parts.
struct JoinPlan: Sendable, Equatable {
  /// Larger parts would be too much to send again after a break between two processes.
  private static let largestPart: Int64 = 256 << 20

  let length: Int64
  let partSize: Int64

  var count: Int { Int((length + partSize - 1) / partSize) }

  /// As many parts as one request joins, or more where these would be large; each a multiple of the chunk.
  init(_ length: Int64, _ configuration: GCSConfiguration) {
    self.length = length
    let (limit, unit) = (Int64(GCSConfiguration.Limits.components), configuration.chunk)
    let size = max((length + limit - 1) / limit, 1)
    partSize = (min(size, max(Self.largestPart, unit)) + unit - 1) / unit * unit
  }

  /// The bytes of a part, counted from 0.
  func range(_ index: Int) -> Range<Int64> { Int64(index) * partSize..<min(Int64(index + 1) * partSize, length) }

  /// Names the parts of a content, below a folder for all contents of the object: those of the same name have the same bytes, whoever
  /// sent them and when.
  func id(of contentID: [UInt8], name: [UInt8]) -> String {
    func hash(_ bytes: [UInt8]) -> String { Hex.encode(SHA256.hash(bytes).prefix(12)) }
    return hash(name) + "/" + hash(Array("\(length) \(partSize)\n".utf8) + contentID)
  }
}

extension GCSStore {
  /// Whether objects of a class may be sent in parts: in the others a part that is deleted after a minute costs a month or more.
  func canJoin(_ storageClass: StorageClass?) -> Bool {
    guard let storageClass = storageClass ?? configuration.storageClass else { return true }
    return storageClass.name == "STANDARD"
  }

  /// Sends a large object as several at once, each of which goes on in the middle after a break, and lets the service join them.
  ///
  /// Parts of a content that has a name are named by it. What a write was interrupted with, in this process or an earlier one, is then
  /// found by listing them, and what holds the right bytes is not sent again.
  func writeJoined(_ payload: Payload, _ object: NewObject, _ options: WriteOptions) async throws -> ObjectResource {
    let plan = JoinPlan(payload.length, configuration)
    // Going on means to read and compare, which only content at hand allows.
    let id = payload.isAtHand ? payload.contentID.map { plan.id(of: $0, name: object.name) } : nil
    let parts = ObjectParts(
      store: self, key: object.key, storageClass: options.storageClass ?? configuration.storageClass, id: id)
    do {
      let left = id == nil ? [:] : try await parts.left()
      var sent = [ObjectParts.Part?](repeating: nil, count: plan.count)
      try await withThrowingTaskGroup(of: (Int, ObjectParts.Part).self) { group in
        for index in 0..<plan.count {
          if index >= max(1, configuration.uploadConcurrency), let (done, part) = try await group.next() { sent[done] = part }
          let piece = payload[plan.range(index)]
          group.addTask {
            if let known = try await parts.matching(piece, of: left[index] ?? []) { return (index, known) }
            return (index, try await parts.send(index, piece))
          }
        }
        for try await (done, part) in group { sent[done] = part }
      }
      try payload.verifyUnchanged()
      try Task.checkCancellation()
      let all = sent.compactMap { $0 }
      try check(all, of: payload, object.key)
      let resource = try await parts.join(all, to: object)
      await parts.remove()
      return resource
    } catch {
      if id == nil || !Self.isInterruption(error) { await parts.remove() }
      throw error
    }
  }

  /// Compares the parts together with what the source knows of the whole: nobody did where they were read in ranges.
  private func check(_ parts: [ObjectParts.Part], of payload: Payload, _ key: ObjectKey) throws {
    guard let known = payload.hashes.first(where: { $0.method == .crc32c }), let found = ObjectParts.whole(parts),
      CRC.bytes(found) != known.bytes
    else { return }
    throw error(.corrupted, key, "the bytes do not match the source's own crc32c of the object", retry: .later)
  }

  /// Whether the same write may go on later.
  private static func isInterruption(_ error: any Error) -> Bool {
    error is CancellationError || (error as? StorageError).map { $0.retry != .never } ?? false
  }
}
