import Concurrency
import HTTPServer
import Markup
import Primitives

/// Content that a request brought.
struct DropboxUpload: Sendable {
  let blob: Blob
  /// The hashes of its blocks of 4 MiB.
  let blocks: [UInt8]

  var hash: [UInt8] { DropboxContentHasher.hash(ofBlocks: blocks) }
}

extension DropboxEmulator {
  /// Takes the content of a request.
  /// - Throws: `payload_too_large` and `content_hash_mismatch` as the function's own errors; nothing is left behind then.
  func receive(_ call: DropboxCall) async throws -> DropboxUpload {
    let expected = try call.arguments.contentHash()
    let hasher = DropboxContentHasher()
    let blob: Blob
    do {
      blob = try await depot.blobs.receive(call.request.body, limit: rules.payloadLimit, observer: hasher)
    } catch is BodyTooLong { throw DropboxRefusal.endpoint(.void("payload_too_large")) }
    let upload = DropboxUpload(blob: blob, blocks: hasher.finishBlocks())
    if let expected, expected != upload.hash {
      depot.blobs.remove(blob)
      throw DropboxRefusal.endpoint(.void("content_hash_mismatch"))
    }
    return upload
  }

  /// `files/upload`.
  func upload(_ call: DropboxCall) async throws -> HTTPServerResponse {
    let commit = try pathTagged(upload: nil) { try DropboxCommit(call.arguments, also: ["content_hash"]) }
    let upload = try await receive(call)
    let content = DropboxContent(pieces: upload.blob.size > 0 ? [upload.blob] : [], hash: upload.hash)
    let entry: DropboxEntry
    do {
      entry = try pathTagged(upload: upload) { try depot.table.transaction { try tree($0).commit(commit, content) } }
    } catch let error {
      if !(error is DropboxRefusal) { depot.blobs.remove(upload.blob) }
      throw error
    }
    release([upload.blob], unlessIn: entry)
    return .json(.object(entry.metadata(withTag: false)))
  }

  /// Gives errors about the path the form that `upload` has: with a session that holds the content already, so that it need not be sent
  /// again.
  private func pathTagged<Result>(upload: DropboxUpload?, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let failure as DropboxWriteFailure {
      throw try refused(failure.error, upload)
    } catch is DropboxLookup {
      throw try refused(.void("malformed_path"), upload)
    }
  }

  private func refused(_ reason: DropboxError, _ upload: DropboxUpload?) throws -> DropboxRefusal {
    let piece = upload.map { DropboxPiece(offset: 0, blob: $0.blob, blocks: $0.blocks) }
    let session = try depot.table.transaction { try sessions($0).start(.sequential, piece, isClosed: false) }
    return .endpoint(
      .fields(
        "path", ["reason": .object(reason.json), "upload_session_id": .string(session.id)], summary: "path/\(reason.summary)"))
  }

  /// Removes blobs that a file was not made of, because it was equal to the one that is there.
  func release(_ blobs: [Blob], unlessIn entry: DropboxEntry) {
    let used = Set(entry.file?.content.pieces.map(\.id) ?? [])
    for blob in blobs where !used.contains(blob.id) { depot.blobs.remove(blob) }
  }
}
