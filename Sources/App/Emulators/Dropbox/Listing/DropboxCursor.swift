import Crypto
import Markup
import Primitives

/// How far a client has seen a folder: first its entries in their order, then what changed since it began.
struct DropboxCursor: Sendable {
  /// The folder's lower path; empty for the root.
  var folder: [UInt8]
  /// Whether folders in it are listed too.
  var depth: Depth
  /// Whether what is gone is listed too.
  var deleted: Deleted
  var limit: Int
  var progress: Progress
  /// The number of the last change when the listing began, or that was told.
  var seen: Int64
  /// Which cursors are still good: see `DropboxEmulator.expireCursors`.
  var generation: Int64

  enum Depth: String, Sendable {
    case children
    case tree
  }

  enum Deleted: String, Sendable {
    case hidden
    case shown
  }

  enum Progress: Equatable, Sendable {
    /// Entries are given: behind this key of the children's keys; empty: from the beginning.
    case entries(after: [UInt8])
    case changes
  }

  /// A text that clients do not look into, and that nobody can make up: the same in 64 characters of base 64, with a check.
  func text(_ key: [UInt8]) -> String {
    var object: JSONObject = [
      "f": .string(Hex.encode(folder)), "d": .string(depth.rawValue), "g": .string(deleted.rawValue), "l": .integer(Int64(limit)),
      "s": .integer(seen), "e": .integer(generation),
    ]
    if case .entries(let after) = progress { object["a"] = .string(Hex.encode(after)) }
    let bytes = JSONValue.object(object).bytes()
    return "AA" + Self.urlSafe(Self.check(bytes, key) + bytes)
  }

  /// - Returns: nil unless `text` is a cursor that this emulator made.
  init?(_ text: String, _ key: [UInt8]) {
    guard text.hasPrefix("AA"), let bytes = Self.fromURLSafe(String(text.dropFirst(2))), bytes.count > 16,
      ConstantTime.isEqual(Array(bytes.prefix(16)), Self.check(Array(bytes.dropFirst(16)), key)),
      let json = try? JSONValue.parse(Array(bytes.dropFirst(16))), let folder = json["f"]?.stringValue.flatMap(Hex.decode),
      let depth = json["d"]?.stringValue.flatMap(Depth.init), let deleted = json["g"]?.stringValue.flatMap(Deleted.init),
      let limit = json["l"]?.integerValue, let seen = json["s"]?.integerValue, let generation = json["e"]?.integerValue
    else { return nil }
    self.init(
      folder: folder, depth: depth, deleted: deleted, limit: Int(limit), progress: .changes, seen: seen, generation: generation)
    if let after = json["a"]?.stringValue.flatMap(Hex.decode) { progress = .entries(after: after) }
  }

  init(
    folder: [UInt8], depth: Depth, deleted: Deleted, limit: Int, progress: Progress, seen: Int64, generation: Int64
  ) {
    self.folder = folder
    self.depth = depth
    self.deleted = deleted
    self.limit = limit
    self.progress = progress
    self.seen = seen
    self.generation = generation
  }

  private static func check(_ bytes: [UInt8], _ key: [UInt8]) -> [UInt8] { Array(SHA256.hash(key + bytes).prefix(16)) }

  private static func urlSafe(_ bytes: [UInt8]) -> String {
    String(Base64.encode(bytes).map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
  }

  private static func fromURLSafe(_ text: String) -> [UInt8]? {
    Base64.decode(String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }))
  }
}
