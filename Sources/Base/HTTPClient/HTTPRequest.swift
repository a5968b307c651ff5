public import HTTPMessages
public import Primitives

/// What to ask of a server.
public struct HTTPRequest: Sendable {
  public var method: HTTPMethod
  /// Absolute, http or https, percent-encoded: sent byte for byte. Without user name and fragment.
  public var url: String
  public var headers: HTTPHeaders
  public var body: HTTPBody?
  public var patience: Patience
  public var redirects: Redirects
  /// What this is, for messages and metrics ("GET object"): never a secret, from a small set.
  public var label: String
  /// How long the answer's body is likely to be, if known: chooses the size of buffers, nothing else.
  public var expectedLength: Int64?
  /// How much the server may send before it is taken; asked again as the answer is taken. nil: what the system thinks right.
  var window: (@Sendable () -> Int)?

  public init(
    method: HTTPMethod, url: String, headers: HTTPHeaders = [:], body: HTTPBody? = nil, patience: Patience = Patience(),
    redirects: Redirects = .none, label: String = "", expectedLength: Int64? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.patience = patience
    self.redirects = redirects
    self.label = label
    self.expectedLength = expectedLength
  }

  /// What to do with an answer that points elsewhere.
  public enum Redirects: Sendable, Hashable {
    /// It is the answer.
    case none
    /// Ask there, at most so many times in a row. To http(s) only, never from https to http, and another host gets neither
    /// credentials nor any header outside a short list.
    case follow(max: Int)
  }
}

/// The body of a request.
public struct HTTPBody: Sendable {
  /// Bytes; nil if not known, then it is sent in chunks (which S3 refuses).
  public let length: Int64?
  /// Gives the body from its beginning; called once per attempt, also when the client has to send it again over a new connection.
  public let makeSource: @Sendable () throws -> any ByteSource
  /// All of it, if it is in memory.
  let bytes: [UInt8]?

  public init(length: Int64?, makeSource: @escaping @Sendable () throws -> any ByteSource) {
    precondition(length.map { $0 >= 0 } ?? true, "a length is not negative")
    self.length = length
    self.makeSource = makeSource
    bytes = nil
  }

  private init(_ bytes: [UInt8]) {
    length = Int64(bytes.count)
    makeSource = { MemorySource(bytes[...]) }
    self.bytes = bytes
  }

  /// A body from memory. A small one goes out together with the head of its request.
  public static func bytes(_ bytes: [UInt8]) -> HTTPBody { HTTPBody(bytes) }
}

/// How long to wait for what; each has an error code of its own.
public struct Patience: Sendable, Hashable {
  /// Name look-up, connection and TLS together.
  public var connect: Duration
  /// From when the last byte of the request was handed to the system until the first byte of the answer.
  public var firstByte: Duration
  /// The longest pause of the bytes in either direction. A pause that the caller's own source or sink asks for does not count.
  public var stall: Duration
  /// Everything, redirects included; nil: as long as it goes on.
  public var total: Duration?

  public init(
    connect: Duration = .seconds(15), firstByte: Duration = .seconds(60), stall: Duration = .seconds(60), total: Duration? = nil
  ) {
    self.connect = connect
    self.firstByte = firstByte
    self.stall = stall
    self.total = total
  }
}
