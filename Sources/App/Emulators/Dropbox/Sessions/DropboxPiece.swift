import Markup
import Primitives

/// Bytes of one call.
struct DropboxPiece: Sendable {
  var offset: Int64
  var blob: Blob
  /// The hashes of its blocks of 4 MiB.
  var blocks: [UInt8]

  var end: Int64 { offset + blob.size }

  var json: JSONValue {
    .object(["at": .integer(offset), "blob": blob.json, "blocks": .string(Hex.encode(blocks))])
  }

  init(offset: Int64, blob: Blob, blocks: [UInt8]) {
    self.offset = offset
    self.blob = blob
    self.blocks = blocks
  }

  init?(_ json: JSONValue) {
    guard let offset = json["at"]?.integerValue, let blob = Blob(json["blob"]),
      let blocks = json["blocks"]?.stringValue.flatMap(Hex.decode)
    else { return nil }
    self.init(offset: offset, blob: blob, blocks: blocks)
  }
}
