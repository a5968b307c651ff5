/// Why a store could not do what it was asked. Classified once, where the answer was seen: nobody reads meaning from `message`.
public struct StorageError: Error, Sendable, CustomStringConvertible {
  /// What it means for the caller.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String {
      case notFound, alreadyExists, preconditionFailed, notEmpty, permissionDenied, unauthenticated, throttled, unavailable,
        timeout,
        quotaExceeded, noSpace, corrupted, archived, invalidArgument, unsupported, sourceChanged, storeNotFound, cancelled,
        internalError
    }
    private let value: Value

    /// The object is not there.
    public static let notFound = Code(value: .notFound)
    /// `WriteCondition.ifAbsent` met an object.
    public static let alreadyExists = Code(value: .alreadyExists)
    /// The object is not in the expected state.
    public static let preconditionFailed = Code(value: .preconditionFailed)
    /// A folder with content was to be deleted.
    public static let notEmpty = Code(value: .notEmpty)
    /// The credentials are good, but do not allow this.
    public static let permissionDenied = Code(value: .permissionDenied)
    /// The credentials are missing, wrong or expired.
    public static let unauthenticated = Code(value: .unauthenticated)
    /// The store asks to slow down; see `retryAfter`.
    public static let throttled = Code(value: .throttled)
    /// The store cannot be reached or is out of order.
    public static let unavailable = Code(value: .unavailable)
    /// The store took too long.
    public static let timeout = Code(value: .timeout)
    /// The account's quota is used up.
    public static let quotaExceeded = Code(value: .quotaExceeded)
    /// The disk is full.
    public static let noSpace = Code(value: .noSpace)
    /// Length or hash is not what it must be.
    public static let corrupted = Code(value: .corrupted)
    /// The content must be restored from an archive tier first.
    public static let archived = Code(value: .archived)
    /// The request can never work: a bad key, range, setting.
    public static let invalidArgument = Code(value: .invalidArgument)
    /// The store cannot do this at all.
    public static let unsupported = Code(value: .unsupported)
    /// The bytes changed while they were being read.
    public static let sourceChanged = Code(value: .sourceChanged)
    /// The bucket, container or root folder is not there.
    public static let storeNotFound = Code(value: .storeNotFound)
    /// The task was cancelled.
    public static let cancelled = Code(value: .cancelled)
    /// A fault of our own, or an answer that makes no sense.
    public static let internalError = Code(value: .internalError)

    /// The bounded label for metrics and JSON.
    public var description: String { value.rawValue }
  }

  /// Whether the same request may succeed later without anyone doing anything.
  public enum Retry: Hashable, Sendable {
    case never
    case later
    /// Not before this much time has passed.
    case after(Duration)
  }

  /// What it means.
  public var code: Code
  /// Whether to try again; decided where the answer was seen.
  public var retry: Retry
  /// The store's display name.
  public var store: String
  /// The object concerned, if one is.
  public var key: ObjectKey?
  /// What happened and what to do, for people. Never holds a secret.
  public var message: String
  /// The service's own code and request id, for its support: `SlowDown (request 7f…)`.
  public var detail: String?
  /// Whether the request may have been carried out although it failed (the answer was lost).
  public var mayHaveHappened: Bool
  /// The underlying error.
  public var cause: (any Error)?

  /// An error.
  public init(
    _ code: Code, retry: Retry = .never, store: String, key: ObjectKey? = nil, message: String, detail: String? = nil,
    mayHaveHappened: Bool = false, cause: (any Error)? = nil
  ) {
    self.code = code
    self.retry = retry
    self.store = store
    self.key = key
    self.message = message
    self.detail = detail
    self.mayHaveHappened = mayHaveHappened
    self.cause = cause
  }

  public var description: String {
    var text = store
    if let key { text += ": \(key)" }
    text += ": \(message)"
    if let detail { text += " [\(detail)]" }
    return text
  }

  /// The error of a store that lacks an operation.
  public static func unsupported(_ operation: String, store: String) -> StorageError {
    StorageError(.unsupported, store: store, message: "this store cannot \(operation)")
  }
}
