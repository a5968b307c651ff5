import ObjectStorage

/// What each of the service's reasons means, decided in this one place.
struct ErrorMeaning: Sendable {
  var code: StorageError.Code
  var isTransient: Bool
  /// What to tell the user, beyond the service's words; nil where the operation has a better text.
  var advice: String?

  init(_ code: StorageError.Code, transient: Bool = false, _ advice: String? = nil) {
    self.code = code
    isTransient = transient
    self.advice = advice
  }

  /// The meaning of a reason, or where that is unknown or missing of the status.
  static func of(reason: String, status: Int) -> ErrorMeaning {
    if let known = table[reason] { return known }
    return switch status {
    case 301, 302, 307, 308: ErrorMeaning(.invalidArgument, "the service points elsewhere: check the endpoint")
    case 304: ErrorMeaning(.preconditionFailed)
    case 401: ErrorMeaning(.unauthenticated, "the credentials are refused")
    case 403: ErrorMeaning(.permissionDenied)
    case 404, 410: ErrorMeaning(.notFound, "it is not there")
    case 405, 501: ErrorMeaning(.unsupported, "this store does not have the operation")
    case 408: ErrorMeaning(.timeout, transient: true, "the store waited too long for our bytes")
    case 409: ErrorMeaning(.preconditionFailed, transient: true, "another change of it is under way")
    case 412: ErrorMeaning(.preconditionFailed, "it changed meanwhile")
    case 413: ErrorMeaning(.invalidArgument, "it is larger than the store allows")
    case 416: ErrorMeaning(.invalidArgument, "the range begins beyond the object's end")
    case 429, 503: ErrorMeaning(.throttled, transient: true, "the store asks to slow down")
    case 504: ErrorMeaning(.timeout, transient: true, "the store took too long")
    case 500...599: ErrorMeaning(.unavailable, transient: true, "the store has a fault of its own")
    case 400...499: ErrorMeaning(.invalidArgument)
    default: ErrorMeaning(.internalError, "an answer with the unexpected status \(status)")
    }
  }

  private static let slowDown = ErrorMeaning(.throttled, transient: true, "the store asks to slow down")

  private static let table: [String: ErrorMeaning] = [
    // Who asks.
    "required": ErrorMeaning(.unauthenticated, "the store wants to know who asks: give credentials"),
    "authError": ErrorMeaning(.unauthenticated, "the token is refused: check the credentials and this machine's clock"),
    "expired": ErrorMeaning(.unauthenticated, transient: true, "the token has expired"),
    "lockedDomainExpired": ErrorMeaning(.unauthenticated, "the domain's access has expired"),
    "forbidden": ErrorMeaning(.permissionDenied),
    "insufficientPermissions": ErrorMeaning(.permissionDenied),
    "accountDisabled": ErrorMeaning(.permissionDenied, "the account or its billing is disabled: look at the project's billing"),
    "accessNotConfigured": ErrorMeaning(.permissionDenied, "the Cloud Storage API is not switched on in the project"),
    "countryBlocked": ErrorMeaning(.permissionDenied, "the service refuses this country"),
    "orgPolicyConstraint": ErrorMeaning(.permissionDenied, "a policy of the organisation forbids it"),
    "retentionPolicyNotMet": ErrorMeaning(.permissionDenied, "the bucket's retention policy keeps it from being changed yet"),
    "objectUnderActiveHold": ErrorMeaning(.permissionDenied, "a hold keeps it from being changed: release the hold first"),
    "sslRequired": ErrorMeaning(.invalidArgument, "the store wants https"),
    "userProjectMissing": ErrorMeaning(.invalidArgument, "the bucket's requesters pay: set user_project to the project that pays"),
    "userProjectAccountProblem": ErrorMeaning(.permissionDenied, "the project of user_project cannot pay: look at its billing"),
    "userProjectInvalid": ErrorMeaning(.invalidArgument, "user_project names no project"),
    "userProjectInconsistent": ErrorMeaning(.invalidArgument, "user_project and the credentials' project contradict each other"),
    // Conditions.
    "conditionNotMet": ErrorMeaning(.preconditionFailed, "it changed meanwhile"),
    "notModified": ErrorMeaning(.preconditionFailed),
    // Too much, too fast, too long.
    "rateLimitExceeded": slowDown,
    "userRateLimitExceeded": slowDown,
    "rateLimitExceededUnreg": slowDown,
    "quotaExceeded": ErrorMeaning(.throttled, transient: true, "a quota of the project is used up for the moment"),
    "dailyLimitExceeded": ErrorMeaning(.quotaExceeded, "the project's quota of the day is used up"),
    "limitExceeded": ErrorMeaning(.quotaExceeded, "a limit of the project is reached"),
    "backendError": ErrorMeaning(.unavailable, transient: true, "the store has a fault of its own"),
    "internalError": ErrorMeaning(.unavailable, transient: true, "the store has a fault of its own"),
    "gatewayTimeout": ErrorMeaning(.timeout, transient: true, "the store took too long"),
    "uploadBrokenConnection": ErrorMeaning(.timeout, transient: true, "the store waited too long for our bytes"),
    // What cannot be.
    "uploadTooLarge": ErrorMeaning(.invalidArgument, "it is larger than the store allows"),
    "requestedRangeNotSatisfiable": ErrorMeaning(.invalidArgument, "the range begins beyond the object's end"),
    "notImplemented": ErrorMeaning(.unsupported, "this store does not have the operation"),
    "methodNotAllowed": ErrorMeaning(.unsupported, "this store does not have the operation"),
  ]
}
