import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives
import ProviderSupport

/// What the service says to a chunk.
private enum ChunkAnswer {
  /// It holds this many bytes of the object.
  case holds(Int64)
  case done(HTTPResponse)
}

/// The service does not know the upload any more.
private struct ForgottenUpload: Error {}

extension GCSStore {
  /// Tries in a row that bring an upload no further, until it is given up to whoever retries the whole.
  private static var patience: Int { 5 }

  /// Sends an object chunk by chunk. After a break the service is asked how far it got, and it goes on from there.
  func uploadInChunks(_ payload: Payload, _ object: NewObject) async throws -> (ObjectResource, Digests) {
    let session = try await startUpload(payload.length, object)
    do {
      return try await send(payload, object, to: session)
    } catch {
      var request = GCSRequest(.cancelUpload, .delete, .session(session), key: object.key)
      request.body = .bytes([])
      // Beside the caller's task, which may be cancelled. The service forgets it by itself after a week.
      await Task { [client, request] in _ = try? await client.exchange(request, into: .discard) }.value
      guard error is ForgottenUpload else { throw error }
      throw StorageError(
        .unavailable, retry: .later, store: identity.displayName, key: object.key, message: "the store forgot an upload under way")
    }
  }

  /// Begins an upload.
  /// - Returns: the address that its chunks go to.
  private func startUpload(_ length: Int64, _ object: NewObject) async throws -> URLParts {
    var request = GCSRequest(.startUpload, .post, client.uploads, key: object.key)
    request.ask("uploadType", "resumable")
    request.ask("name", bytes: object.name)
    request.ask("fields", ObjectResource.fields)
    try add(object.condition, to: &request)
    request.add("x-upload-content-type", contentType(object))
    request.add("x-upload-content-length", String(length))
    var members = object.resource
    members.append(.init("name", .string(String(decoding: object.name, as: UTF8.self))))
    request.setBody(JSONObject(members))
    let response = try await client.send(request)
    guard let location = response.headers["location"], let parts = URLParts(parsing: location) else {
      throw error(.internalError, object.key, "the store began an upload without naming it")
    }
    // What is sent must not be led elsewhere.
    let isGoogles = parts.endpoint.scheme == .https && parts.endpoint.host.hasSuffix(".googleapis.com")
    guard parts.endpoint == configuration.endpoint || isGoogles && configuration.endpoint.scheme == .https else {
      throw error(.internalError, object.key, "the store wants the upload sent to another place, \(parts.endpoint.hostAndPort)")
    }
    return parts
  }

  private func send(_ payload: Payload, _ object: NewObject, to session: URLParts) async throws -> (ObjectResource, Digests) {
    let reader = try PayloadReader(payload, hashes: [.crc32c], key: object.key, store: identity.displayName)
    let (length, size) = (payload.length, configuration.chunk)
    var start: Int64 = 0
    while true {
      let count = Int(min(size, length - start))
      try await reader.acquire(count, of: memory)
      defer { memory.release(count) }
      let chunk = try await reader.next(count)
      guard start + Int64(count) == length else {
        try await sendChunk(chunk, at: start, of: length, object, session)
        reader.reuse(chunk)
        start += Int64(count)
        continue
      }
      let digests = try await reader.finish()
      // The last bytes make the object visible.
      try payload.verifyUnchanged()
      return (try await sendLast(chunk, at: start, of: length, object, session, crc32c: digests[.crc32c]), digests)
    }
  }

  /// Sends a chunk that is not the last until the service holds all of it.
  private func sendChunk(_ chunk: [UInt8], at start: Int64, of length: Int64, _ object: NewObject, _ session: URLParts) async throws
  {
    guard try await push(chunk, at: start, of: length, object, session, crc32c: nil) == nil else {
      var error = error(.corrupted, object.key, "the store ended the upload before all was sent")
      error.retry = .later
      error.mayHaveHappened = true
      throw error
    }
  }

  private func sendLast(
    _ chunk: [UInt8], at start: Int64, of length: Int64, _ object: NewObject, _ session: URLParts, crc32c: [UInt8]?
  ) async throws -> ObjectResource {
    let request = chunkRequest(object, session)
    guard let response = try await push(chunk, at: start, of: length, object, session, crc32c: crc32c) else {
      throw error(.internalError, object.key, "the store holds all bytes and makes no object of them")
    }
    return try resource(try client.document(response, request), request)
  }

  /// - Returns: the answer that ended the upload; nil where the service holds all of the chunk and waits for more.
  private func push(
    _ chunk: [UInt8], at start: Int64, of length: Int64, _ object: NewObject, _ session: URLParts, crc32c: [UInt8]?
  ) async throws -> HTTPResponse? {
    let end = start + Int64(chunk.count)
    var held = start
    var idle = 0
    while true {
      var request = chunkRequest(object, session)
      request.add("content-range", "bytes \(held)-\(end - 1)/\(length)")
      if let crc32c { request.add("x-goog-hash", "crc32c=" + Base64.encode(crc32c)) }
      let from = Int(held - start)
      request.body =
        from == 0
        ? .bytes(chunk) : HTTPBody(length: Int64(chunk.count - from), makeSource: { MemorySource(chunk[from...]) })
      var answer: ChunkAnswer?
      do {
        answer = try await ask(request)
      } catch let failure as StorageError where Self.isPassing(failure) {
        idle += 1
        if idle > Self.patience { throw failure }
        try await client.patience.pause(idle, after: failure)
        var status = chunkRequest(object, session)
        status.operation = .uploadStatus
        status.add("content-range", "bytes */\(length)")
        // No answer to that either: the next round sends the bytes again, and the service says what it has of them.
        do { answer = try await ask(status) } catch let error as StorageError where error.retry != .never { continue }
      }
      switch answer {
      case .done(let response): return response
      case .holds(let count):
        guard count >= start, count <= end else {
          throw StorageError(
            .unavailable, retry: .later, store: identity.displayName, key: object.key,
            message: "the store lost bytes of an upload, or counts some that were not sent")
        }
        if count > held { idle = 0 } else { idle += 1 }
        held = count
        if held == end, end < length { return nil }
        if idle > Self.patience || held == end {
          throw StorageError(
            .unavailable, retry: .later, store: identity.displayName, key: object.key, message: "an upload gets no further")
        }
      case nil: break
      }
    }
  }

  /// Whether the same bytes may be taken another time. What was damaged must be sent from the beginning.
  private static func isPassing(_ failure: StorageError) -> Bool {
    failure.retry != .never && failure.code != .unauthenticated && failure.code != .corrupted
  }

  private func chunkRequest(_ object: NewObject, _ session: URLParts) -> GCSRequest {
    var request = GCSRequest(.upload, .put, .session(session), key: object.key)
    request.condition = object.condition
    return request
  }

  private func ask(_ request: GCSRequest) async throws -> ChunkAnswer {
    let response = try await client.exchange(request)
    if response.isSuccess { return .done(response) }
    if response.status == 308 {
      guard let range = response.headers["range"] else { return .holds(0) }
      guard range.hasPrefix("bytes=0-"), let last = Int64(range.dropFirst(8)), last >= 0, last < .max else {
        throw error(.internalError, request.key, "the store's answer to a chunk of an upload makes no sense")
      }
      return .holds(last + 1)
    }
    // The upload is gone: begun anew, it works.
    if response.status == 404 || response.status == 410 {
      throw ForgottenUpload()
    }
    throw client.errors.error(response, request: request)
  }
}
