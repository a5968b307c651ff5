import Crypto
import Markup
import Primitives

/// The uploads under way, inside one transaction.
struct DropboxSessions {
  let rows: EmulatorRows
  let now: Int64

  func start(_ type: DropboxSession.UploadType, _ piece: DropboxPiece?, isClosed: Bool) throws -> DropboxSession {
    let session = DropboxSession(
      id: "pid_upload_session:" + Hex.encode(Random.bytes(20)), type: type, state: isClosed ? .closed : .open,
      size: piece?.blob.size ?? 0, begun: now)
    try put(session)
    if let piece, piece.blob.size > 0 { try put(piece, in: session) }
    return session
  }

  /// The session `id`.
  /// - Throws: `DropboxSessionFailure.notFound`, also for one that is older than a week.
  func find(_ id: String) throws -> DropboxSession {
    guard let session = DropboxSession(id: id, try rows.get("session", Array(id.utf8))),
      now - session.begun <= DropboxSession.lifetime
    else { throw DropboxSessionFailure.notFound }
    return session
  }

  /// Adds the bytes of one call.
  /// - Throws: `DropboxSessionFailure`.
  /// - Returns: the blobs that they replace.
  func append(_ blob: Blob, blocks: [UInt8], at cursor: DropboxSessionCursor, isClosing: Bool) throws -> [Blob] {
    var session = try find(cursor.id)
    guard session.state == .open else { throw DropboxSessionFailure.closed }
    guard cursor.offset <= DropboxSession.sizeLimit else { throw DropboxSessionFailure.tooLarge }
    let piece = DropboxPiece(offset: cursor.offset, blob: blob, blocks: blocks)
    var replaced: [Blob] = []
    switch session.type {
    case .sequential:
      guard cursor.offset == session.size else { throw DropboxSessionFailure.incorrectOffset(correct: session.size) }
    case .concurrent:
      let block = DropboxContentHasher.block
      guard cursor.offset % block == 0 else { throw DropboxSessionFailure.invalidOffset }
      guard isClosing || blob.size % block == 0 else { throw DropboxSessionFailure.invalidDataSize }
      // The same bytes may come again, after an answer that was lost.
      if blob.size > 0, let old = try rows.get("piece", key(session, cursor.offset)).flatMap(DropboxPiece.init) {
        replaced.append(old.blob)
      }
    }
    guard piece.end <= DropboxSession.sizeLimit else { throw DropboxSessionFailure.tooLarge }
    if blob.size > 0 { try put(piece, in: session) }
    session.size = max(session.size, piece.end)
    if isClosing { session.state = .closed }
    try put(session)
    return replaced
  }

  /// The session's pieces, if a file may be made of it now.
  /// - Throws: `DropboxSessionFailure`.
  func finished(_ cursor: DropboxSessionCursor, inBatch: Bool) throws -> [DropboxPiece] {
    let session = try find(cursor.id)
    guard session.state != .committed else { throw DropboxSessionFailure.notFound }
    if session.type == .concurrent, session.state == .open { throw DropboxSessionFailure.concurrentNotClosed }
    if inBatch, session.state == .open { throw DropboxSessionFailure.notClosed }
    guard cursor.offset == session.size else { throw DropboxSessionFailure.incorrectOffset(correct: session.size) }
    let pieces = try pieces(session)
    var end: Int64 = 0
    for piece in pieces {
      guard piece.offset == end else { throw DropboxSessionFailure.missingData }
      end = piece.end
    }
    guard end == session.size else { throw DropboxSessionFailure.missingData }
    return pieces
  }

  /// Remembers that a file was made of it: its blobs belong to the file now.
  func commit(_ id: String) throws {
    var session = try find(id)
    for piece in try pieces(session) { try rows.remove("piece", key(session, piece.offset)) }
    session.state = .committed
    try put(session)
  }

  /// Forgets the sessions that are too old to be used.
  /// - Returns: the blobs that were theirs.
  func sweep() throws -> [Blob] {
    var needless: [Blob] = []
    for row in try rows.scan("session", limit: .max) {
      guard let session = DropboxSession(id: String(decoding: row.key, as: UTF8.self), row.value),
        now - session.begun > DropboxSession.lifetime
      else { continue }
      for piece in try pieces(session) {
        needless.append(piece.blob)
        try rows.remove("piece", key(session, piece.offset))
      }
      try rows.remove("session", row.key)
    }
    return needless
  }

  func pieces(_ session: DropboxSession) throws -> [DropboxPiece] {
    try rows.scan("piece", prefix: Array(session.id.utf8) + [0], limit: .max).compactMap { DropboxPiece($0.value) }
  }

  private func put(_ session: DropboxSession) throws { try rows.put("session", Array(session.id.utf8), session.json) }

  private func put(_ piece: DropboxPiece, in session: DropboxSession) throws {
    try rows.put("piece", key(session, piece.offset), piece.json)
  }

  private func key(_ session: DropboxSession, _ offset: Int64) -> [UInt8] {
    Array(session.id.utf8) + [0] + DropboxTree.bigEndian(offset)
  }
}
