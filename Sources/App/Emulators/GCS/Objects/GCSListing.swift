import HTTPServer
import Markup
import Primitives

/// One page of a listing.
struct GCSListing: Sendable {
  /// Where a page goes on.
  struct Position: Sendable, Equatable {
    var name: [UInt8]
    /// nil: with the name itself; else behind this generation of it.
    var generation: Int64?

    /// The text that a client hands back.
    var token: String {
      var json: JSONObject = ["n": .string(Base64.encode(name))]
      if let generation { json["g"] = .integer(generation) }
      return Base64.encode(JSONValue.object(json).bytes())
    }

    init(name: [UInt8], generation: Int64?) { (self.name, self.generation) = (name, generation) }

    init?(_ token: String) {
      guard let bytes = Base64.decode(token), let json = try? JSONValue.parse(bytes),
        let name = json["n"]?.stringValue.flatMap({ Base64.decode($0) })
      else { return nil }
      self.init(name: name, generation: json["g"]?.integerValue)
    }
  }

  /// The most entries of a page.
  private static let largestPage = 1000

  let bucket: String
  let prefix: [UInt8]
  let delimiter: [UInt8]
  let limit: Int
  let start: Position
  let end: [UInt8]?
  let hasVersions: Bool
  let keepsTrailing: Bool

  private(set) var objects: [GCSObject] = []
  private(set) var folders: [[UInt8]] = []
  private(set) var next: Position?

  init(_ bucket: String, _ query: GCSQuery) throws(GCSFailure) {
    self.bucket = bucket
    prefix = Array((query["prefix"] ?? "").utf8)
    delimiter = Array((query["delimiter"] ?? "").utf8)
    limit = try Self.pageSize(query)
    let offset = Array((query["startOffset"] ?? "").utf8)
    var start = try Self.position(query) ?? Position(name: offset, generation: nil)
    if start.name.lexicographicallyPrecedes(offset) { start = Position(name: offset, generation: nil) }
    self.start = start
    end = query["endOffset"].flatMap { $0.isEmpty ? nil : Array($0.utf8) }
    hasVersions = try query.flag("versions")
    keepsTrailing = try query.flag("includeTrailingDelimiter")
    for name in ["matchGlob", "softDeleted"] where query[name] != nil {
      throw GCSFailure(501, "notImplemented", "\(name) is not part of this emulator.")
    }
  }

  static func pageSize(_ query: GCSQuery) throws(GCSFailure) -> Int {
    guard let asked = try query.number("maxResults") else { return largestPage }
    guard asked > 0, asked <= UInt32.max else { throw .parameter("maxResults", "Invalid value '\(asked)'.") }
    return min(Int(asked), largestPage)
  }

  static func position(_ query: GCSQuery) throws(GCSFailure) -> Position? {
    guard let token = query["pageToken"], !token.isEmpty else { return nil }
    guard let position = Position(token) else { throw .parameter("pageToken", "Invalid page token.") }
    return position
  }

  /// Reads the page.
  mutating func run(_ rows: GCSRows) throws {
    var scan = GCSScan(bucket: bucket, prefix: prefix, from: start.name, before: end, hasVersions: hasVersions)
    var reached = start
    while let object = try scan.next(rows) {
      let name = object.place.name
      if let generation = start.generation, name == start.name, object.generation <= generation { continue }
      guard objects.count + folders.count < limit else {
        next = reached
        return
      }
      guard !delimiter.isEmpty, let at = MIMEParts.position(of: delimiter, in: name.dropFirst(prefix.count)) else {
        objects.append(object)
        reached = hasVersions ? Position(name: name, generation: object.generation) : Position(name: name + [0], generation: nil)
        continue
      }
      let folder = Array(name[..<(at + delimiter.count)])
      if folders.last != folder { folders.append(folder) }
      if keepsTrailing, folder.count == name.count {
        objects.append(object)
      } else {
        guard let behind = EmulatorTable.successor(ofPrefix: folder) else { return }
        scan.skip(to: behind)
      }
      reached = Position(name: EmulatorTable.successor(ofPrefix: folder) ?? folder, generation: nil)
    }
  }
}

extension GCSEmulator {
  func listObjects(_ name: String, _ call: GCSCall) throws -> HTTPServerResponse {
    try bucket(name, "storage.objects.list", call)
    var listing = try GCSListing(name, call.query)
    try depot.table.transaction { try listing.run(GCSRows(rows: $0)) }
    var answer: JSONObject = ["kind": "storage#objects"]
    if let next = listing.next { answer["nextPageToken"] = .string(next.token) }
    if !listing.folders.isEmpty {
      answer["prefixes"] = .array(listing.folders.map { .string(String(decoding: $0, as: UTF8.self)) })
    }
    if !listing.objects.isEmpty { answer["items"] = .array(listing.objects.map { .object($0.resource(base: call.base)) }) }
    return call.answer(answer)
  }
}
