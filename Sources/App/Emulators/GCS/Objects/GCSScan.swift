import Primitives

/// Objects of a bucket in order of their names, and of their generations where all are wanted.
struct GCSScan {
  /// One collection, read some rows at a time.
  private struct Stream {
    let collection: String
    var from: [UInt8]
    var held: ArraySlice<GCSObject> = []
    var isOver = false
  }

  private let prefix: [UInt8]
  private let start: [UInt8]
  private let before: [UInt8]?
  private var streams: [Stream]

  init(bucket: String, prefix: [UInt8], from: [UInt8], before: [UInt8]?, hasVersions: Bool) {
    start = Array(bucket.utf8) + [0x2F]
    self.prefix = start + prefix
    self.before = before.map { [start] in start + $0 }
    streams = (hasVersions ? ["live", "past"] : ["live"]).map { [start] in Stream(collection: $0, from: start + from) }
  }

  /// The next object; nil at the end.
  mutating func next(_ rows: GCSRows) throws -> GCSObject? {
    for index in streams.indices { try fill(index, rows) }
    let heads = streams.indices.filter { !streams[$0].held.isEmpty }
    guard let first = heads.min(by: { precedes(streams[$0].held.first, streams[$1].held.first) }) else { return nil }
    return streams[first].held.removeFirst()
  }

  /// Leaves out what comes before a name.
  mutating func skip(to name: [UInt8]) {
    for index in streams.indices {
      streams[index].held = streams[index].held.drop { $0.place.name.lexicographicallyPrecedes(name) }
      let from = start + name
      if streams[index].from.lexicographicallyPrecedes(from) { streams[index].from = from }
    }
  }

  private func precedes(_ left: GCSObject?, _ right: GCSObject?) -> Bool {
    guard let left, let right else { return false }
    return left.place.name == right.place.name
      ? left.generation < right.generation : left.place.name.lexicographicallyPrecedes(right.place.name)
  }

  private mutating func fill(_ index: Int, _ rows: GCSRows) throws {
    let stream = streams[index]
    guard stream.held.isEmpty, !stream.isOver else { return }
    let found = try rows.rows.scan(stream.collection, prefix: prefix, from: stream.from, before: before, limit: 256)
    streams[index].held = found.compactMap { GCSObject(row: $0.value) }[...]
    streams[index].isOver = found.count < 256
    if let last = found.last { streams[index].from = last.key + [0] }
  }
}
