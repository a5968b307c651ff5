import Markup
import Primitives

/// A run of bytes of a blob: part of a file of the folder, or zeros.
///
/// Files never change and may belong to several blobs and snapshots, so that copies, snapshots and block lists move no bytes.
struct AzureExtent: Hashable {
  /// nil: zeros.
  var file: Blob?
  var range: Range<Int64>

  /// All of a file.
  init(_ file: Blob) {
    self.file = file
    range = 0..<file.size
  }

  init(_ file: Blob?, _ range: Range<Int64>) {
    self.file = file
    self.range = range
  }

  var count: Int64 { Int64(range.count) }
}

/// A block that a blob is made of.
struct AzureBlock: Hashable {
  /// As the client spelled it.
  var id: String
  var size: Int64
  /// How many of the content's extents are its own.
  var extents: Int
}

/// The bytes of a blob.
struct AzureContent {
  var extents: [AzureExtent] = []
  /// Those of a block blob that was made of blocks.
  var blocks: [AzureBlock] = []

  var size: Int64 { extents.reduce(0) { $0 + $1.count } }

  /// The extents of a range of the blob.
  func slice(_ range: Range<Int64>) -> [AzureExtent] {
    var found: [AzureExtent] = []
    var start: Int64 = 0
    for extent in extents {
      let end = start + extent.count
      let common = max(start, range.lowerBound)..<max(max(start, range.lowerBound), min(end, range.upperBound))
      if !common.isEmpty {
        let offset = extent.range.lowerBound - start
        found.append(AzureExtent(extent.file, common.lowerBound + offset..<common.upperBound + offset))
      }
      start = end
      if start >= range.upperBound { break }
    }
    return found
  }
}

extension AzureExtent {
  init?(_ json: JSONValue) {
    guard let from = json["from"]?.integerValue, let to = json["to"]?.integerValue, from >= 0, to >= from else { return nil }
    if let file = json["file"] {
      guard let blob = Blob(file), to <= blob.size else { return nil }
      self.init(blob, from..<to)
    } else {
      self.init(nil, from..<to)
    }
  }

  var json: JSONValue {
    var object: JSONObject = ["from": .integer(range.lowerBound), "to": .integer(range.upperBound)]
    object.set("file", file?.json ?? .null)
    return .object(object)
  }

  static func list(_ json: JSONValue?) throws -> [AzureExtent] {
    try (json?.arrayValue ?? []).map { json in
      guard let extent = AzureExtent(json) else { throw AzureCoding.Damaged(description: "a content's row is damaged") }
      return extent
    }
  }
}

extension AzureContent {
  init(_ json: JSONValue) throws {
    extents = try AzureExtent.list(json["extents"])
    var left = extents.count
    blocks = try (json["blocks"]?.arrayValue ?? []).map { block in
      guard let id = block[0]?.stringValue, let size = block[1]?.integerValue, let count = block[2]?.integerValue,
        (0...Int64(left)).contains(count)
      else { throw AzureCoding.Damaged(description: "a content's row is damaged") }
      left -= Int(count)
      return AzureBlock(id: id, size: size, extents: Int(count))
    }
  }

  var json: JSONValue {
    var object: JSONObject = ["extents": .array(extents.map(\.json))]
    object.set("blocks", .array(blocks.map { [.string($0.id), .integer($0.size), .integer(Int64($0.extents))] }))
    return .object(object)
  }
}

/// A block that no blob is made of yet.
struct AzureStagedBlock {
  /// As the client spelled it.
  var id: String
  var extents: [AzureExtent]

  var size: Int64 { extents.reduce(0) { $0 + $1.count } }
}

extension AzureStagedBlock {
  init(_ json: JSONValue) throws {
    guard let id = json["id"]?.stringValue else { throw AzureCoding.Damaged(description: "a block's row is damaged") }
    self.init(id: id, extents: try AzureExtent.list(json["extents"]))
  }

  var json: JSONValue {
    ["id": .string(id), "extents": .array(extents.map(\.json))]
  }
}
