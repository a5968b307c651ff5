public import Files
public import HTTPMessages
public import Primitives

/// What a handler answers.
public struct HTTPServerResponse: Sendable {
  public var status: Int
  /// Without `Content-Length`, `Date` and `Connection`: those are the listener's.
  public var headers: HTTPHeaders
  public var body: Body
  /// Called once when the answer has gone out, or cannot any more; on the loop.
  public var whenDone: (@Sendable () -> Void)?

  /// Where the body of an answer comes from. For HEAD its length is announced and nothing is sent.
  public enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// Part of an open file, sent by the kernel.
    case file(SharedDescriptor, Range<Int64>)
    /// Pulled on the loop as the client takes it. One that throws breaks the connection off, as a crash would; one without a length
    /// is sent in chunks.
    case source(any ByteSource, length: Int64?)
  }

  /// An answer.
  public init(_ status: Int, headers: HTTPHeaders = [:], body: Body = .none) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}
