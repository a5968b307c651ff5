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

  /// The meaning of a code, or where that is unknown or missing of the status.
  static func of(code: String, status: Int) -> ErrorMeaning {
    if code == "CannotVerifyCopySource", status == 412 { return sourceChanged }
    if code == "CannotVerifyCopySource", [404, 500, 503].contains(status) { return of(code: "", status: status) }
    if let known = table[code] { return known }
    if code.hasPrefix("Lease") { return lease }
    return switch status {
    case 301, 302, 307, 308: ErrorMeaning(.invalidArgument, "the service points elsewhere: check the endpoint")
    case 304: ErrorMeaning(.preconditionFailed)
    case 401: ErrorMeaning(.unauthenticated, "the credentials are refused")
    case 403: ErrorMeaning(.permissionDenied)
    case 404: ErrorMeaning(.notFound, "it is not there")
    case 405, 501: ErrorMeaning(.unsupported, "this store does not have the operation")
    case 408: ErrorMeaning(.timeout, transient: true, "the store waited too long for our bytes")
    case 409: ErrorMeaning(.preconditionFailed, transient: true, "another change of it is under way")
    case 412: ErrorMeaning(.preconditionFailed, "it changed meanwhile")
    case 413: ErrorMeaning(.invalidArgument, "it is larger than the store allows")
    case 416: ErrorMeaning(.invalidArgument, "the range begins beyond the object's end")
    case 429, 503: busy
    case 504: ErrorMeaning(.timeout, transient: true, "the store took too long")
    case 500...599: fault
    case 400...499: ErrorMeaning(.invalidArgument)
    default: ErrorMeaning(.internalError, "an answer with the unexpected status \(status)")
    }
  }

  /// Whether a code speaks of the source of a copy.
  static func isAboutSource(_ code: String) -> Bool { code == "SourceConditionNotMet" || code == "CannotVerifyCopySource" }

  private static let busy = ErrorMeaning(.throttled, transient: true, "the store asks to slow down")
  private static let fault = ErrorMeaning(.unavailable, transient: true, "the store has a fault of its own")
  private static let changed = ErrorMeaning(.preconditionFailed, "it changed meanwhile")
  private static let sourceChanged = ErrorMeaning(.preconditionFailed, "its source changed meanwhile")
  private static let noContainer = ErrorMeaning(.storeNotFound, "there is no such container: check the name, or create it first")
  private static let damaged = ErrorMeaning(.corrupted, transient: true, "the bytes were damaged on the way to the store")
  private static let archived = ErrorMeaning(
    .archived, "it is in the archive tier: move it to a tier that is online first, which takes hours")
  private static let lease = ErrorMeaning(
    .permissionDenied, "another program holds a lease on it: let that program finish, or break the lease yourself")
  private static let immutable = ErrorMeaning(
    .permissionDenied, "an immutability policy or a legal hold of the container keeps it from being changed")
  private static let otherType = ErrorMeaning(
    .invalidArgument, "a page or append blob has that name, and Azure replaces no blob by one of another type: delete it first")

  private static let table: [String: ErrorMeaning] = [
    // What is not there.
    "BlobNotFound": ErrorMeaning(.notFound, "it is not there"),
    "ResourceNotFound": ErrorMeaning(.notFound, "it is not there"),
    "PathNotFound": ErrorMeaning(.notFound, "it is not there"),
    "ContainerNotFound": noContainer,
    "ContainerBeingDeleted": ErrorMeaning(
      .storeNotFound, transient: true, "the container is being deleted: wait half a minute, and create it again"),
    "ContainerDisabled": ErrorMeaning(.permissionDenied, "the container was disabled by the administrator"),
    // What is there.
    "BlobAlreadyExists": ErrorMeaning(.alreadyExists),
    "ResourceAlreadyExists": ErrorMeaning(.alreadyExists),
    "ContainerAlreadyExists": ErrorMeaning(.alreadyExists, "there is a container of this name"),
    "UnauthorizedBlobOverwrite": ErrorMeaning(
      .permissionDenied, "the credentials allow new blobs only: replacing one needs w (write) or Storage Blob Data Contributor"),
    "SnapshotsPresent": ErrorMeaning(
      .notEmpty, "it has snapshots, which Isobar does not delete: delete those first, for instance with az storage blob delete"),
    "DirectoryIsNotEmpty": ErrorMeaning(.notEmpty, "the folder is not empty"),
    // Conditions.
    "ConditionNotMet": changed,
    "TargetConditionNotMet": changed,
    "SourceConditionNotMet": sourceChanged,
    "AppendPositionConditionNotMet": changed,
    "BlobOverwritten": changed,
    "InvalidBlockList": ErrorMeaning(
      .unavailable, transient: true, "another upload of the same object was ended first, and took the blocks of this one with it"),
    // Who asks.
    "NoAuthenticationInformation": ErrorMeaning(.unauthenticated, "the store wants to know who asks: give credentials"),
    "AuthenticationFailed": ErrorMeaning(
      .unauthenticated, "the key, signature or token is refused: check it, its expiry and this machine's clock"),
    "InvalidAuthenticationInfo": ErrorMeaning(
      .unauthenticated, "the key, signature or token is refused: check it, its expiry and this machine's clock"),
    "AuthorizationFailure": ErrorMeaning(
      .permissionDenied,
      "access denied: the account's firewall or network rules may shut this machine out, or the key may not be used"),
    "AuthorizationPermissionMismatch": ErrorMeaning(.permissionDenied),
    "AuthorizationServiceMismatch": ErrorMeaning(
      .permissionDenied, "the signature is not for blobs: make one for the blob service"),
    "AuthorizationResourceTypeMismatch": ErrorMeaning(
      .permissionDenied, "the signature is not for this kind of thing: it needs containers (c) and objects (o)"),
    "AuthorizationProtocolMismatch": ErrorMeaning(.permissionDenied, "the signature is for https only"),
    "AuthorizationSourceIPMismatch": ErrorMeaning(.permissionDenied, "the signature is for other addresses than this machine's"),
    "InsufficientAccountPermissions": ErrorMeaning(.permissionDenied),
    "AccountIsDisabled": ErrorMeaning(.permissionDenied, "the storage account is disabled: look at the subscription"),
    "KeyBasedAuthenticationNotPermitted": ErrorMeaning(
      .permissionDenied, "the account takes no keys: sign in with Microsoft Entra ID"),
    "PublicAccessNotPermitted": ErrorMeaning(.permissionDenied, "the account allows no public access: give credentials"),
    // Who holds it.
    "LeaseIdMissing": lease,
    "PendingCopyOperation": ErrorMeaning(.preconditionFailed, transient: true, "it is being copied to at the moment"),
    "BlobImmutableDueToPolicy": immutable,
    "BlobImmutableDueToLegalHold": immutable,
    "SystemInUse": ErrorMeaning(.permissionDenied, "the system uses this blob"),
    // Tiers and types.
    "BlobArchived": archived,
    "BlobBeingRehydrated": ErrorMeaning(.archived, "it is being brought back from the archive tier, which takes hours"),
    "InvalidBlobType": otherType,
    "InvalidBlobTier": ErrorMeaning(.invalidArgument, "there is no such access tier: Hot, Cool, Cold, Archive"),
    "BlobAccessTierNotSupportedForAccountType": ErrorMeaning(.invalidArgument, "this kind of account has no access tiers"),
    // Damage.
    "Md5Mismatch": damaged,
    "Crc64Mismatch": damaged,
    "InvalidBlobOrBlock": ErrorMeaning(
      .invalidArgument,
      "an unfinished upload by another program lies there, with other names of blocks: remove it, or wait a week"),
    "BlockCountExceedsLimit": ErrorMeaning(
      .quotaExceeded, "too many unfinished blocks lie there: remove abandoned uploads, or wait a week"),
    // Too much, too fast, too long.
    "ServerBusy": busy,
    "OperationTimedOut": ErrorMeaning(.timeout, transient: true, "the store took too long"),
    "InternalError": fault,
    "CannotVerifyCopySource": ErrorMeaning(.unsupported, "the store cannot read the source of the copy by itself"),
    "CopyAcrossAccountsNotSupported": ErrorMeaning(.unsupported, "the store cannot read the source of the copy by itself"),
    // What cannot be.
    "InvalidResourceName": ErrorMeaning(.invalidArgument, "the store allows no such name"),
    "InvalidUri": ErrorMeaning(.invalidArgument, "the store allows no such name"),
    "OutOfRangeInput": ErrorMeaning(.invalidArgument, "the store allows no such name, or it is too long"),
    "MetadataTooLarge": ErrorMeaning(.invalidArgument, "its metadata is more than the 8 KiB that the store allows"),
    "InvalidMetadata": ErrorMeaning(.invalidArgument, "the store does not take its metadata"),
    "InvalidRange": ErrorMeaning(.invalidArgument, "the range begins beyond the object's end"),
    "RequestBodyTooLarge": ErrorMeaning(.invalidArgument, "it is larger than the store allows"),
    "FeatureVersionMismatch": ErrorMeaning(.unsupported, "the store is too old for the operation"),
    "UnsupportedHttpVerb": ErrorMeaning(.unsupported, "this store does not have the operation"),
    "NotImplemented": ErrorMeaning(.unsupported, "this store does not have the operation"),
    "APINotImplemented": ErrorMeaning(.unsupported, "this store does not have the operation"),
    "AccountRequiresHttps": ErrorMeaning(.invalidArgument, "the account wants https"),
  ]
}
