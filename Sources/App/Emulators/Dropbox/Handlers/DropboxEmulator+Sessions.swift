import HTTPServer
import Markup
import Primitives

extension DropboxEmulator {
  /// `files/upload_session/start`.
  func sessionStart(_ call: DropboxCall) async throws -> HTTPServerResponse {
    try call.arguments.allow(["close", "session_type", "content_hash"])
    let isClosed = try call.arguments.bool("close", default: false)
    let type = try DropboxSession.type(call.arguments)
    let upload = try await receive(call)
    if type == .concurrent, isClosed || upload.blob.size > 0 {
      depot.blobs.remove(upload.blob)
      throw DropboxRefusal.endpoint(
        .void(isClosed ? "concurrent_session_close_not_allowed" : "concurrent_session_data_not_allowed"))
    }
    let piece = DropboxPiece(offset: 0, blob: upload.blob, blocks: upload.blocks)
    let session = try depot.table.transaction { try sessions($0).start(type, piece, isClosed: isClosed) }
    if upload.blob.size == 0 { depot.blobs.remove(upload.blob) }
    return .json(.object(["session_id": .string(session.id)]))
  }

  /// `files/upload_session/start_batch`.
  func sessionStartBatch(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["num_sessions", "session_type"])
    let type = try DropboxSession.type(call.arguments)
    let count = try call.arguments.integer("num_sessions", in: 1...1000)
    let ids = try depot.table.transaction { rows in
      try (0..<count).map { _ in JSONValue.string(try sessions(rows).start(type, nil, isClosed: false).id) }
    }
    return .json(.object(["session_ids": .array(ids)]))
  }

  /// `files/upload_session/append_v2`.
  func sessionAppend(_ call: DropboxCall) async throws -> HTTPServerResponse {
    try call.arguments.allow(["cursor", "close", "content_hash"])
    let cursor = try DropboxSessionCursor(call.arguments.nested("cursor"))
    let isClosing = try call.arguments.bool("close", default: false)
    let upload = try await receive(call)
    do {
      try append(upload, cursor, isClosing: isClosing)
    } catch let failure as DropboxSessionFailure { throw DropboxRefusal.endpoint(failure.error) }
    return .json(.null)
  }

  /// Adds content to a session; keeps no blob that is not needed.
  /// - Throws: `DropboxSessionFailure`.
  func append(_ upload: DropboxUpload, _ cursor: DropboxSessionCursor, isClosing: Bool) throws {
    let needless: [Blob]
    do {
      let replaced = try depot.table.transaction { rows in
        try sessions(rows).append(upload.blob, blocks: upload.blocks, at: cursor, isClosing: isClosing)
      }
      needless = upload.blob.size > 0 ? replaced : replaced + [upload.blob]
    } catch {
      depot.blobs.remove(upload.blob)
      throw error
    }
    for blob in needless { depot.blobs.remove(blob) }
  }
}
