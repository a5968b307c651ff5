import ObjectStorage

/// What each of the service's codes means, decided in this one place.
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

  /// The meaning of a service code, or where that is unknown or missing of the status.
  static func of(code: String, status: Int) -> ErrorMeaning {
    if let known = table[code] { return known }
    return switch status {
    case 301, 307, 308: ErrorMeaning(.invalidArgument, "the bucket is in another region or at another endpoint")
    case 304: ErrorMeaning(.preconditionFailed)
    case 401: ErrorMeaning(.unauthenticated, "the credentials are refused")
    case 403: ErrorMeaning(.permissionDenied)
    case 404: ErrorMeaning(.notFound)
    case 405: ErrorMeaning(.unsupported, "this store does not have the operation")
    case 408: ErrorMeaning(.timeout, transient: true)
    case 409: ErrorMeaning(.preconditionFailed, transient: true)
    case 411, 413, 414: ErrorMeaning(.invalidArgument)
    case 412: ErrorMeaning(.preconditionFailed)
    case 416: ErrorMeaning(.invalidArgument, "the range begins beyond the object's end")
    case 429: ErrorMeaning(.throttled, transient: true, "the store asks to slow down")
    case 501: ErrorMeaning(.unsupported, "this store does not have the operation")
    case 503: ErrorMeaning(.throttled, transient: true, "the store asks to slow down")
    case 507: ErrorMeaning(.quotaExceeded, "the store is full")
    case 500...599: ErrorMeaning(.unavailable, transient: true, "the store has a fault of its own")
    case 400...499: ErrorMeaning(.invalidArgument)
    default: ErrorMeaning(.internalError, "an answer with the unexpected status \(status)")
    }
  }

  private static let table: [String: ErrorMeaning] = [
    // Missing things.
    "NoSuchKey": ErrorMeaning(.notFound, "it is not there"),
    "NoSuchVersion": ErrorMeaning(.notFound, "it is not there"),
    "NoSuchUpload": ErrorMeaning(.notFound, "the upload was completed or aborted by someone else"),
    "NoSuchBucket": ErrorMeaning(.storeNotFound, "there is no such bucket: check the name, or create it first"),
    "AllAccessDisabled": ErrorMeaning(.storeNotFound, "all access to the bucket is disabled by the service"),
    // Who asks.
    "InvalidAccessKeyId": ErrorMeaning(
      .unauthenticated, "the access key id is not known to the store: check the key, and that it belongs to this endpoint"),
    "SignatureDoesNotMatch": ErrorMeaning(
      .unauthenticated, "the secret key is wrong (the store computes another signature than we do)"),
    "ExpiredToken": ErrorMeaning(.unauthenticated, transient: true, "the session token has expired: get new credentials"),
    "ExpiredTokenException": ErrorMeaning(.unauthenticated, transient: true, "the session token has expired: get new credentials"),
    "InvalidToken": ErrorMeaning(.unauthenticated, "the session token is malformed or belongs to other keys"),
    "InvalidClientTokenId": ErrorMeaning(.unauthenticated, "the access key id is not known to the store"),
    "TokenRefreshRequired": ErrorMeaning(.unauthenticated, transient: true, "the session token has expired: get new credentials"),
    "RequestExpired": ErrorMeaning(.unauthenticated, "this machine's clock is wrong: correct it"),
    "RequestTimeTooSkewed": ErrorMeaning(
      .unauthenticated, "this machine's clock and the store's differ by more than 15 minutes: correct the clock"),
    "NotSignedUp": ErrorMeaning(.unauthenticated, "the account is not signed up for this service"),
    "MissingSecurityHeader": ErrorMeaning(.unauthenticated, "the request carries no credentials: give an access key"),
    "MissingAuthenticationToken": ErrorMeaning(.unauthenticated, "the request carries no credentials: give an access key"),
    "UnsupportedAlgorithm": ErrorMeaning(.unauthenticated, "the store wants signed requests: give an access key"),
    "AccountProblem": ErrorMeaning(.permissionDenied, "the account has a problem: ask the service's support"),
    "AccessDenied": ErrorMeaning(.permissionDenied),
    "AccessDeniedException": ErrorMeaning(.permissionDenied),
    "Forbidden": ErrorMeaning(.permissionDenied),
    "MethodNotAllowed": ErrorMeaning(.unsupported, "the store does not allow the operation on this object"),
    // Conditions.
    "PreconditionFailed": ErrorMeaning(.preconditionFailed, "it changed meanwhile"),
    "ConditionalRequestConflict": ErrorMeaning(
      .preconditionFailed, transient: true, "another write of the same object is under way"),
    "OperationAborted": ErrorMeaning(.unavailable, transient: true, "another operation on the same object or bucket is under way"),
    "BucketAlreadyOwnedByYou": ErrorMeaning(.alreadyExists, "the bucket is there already"),
    "BucketAlreadyExists": ErrorMeaning(.alreadyExists, "the bucket's name is taken by someone else: choose another"),
    // Too much, too fast, too long.
    "SlowDown": ErrorMeaning(.throttled, transient: true, "the store asks to slow down"),
    "SlowDownRead": ErrorMeaning(.throttled, transient: true, "the store asks to slow down"),
    "SlowDownWrite": ErrorMeaning(.throttled, transient: true, "the store asks to slow down"),
    "Throttling": ErrorMeaning(.throttled, transient: true, "the store asks to slow down"),
    "ThrottlingException": ErrorMeaning(.throttled, transient: true, "the store asks to slow down"),
    "RequestLimitExceeded": ErrorMeaning(.throttled, transient: true, "the store asks to slow down"),
    "TooManyRequests": ErrorMeaning(.throttled, transient: true, "the store asks to slow down"),
    "BandwidthLimitExceeded": ErrorMeaning(.throttled, transient: true, "the store asks to slow down"),
    "ServiceUnavailable": ErrorMeaning(.throttled, transient: true, "the store asks to slow down"),
    "Busy": ErrorMeaning(.throttled, transient: true, "the store asks to slow down"),
    "RequestTimeout": ErrorMeaning(.timeout, transient: true, "the store waited too long for our bytes"),
    "InternalError": ErrorMeaning(.unavailable, transient: true, "the store has a fault of its own"),
    "QuotaExceeded": ErrorMeaning(.quotaExceeded, "the account's quota is used up"),
    "QuotaExceededException": ErrorMeaning(.quotaExceeded, "the account's quota is used up"),
    "StorageLimitExceeded": ErrorMeaning(.quotaExceeded, "the account's quota is used up"),
    "TooManyBuckets": ErrorMeaning(.quotaExceeded, "the account may not have more buckets"),
    "EntityTooLarge": ErrorMeaning(.invalidArgument, "it is larger than the store allows"),
    "EntityTooSmall": ErrorMeaning(.invalidArgument, "a part is smaller than the store allows"),
    "KeyTooLongError": ErrorMeaning(.invalidArgument, "its name is longer than the store allows"),
    "KeyTooLong": ErrorMeaning(.invalidArgument, "its name is longer than the store allows"),
    "InvalidObjectName": ErrorMeaning(.invalidArgument, "the store does not allow its name"),
    "InvalidURI": ErrorMeaning(.invalidArgument, "the store does not allow its name"),
    "MetadataTooLarge": ErrorMeaning(.invalidArgument, "its metadata is larger than the store allows"),
    "InvalidRange": ErrorMeaning(.invalidArgument, "the range begins beyond the object's end"),
    "InvalidArgument": ErrorMeaning(.invalidArgument),
    "InvalidRequest": ErrorMeaning(.invalidArgument),
    "InvalidBucketName": ErrorMeaning(.invalidArgument, "the store does not allow the bucket's name"),
    "InvalidStorageClass": ErrorMeaning(.invalidArgument, "the store does not know the storage class"),
    "InvalidPart": ErrorMeaning(.corrupted, "a part of the upload is missing or is not what was sent"),
    "InvalidPartOrder": ErrorMeaning(.internalError, "the parts were named out of order"),
    "MalformedXML": ErrorMeaning(.internalError, "the store does not understand the request"),
    "NotImplemented": ErrorMeaning(.unsupported, "this store does not have the operation"),
    // Bytes.
    "BadDigest": ErrorMeaning(.corrupted, transient: true, "the bytes were damaged on the way to the store"),
    "XAmzContentSHA256Mismatch": ErrorMeaning(.corrupted, transient: true, "the bytes were damaged on the way to the store"),
    "XAmzContentChecksumMismatch": ErrorMeaning(.corrupted, transient: true, "the bytes were damaged on the way to the store"),
    "InvalidDigest": ErrorMeaning(.corrupted, "the store refuses the checksum"),
    "IncompleteBody": ErrorMeaning(.corrupted, transient: true, "the store received fewer bytes than announced"),
    // Tiers and places.
    "InvalidObjectState": ErrorMeaning(.archived, "it is in an archive tier: restore it first"),
    "ObjectNotInActiveTierError": ErrorMeaning(.archived, "it is in an archive tier: restore it first"),
    "PermanentRedirect": ErrorMeaning(.invalidArgument, "the bucket is at another endpoint: check the region and the endpoint"),
    "TemporaryRedirect": ErrorMeaning(.unavailable, transient: true, "the bucket's address is changing"),
    "AuthorizationHeaderMalformed": ErrorMeaning(.invalidArgument, "the region is wrong"),
    "IllegalLocationConstraintException": ErrorMeaning(.invalidArgument, "the bucket is in another region"),
    "InvalidLocationConstraint": ErrorMeaning(.invalidArgument, "the store does not know the region"),
    // Keys of the encryption service.
    "KMS.DisabledException": ErrorMeaning(.permissionDenied, "the encryption key is disabled"),
    "KMS.NotFoundException": ErrorMeaning(.invalidArgument, "there is no such encryption key"),
    "KMS.KMSInvalidStateException": ErrorMeaning(.unavailable, transient: true, "the encryption key cannot be used now"),
  ]
}
