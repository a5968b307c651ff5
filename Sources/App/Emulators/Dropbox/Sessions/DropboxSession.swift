import Markup
import Primitives

/// An upload in pieces.
struct DropboxSession: Sendable {
  let id: String
  var type: UploadType
  var state: State
  /// How far it is filled: for a concurrent session the end of the last piece.
  var size: Int64
  /// Seconds since 1970.
  var begun: Int64

  enum UploadType: String, Sendable {
    case sequential
    case concurrent
  }

  enum State: String, Sendable {
    case open
    case closed
    /// A file was made of it.
    case committed
  }

  /// How long a session may be used: seven days.
  static let lifetime: Int64 = 7 * 86400
  /// The longest file: 2^41 - 2^22.
  static let sizeLimit: Int64 = (1 << 41) - (1 << 22)

  var json: JSONValue {
    .object([
      "type": .string(type.rawValue), "state": .string(state.rawValue), "size": .integer(size), "begun": .integer(begun),
    ])
  }

  init(id: String, type: UploadType, state: State, size: Int64, begun: Int64) {
    self.id = id
    self.type = type
    self.state = state
    self.size = size
    self.begun = begun
  }

  init?(id: String, _ json: JSONValue?) {
    guard let json, let type = json["type"]?.stringValue.flatMap(UploadType.init),
      let state = json["state"]?.stringValue.flatMap(State.init), let size = json["size"]?.integerValue,
      let begun = json["begun"]?.integerValue
    else { return nil }
    self.init(id: id, type: type, state: state, size: size, begun: begun)
  }

  /// The type that a client asks for.
  static func type(_ arguments: DropboxArguments) throws -> UploadType {
    guard let union = try arguments.union("session_type") else { return .sequential }
    guard let type = UploadType(rawValue: union.tag) else {
      throw arguments.refusal("session_type", "invalid union tag '\(union.tag)'")
    }
    return type
  }
}

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

/// Where a client thinks a session is.
struct DropboxSessionCursor: Sendable {
  let id: String
  let offset: Int64

  init(_ arguments: DropboxArguments) throws {
    try arguments.allow(["session_id", "offset"])
    id = try arguments.string("session_id")
    offset = try arguments.integer("offset", in: 0...Int64.max)
  }

  private init(id: String, offset: Int64) {
    self.id = id
    self.offset = offset
  }

  /// Behind `count` bytes more.
  func advanced(by count: Int64) -> DropboxSessionCursor { DropboxSessionCursor(id: id, offset: offset + count) }
}

/// Why a session cannot be used so.
enum DropboxSessionFailure: Error, Sendable {
  case notFound
  case incorrectOffset(correct: Int64)
  case closed
  case notClosed
  case tooLarge
  case invalidOffset
  case invalidDataSize
  // Of finishing alone, beside `lookup_failed`.
  case dataNotAllowed
  case concurrentNotClosed
  case missingData

  var error: DropboxError {
    switch self {
    case .notFound: .void("not_found")
    case .incorrectOffset(let correct): .fields("incorrect_offset", ["correct_offset": .integer(correct)])
    case .closed: .void("closed")
    case .notClosed: .void("not_closed")
    case .tooLarge: .void("too_large")
    case .invalidOffset: .void("concurrent_session_invalid_offset")
    case .invalidDataSize: .void("concurrent_session_invalid_data_size")
    case .dataNotAllowed: .void("concurrent_session_data_not_allowed")
    case .concurrentNotClosed: .void("concurrent_session_not_closed")
    case .missingData: .void("concurrent_session_missing_data")
    }
  }

  /// As finishing a session says it.
  var finishError: DropboxError {
    switch self {
    case .dataNotAllowed, .concurrentNotClosed, .missingData: error
    default: .nested("lookup_failed", error)
    }
  }
}
