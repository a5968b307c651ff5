/// How an `HTTPListener` listens, and what it takes from clients.
public struct HTTPListenerOptions: Sendable {
  /// The IP address to listen on. Loopback unless told otherwise: whoever reaches it is answered.
  public var address: String
  /// The port; 0: one that is free.
  public var port: UInt16
  /// How many connections are open at once; further ones wait in the backlog.
  public var connectionLimit: Int
  /// Connections that the system keeps waiting for us.
  public var backlog: Int32
  /// How long a connection may lie idle, between requests or within one, while it is the client's turn. Whole seconds, at least one.
  public var idleTimeout: Duration
  /// Bytes of a request's target; a longer one is answered 414.
  public var targetLimit: Int
  /// Bytes of a request's header fields; more are answered 431. Each connection holds this and about 40 KiB.
  public var headerLimit: Int
  /// Of a body that the handler did not read so many bytes are taken and thrown away, so that the connection can go on; for a longer
  /// one it is closed, with the answer where that is possible.
  public var unreadBodyLimit: Int64
  /// How long a request goes on whose client has closed its sending side: some do that and still wait for the answer, others are
  /// gone. The handler's task is cancelled then.
  public var halfCloseGrace: Duration

  /// Options that suit a server for this machine's own programs.
  public init(
    address: String = "127.0.0.1", port: UInt16 = 0, connectionLimit: Int = 1000, backlog: Int32 = 1024,
    idleTimeout: Duration = .seconds(60), targetLimit: Int = 16 << 10, headerLimit: Int = 32 << 10,
    unreadBodyLimit: Int64 = 16 << 20, halfCloseGrace: Duration = .seconds(5)
  ) {
    self.address = address
    self.port = port
    self.connectionLimit = connectionLimit
    self.backlog = backlog
    self.idleTimeout = idleTimeout
    self.targetLimit = targetLimit
    self.headerLimit = headerLimit
    self.unreadBodyLimit = unreadBodyLimit
    self.halfCloseGrace = halfCloseGrace
  }
}

/// Why a listener cannot listen.
public struct HTTPListenerError: Error, Sendable, CustomStringConvertible {
  /// What went wrong.
  public enum Code: String, Sendable {
    /// Not an IP address.
    case badAddress = "bad_address"
    /// The address is not one of this machine's.
    case addressNotAvailable = "address_not_available"
    /// Somebody else listens there.
    case addressInUse = "address_in_use"
    /// A port that only root may have.
    case permission
    /// It was started before, or stopped.
    case wrongState = "wrong_state"
    case other
  }

  public let code: Code
  /// For people.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
