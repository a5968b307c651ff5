/// Answers requests: what a server is for. The same handler serves sockets (`HTTPListener`) and callers in this process.
public protocol HTTPHandler: Sendable {
  /// Answers one request. Called on the listener's event loop, from many tasks at once; it must not block there.
  ///
  /// What of the body was not read when this returns is thrown away by the listener (and the connection closed if it is long).
  /// - Throws: anything; the client then gets 500 without a body, or a broken connection for `HTTPDisconnect`.
  func respond(to request: HTTPServerRequest) async throws -> HTTPServerResponse
}

/// Thrown by a handler that wants the connection closed without an answer, as a crash would.
public struct HTTPDisconnect: Error, Sendable {
  /// A closed connection.
  public init() {}
}
