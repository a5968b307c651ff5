import Markup
import Primitives

/// An upload in several requests, as it is kept.
struct GCSUpload: Sendable {
  enum State: Sendable {
    case open
    case cancelled
    /// It made this object.
    case done(GCSObject)
  }

  let id: String
  let insertion: GCSInsertion
  let started: Timestamp
  /// How many bytes there will be, as far as the client said.
  var length: Int64?
  /// What came, in order.
  var parts: [(blob: Blob, range: Range<Int64>)] = []
  var state = State.open

  /// How many bytes of the object are kept.
  var held: Int64 { parts.reduce(0) { $0 + Int64($1.range.count) } }

  init(id: String, insertion: GCSInsertion, started: Timestamp, length: Int64?) {
    self.id = id
    self.insertion = insertion
    self.started = started
    self.length = length
  }

  init?(id: String, row: JSONValue?) {
    guard let row, let insertion = GCSInsertion(row: row["insertion"]),
      let started = row["started"]?.stringValue.flatMap({ Timestamp(iso8601: $0) })
    else { return nil }
    self.init(id: id, insertion: insertion, started: started, length: row["length"]?.integerValue)
    for part in row["parts"]?.arrayValue ?? [] {
      guard let blob = Blob(part["blob"]), let from = part["from"]?.integerValue, let to = part["to"]?.integerValue, from <= to
      else { return nil }
      parts.append((blob, from..<to))
    }
    if row["cancelled"]?.boolValue == true { state = .cancelled }
    if let object = GCSObject(row: row["object"]) { state = .done(object) }
  }

  var row: JSONValue {
    var row: JSONObject = [
      "insertion": insertion.row, "started": .string(started.iso8601),
      "parts": .array(
        parts.map { ["blob": $0.blob.json, "from": .integer($0.range.lowerBound), "to": .integer($0.range.upperBound)] }),
    ]
    if let length { row["length"] = .integer(length) }
    switch state {
    case .open: break
    case .cancelled: row["cancelled"] = true
    case .done(let object): row["object"] = object.row
    }
    return .object(row)
  }
}

/// `Content-Range` of a request to an upload: `bytes 0-262143/*`, `bytes */1000`.
struct GCSContentRange: Sendable, Equatable {
  /// nil: the request asks how far the upload got.
  var range: Range<Int64>?
  /// How many bytes there will be; nil: not known yet.
  var total: Int64?

  /// - Returns: nil for what is none.
  init?(_ text: String) {
    guard text.hasPrefix("bytes ") else { return nil }
    let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    if parts[1] != "*" {
      guard let number = Self.number(parts[1]) else { return nil }
      total = number
    }
    if parts[0] == "*" { return }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]), first <= last, last < .max,
      total.map({ last < $0 }) ?? true
    else { return nil }
    range = first..<(last + 1)
  }

  private static func number(_ text: Substring) -> Int64? {
    guard let first = text.utf8.first, (0x30...0x39).contains(first) else { return nil }
    return Int64(text)
  }
}
