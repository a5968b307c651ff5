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
