import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import ProviderSupport

extension AzureStore {
  /// The name of an upload: that of the content, its length and cut, where the content has one.
  private static func uploadName(_ payload: Payload, blockSize: Int64) -> [UInt8] {
    guard let content = payload.contentID else { return Random.bytes(16) }
    return Array(SHA256.hash(Array("\(payload.length) \(blockSize)\n".utf8) + content).prefix(16))
  }

  /// Sends an object in blocks, several at once; blocks that an interrupted upload of the same content left are not sent again.
  /// Nothing is visible before the list of blocks. What fails leaves its blocks for the next try: the service drops them after a week.
  func putBlocks(_ payload: Payload, _ object: NewObject) async throws -> (version: ObjectVersion, digests: Digests) {
    do { return try await putBlocks(payload, object, nameLength: BlockID.count) } catch let refusal as ForeignBlocks {
      // All names of unfinished blocks must have one length: that of another program's blocks, which are left where they are.
      let length = try await blockList(object.name, key: object.key, type: "uncommitted")?.uncommitted.lazy
        .compactMap { Base64.decode($0.id)?.count }.first { $0 != BlockID.count }
      guard let length, (BlockID.leastCount...64).contains(length) else { throw refusal.error }
      do { return try await putBlocks(payload, object, nameLength: length) } catch let again as ForeignBlocks { throw again.error }
    }
  }

  private func putBlocks(
    _ payload: Payload, _ object: NewObject, nameLength: Int
  ) async throws -> (version: ObjectVersion, digests: Digests) {
    let size = configuration.blockSize(for: payload.length)
    let upload = Self.uploadName(payload, blockSize: size)
    let sent = payload.contentID == nil || nameLength != BlockID.count ? [:] : try await sentBlocks(of: upload, object)
    let begun = sent.values.map(\.begun).min() ?? client.clock.now().seconds
    let reader = try PayloadReader(payload, hashes: Self.hashes, key: object.key, store: identity.displayName)
    let count = Int((payload.length + size - 1) / size)
    let (blocks, digests) = try await withThrowingTaskGroup(of: Void.self) { group in
      var blocks: [BlockReference] = []
      var running = 0
      for number in 0..<count {
        if running >= max(1, configuration.uploadConcurrency) {
          try await group.next()
          running -= 1
        }
        let length = Int(min(size, payload.length - Int64(number) * size))
        try await reader.acquire(length, of: memory)
        var isPassedOn = false
        defer { if !isPassedOn { memory.release(length) } }
        let sum = HashStream([.crc64nvme])
        let bytes = try await reader.next(length, hashing: sum)
        let id = BlockID(upload: upload, begun: begun, number: number, crc: BlockCRC.of(sum))
        if let before = sent[number], before.crc == id.crc, before.length == length {
          blocks.append(.uncommitted(before.text))
          reader.reuse(bytes)
          continue
        }
        let text = id.text(count: nameLength)
        blocks.append(.uncommitted(text))
        isPassedOn = true
        running += 1
        let parcel = Parcel(bytes)
        group.addTask { [self] in
          defer { memory.release(length) }
          let bytes = parcel.open()
          try await putBlock(bytes, text, id.crc, object)
          reader.reuse(consume bytes)
        }
      }
      let digests = try await reader.finish()
      try await group.waitForAll()
      return (blocks, digests)
    }
    try payload.verifyUnchanged()
    try Task.checkCancellation()
    return (try await commit(blocks, as: object, md5: digests[.md5]), digests)
  }

  /// A block of ours that the service holds.
  private struct SentBlock {
    var text: String
    var begun: Int64
    var crc: UInt64
    var length: Int
  }

  /// What an interrupted upload of this name left, by the places of the blocks. One request.
  private func sentBlocks(of upload: [UInt8], _ object: NewObject) async throws -> [Int: SentBlock] {
    let list: BlockList?
    do { list = try await blockList(object.name, key: object.key, type: "uncommitted") } catch let error as StorageError
      where [.unsupported, .permissionDenied, .invalidArgument, .archived].contains(error.code)
    {
      // Who may write need not be allowed to look: then everything is sent.
      list = nil
    }
    var sent: [Int: SentBlock] = [:]
    for block in list?.uncommitted ?? [] {
      guard let id = BlockID(block.id), id.upload == upload else { continue }
      sent[id.number] = SentBlock(text: block.id, begun: id.begun, crc: id.crc, length: Int(clamping: block.size))
    }
    return sent
  }

  /// Sends a block, again and again where that may help: the others go on meanwhile.
  /// - Throws: also `ForeignBlocks`.
  private func putBlock(_ bytes: [UInt8], _ id: String, _ crc: UInt64, _ object: NewObject) async throws {
    var request = AzureRequest(.putBlock, .put, .blob(object.name), key: object.key)
    request.ask("comp", "block")
    request.ask("blockid", id)
    request.add("x-ms-content-crc64", BlockCRC.header(crc))
    request.setBody(bytes)
    try await client.patience.run { [request] in
      let response = try await self.client.exchange(request)
      guard response.isSuccess else {
        let error = self.client.errors.error(response, request: request)
        if ServiceError(response.headers, response.body).code == "InvalidBlobOrBlock" { throw ForeignBlocks(error: error) }
        throw error
      }
      if let theirs = BlockCRC.read(response.headers["x-ms-content-crc64"]), theirs != crc { throw self.damaged(object.key) }
    }
  }

  /// Sends a block under its own name.
  func putBlock(_ bytes: [UInt8], _ id: BlockID, _ object: NewObject) async throws {
    do { try await putBlock(bytes, id.text, id.crc, object) } catch let refusal as ForeignBlocks { throw refusal.error }
  }
}

/// Unfinished blocks of another program lie there, with names of another length.
private struct ForeignBlocks: Error {
  let error: StorageError
}
