import Concurrency
import Crypto
import HTTPClient
import Markup
import ObjectStorage
import Primitives
import ProviderSupport

/// Some bytes of a large file on their way.
private struct Piece: Sendable {
  let session: String
  let key: ObjectKey
  let start: Int64
  let bytes: [UInt8]
  /// The hashes of its blocks.
  let digests: [UInt8]
  /// The session takes nothing more behind it.
  let isLast: Bool
}

extension DropboxStore {
  /// Tries in a row that bring a piece no further, until the upload is given up to whoever retries the whole.
  private static var patience: Int { 5 }

  /// Sends a large file in pieces, several at once, and makes it visible when the service has all of them.
  func writeInPieces(_ payload: Payload, _ file: NewFile) async throws -> (FileResource, [UInt8]) {
    let session = try await startSession(["session_type": [".tag": "concurrent"], "close": false], [], file.key)
    let reader = try PayloadReader(payload, hashes: [], key: file.key, store: identity.displayName)
    let length = payload.length
    var digests: [UInt8] = []
    try await withThrowingTaskGroup(of: Void.self) { group in
      var start: Int64 = 0
      var running = 0
      while start < length {
        if running >= max(1, configuration.uploadConcurrency) {
          try await group.next()
          running -= 1
        }
        let count = Int(min(configuration.chunk, length - start))
        try await reader.acquire(count, of: memory)
        let piece: Piece
        do {
          let bytes = try await reader.next(count)
          let isLast = start + Int64(count) == length
          if isLast { _ = try await reader.finish() }
          piece = Piece(
            session: session, key: file.key, start: start, bytes: bytes, digests: try await blockDigests(bytes), isLast: isLast)
        } catch {
          memory.release(count)
          throw error
        }
        digests += piece.digests
        start += Int64(count)
        // The last one closes the session: all others must be there before.
        if piece.isLast {
          defer { memory.release(count) }
          try await group.waitForAll()
          try await send(piece)
        } else {
          let parcel = Parcel(piece)
          group.addTask { [self] in
            defer { memory.release(count) }
            let piece = parcel.open()
            try await send(piece)
            reader.reuse((consume piece).bytes)
          }
          running += 1
        }
      }
    }
    // The commit makes it visible.
    try payload.verifyUnchanged()
    try Task.checkCancellation()
    let found = try await commits.submit(Commit(session: session, length: length, file: file))
    return (found, SHA256.hash(digests))
  }

  /// Sends a piece until the service holds all of it.
  private func send(_ piece: Piece) async throws {
    var held = 0
    var idle = 0
    var mayBeThere = false
    while true {
      let failure: StorageError
      do {
        let request = request(piece, from: held)
        let response = try await client.exchange(request)
        if response.isSuccess { return }
        let refusal = ServiceError(response.body)
        if refusal.has("incorrect_offset"), let offset = refusal.correctOffset {
          // An answer was lost on the way: the service has more than we know.
          let there = offset - piece.start
          if there >= Int64(piece.bytes.count) { return }
          if there > Int64(held), there % DropboxLimits.chunkUnit == 0 {
            held = Int(there)
            idle = 0
            continue
          }
        }
        if refusal.has("closed"), piece.isLast, mayBeThere { return }
        failure = client.errors.error(response, refusal, request: request)
      } catch let error as StorageError {
        failure = error
      }
      guard failure.retry != .never, failure.code != .unauthenticated, idle < Self.patience else { throw failure }
      mayBeThere = mayBeThere || failure.mayHaveHappened
      if case .after(let delay) = failure.retry { try await client.timer.sleep(min(delay, .seconds(60))) }
      try await Contention.pause(idle, client.timer)
      idle += 1
    }
  }

  private func request(_ piece: Piece, from held: Int) -> DropboxRequest {
    // Whole blocks are there: the hash of the rest is that of the rest's blocks.
    let digests = piece.digests[(held / DropboxLimits.hashBlock * 32)...]
    var request = DropboxRequest(
      .append,
      [
        "cursor": ["session_id": .string(piece.session), "offset": .integer(piece.start + Int64(held))],
        "close": .bool(piece.isLast), "content_hash": .string(Hex.encode(SHA256.hash(digests))),
      ], key: piece.key)
    let bytes = piece.bytes
    request.body =
      held == 0
      ? .bytes(bytes) : HTTPBody(length: Int64(bytes.count - held), makeSource: { MemorySource(bytes[held...]) })
    return request
  }
}
