import Concurrency
import HTTPServer
import Markup
import Primitives

extension DropboxEmulator {
  /// `files/upload_session/append_batch`: the pieces of many sessions in one body, each with a result of its own.
  func sessionAppendBatch(_ call: DropboxCall) async throws -> HTTPServerResponse {
    try call.arguments.allow(["entries", "content_hash"])
    let entries = try call.arguments.list("entries", atMost: 500).map { argument in
      try argument.allow(["cursor", "length", "close"])
      return (
        cursor: try DropboxSessionCursor(argument.nested("cursor")),
        length: try argument.integer("length", in: 0...rules.payloadLimit),
        isClosing: try argument.bool("close", default: false)
      )
    }
    let whole = try await receive(call)
    defer { depot.blobs.remove(whole.blob) }
    guard entries.reduce(0, { $0 + $1.length }) == whole.blob.size else {
      throw DropboxRefusal.endpoint(.void("length_mismatch"))
    }
    var results: [JSONValue] = []
    var start: Int64 = 0
    for entry in entries {
      let upload = try await part(of: whole.blob, start..<start + entry.length)
      start += entry.length
      do {
        try append(upload, entry.cursor, isClosing: entry.isClosing)
        results.append(.object([".tag": "success"]))
      } catch let failure as DropboxSessionFailure {
        results.append(Self.failed(failure.error))
      }
    }
    return .json(.object(["entries": .array(results)]))
  }

  private func part(of blob: Blob, _ range: Range<Int64>) async throws -> DropboxUpload {
    let folder = depot.blobs
    let part = try await folder.concatenate([(blob, range)])
    return DropboxUpload(
      blob: part, blocks: try await BlockingPool.shared.run { try DropboxContentHasher.blocks(of: [part], in: folder) })
  }
}
