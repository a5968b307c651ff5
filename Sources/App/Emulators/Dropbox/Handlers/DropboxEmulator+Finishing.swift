import Concurrency
import HTTPServer
import Markup
import Primitives

extension DropboxEmulator {
  /// `files/upload_session/finish`: the last bytes, and the file.
  func sessionFinish(_ call: DropboxCall) async throws -> HTTPServerResponse {
    let finish = try sessionTagged { try DropboxFinish(call.arguments) }
    let upload = try await receive(call)
    var cursor = finish.cursor
    if upload.blob.size > 0 {
      try sessionTagged {
        do {
          let session = try depot.table.transaction { try sessions($0).find(cursor.id) }
          if session.type == .concurrent { throw DropboxSessionFailure.dataNotAllowed }
        } catch {
          depot.blobs.remove(upload.blob)
          throw error
        }
        // They stay, also if no file can be made now: the client then comes again without them.
        try append(upload, cursor, isClosing: false)
      }
      cursor = cursor.advanced(by: upload.blob.size)
    } else {
      depot.blobs.remove(upload.blob)
    }
    let entry = try await makeFile(finish.commit, cursor, inBatch: false)
    return .json(.object(entry.metadata(withTag: false)))
  }

  /// `files/upload_session/finish_batch_v2`: many files of closed sessions, each with a result of its own.
  func sessionFinishBatch(_ call: DropboxCall) async throws -> HTTPServerResponse {
    .json(.object(["entries": .array(try await finishAll(call))]))
  }

  /// `files/upload_session/finish_batch`, the older form: as a job.
  func sessionFinishJob(_ call: DropboxCall) async throws -> HTTPServerResponse {
    let entries = try await finishAll(call)
    return try startJob(["entries": .array(entries)])
  }

  private func finishAll(_ call: DropboxCall) async throws -> [JSONValue] {
    try call.arguments.allow(["entries"])
    let arguments = try call.arguments.list("entries", atMost: 1000)
    guard !arguments.isEmpty else { throw call.arguments.refusal("entries", "list must have at least 1 item") }
    let finishes = try arguments.map { argument in try settled { try sessionTagged { try DropboxFinish(argument) } } }
    var results: [JSONValue] = []
    for finish in finishes {
      do {
        let finish = try finish.asEndpoint()
        let entry = try await makeFile(finish.commit, finish.cursor, inBatch: true)
        results.append(.object(DropboxError.fields("success", entry.metadata(withTag: false)).json))
      } catch DropboxRefusal.endpoint(let error) { results.append(Self.failed(error)) }
    }
    return results
  }

  /// Makes a file of a session. What must be read again to be hashed is read outside of the transaction; whether the session has changed
  /// meanwhile is seen in it.
  private func makeFile(
    _ commit: DropboxCommit, _ cursor: DropboxSessionCursor, inBatch: Bool
  ) async throws -> DropboxEntry {
    let pieces = try sessionTagged {
      try depot.table.transaction { try sessions($0).finished(cursor, inBatch: inBatch) }
    }
    let content = try await content(of: pieces)
    let entry = try sessionTagged {
      try depot.table.transaction { rows in
        let now = try sessions(rows).finished(cursor, inBatch: inBatch)
        guard now.map(\.blob.id) == pieces.map(\.blob.id) else { throw DropboxSessionFailure.notFound }
        let entry = try tree(rows).commit(commit, content)
        try sessions(rows).commit(cursor.id)
        return entry
      }
    }
    release(pieces.map(\.blob), unlessIn: entry)
    return entry
  }

  private func content(of pieces: [DropboxPiece]) async throws -> DropboxContent {
    let blobs = pieces.map(\.blob)
    let areWhole = pieces.dropLast().allSatisfy { $0.blob.size % DropboxContentHasher.block == 0 }
    if areWhole { return DropboxContent(pieces: blobs, hash: DropboxContentHasher.hash(ofBlocks: pieces.flatMap(\.blocks))) }
    let folder = depot.blobs
    let blocks = try await BlockingPool.shared.run { try DropboxContentHasher.blocks(of: blobs, in: folder) }
    return DropboxContent(pieces: blobs, hash: DropboxContentHasher.hash(ofBlocks: blocks))
  }

  /// Gives errors the tags of `UploadSessionFinishError`.
  private func sessionTagged<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let failure as DropboxSessionFailure {
      throw DropboxRefusal.endpoint(failure.finishError)
    } catch let failure as DropboxWriteFailure {
      throw DropboxRefusal.endpoint(.nested("path", failure.error))
    } catch is DropboxLookup {
      throw DropboxRefusal.endpoint(.nested("path", .void("malformed_path")))
    }
  }
}

/// What finishes a session.
private struct DropboxFinish {
  let cursor: DropboxSessionCursor
  let commit: DropboxCommit

  init(_ arguments: DropboxArguments) throws {
    try arguments.allow(["cursor", "commit", "content_hash"])
    cursor = try DropboxSessionCursor(arguments.nested("cursor"))
    commit = try DropboxCommit(arguments.nested("commit"))
  }
}
