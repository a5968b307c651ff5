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
