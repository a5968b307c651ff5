/// The classes in which requests to a service are counted and, by most services, priced.
public enum RequestClass: String, CaseIterable, Hashable, Sendable {
  /// A page of a listing.
  case list
  /// An object's description.
  case head
  /// An object's bytes, or a part of them.
  case get
  /// An object's bytes, a part, or the beginning and end of a write in parts.
  case put
  /// A copy inside the service.
  case copy
  /// One object, or a batch of them in one request.
  case delete
  /// Everything else: probes, locations, sign-in.
  case other
}

/// One request as it went over the wire: each attempt is one, whether it was answered or not.
public struct RequestRecord: Sendable {
  /// What was asked for.
  public var requestClass: RequestClass
  /// Bytes of content sent, without headers.
  public var bytesSent: Int64
  /// Bytes of content received, without headers.
  public var bytesReceived: Int64
  /// From the call to the end of the answer's body.
  public var duration: Duration
  /// What it failed with; nil if it was answered well. A condition that did not hold is an error too.
  public var error: StorageError.Code?

  /// A record.
  public init(
    _ requestClass: RequestClass, bytesSent: Int64 = 0, bytesReceived: Int64 = 0, duration: Duration = .zero,
    error: StorageError.Code? = nil
  ) {
    self.requestClass = requestClass
    self.bytesSent = bytesSent
    self.bytesReceived = bytesReceived
    self.duration = duration
    self.error = error
  }
}

/// Is told of each wire request by a provider that may send several for one call (parts, probes, pages).
///
/// A provider takes an optional observer among its options and calls it once at the end of each request, on any thread; the
/// observer must be quick and must not call back.
public protocol RequestObserver: Sendable {
  /// A request has ended.
  func requestEnded(_ record: RequestRecord)
}
