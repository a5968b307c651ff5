import ObjectStorage

/// What each of the service's tags means, decided in this one place.
struct ErrorMeaning: Sendable {
  var code: StorageError.Code
  var isTransient: Bool
  /// What to tell the user; nil where the operation has a better text.
  var advice: String?

  init(_ code: StorageError.Code, transient: Bool = false, _ advice: String? = nil) {
    self.code = code
    isTransient = transient
    self.advice = advice
  }

  /// The meaning of the innermost tag that is known, or where none is of the status.
  static func of(_ tags: [String], status: Int) -> ErrorMeaning {
    for index in tags.indices.reversed() {
      if index > 0, let known = table[tags[index - 1] + "/" + tags[index]] { return known }
      if let known = table[tags[index]] { return known }
    }
    return switch status {
    case 301, 302, 307, 308: ErrorMeaning(.invalidArgument, "the service points elsewhere: check the endpoint")
    case 400: ErrorMeaning(.invalidArgument)
    case 401: ErrorMeaning(.unauthenticated, "the token is refused: log in with isobar login dropbox")
    case 403: ErrorMeaning(.permissionDenied)
    case 404, 410: ErrorMeaning(.notFound, "it is not there")
    case 405, 501: ErrorMeaning(.unsupported, "this store does not have the operation")
    case 408: ErrorMeaning(.timeout, transient: true, "the store waited too long for our bytes")
    case 409: ErrorMeaning(.internalError, "the store refuses it for a reason that is not known here")
    case 413: ErrorMeaning(.invalidArgument, "it is larger than the store allows")
    case 416: ErrorMeaning(.invalidArgument, "the range begins beyond the object's end")
    case 422: ErrorMeaning(.invalidArgument, "the space that paths are relative to is not there: check the namespace")
    case 429: ErrorMeaning(.throttled, transient: true, "the store asks to slow down")
    case 503: ErrorMeaning(.unavailable, transient: true, "the store is out of order for a moment")
    case 504: ErrorMeaning(.timeout, transient: true, "the store took too long")
    case 500...599: ErrorMeaning(.unavailable, transient: true, "the store has a fault of its own")
    case 402, 400...499: ErrorMeaning(.invalidArgument)
    default: ErrorMeaning(.internalError, "an answer with the unexpected status \(status)")
    }
  }

  private static let fault = ErrorMeaning(.unavailable, transient: true, "the store has a fault of its own")
  private static let full = ErrorMeaning(.quotaExceeded, "the account has no room left: free some, or get more")
  private static let badName = ErrorMeaning(.invalidArgument, "Dropbox keeps no file of this name")
  private static let forgotten = ErrorMeaning(.unavailable, transient: true, "the store forgot an upload under way")
  private static let shared = ErrorMeaning(.permissionDenied, "the sharing of the folders does not allow it")

  private static let table: [String: ErrorMeaning] = [
    // What is there.
    "not_found": ErrorMeaning(.notFound, "it is not there"),
    "not_file": ErrorMeaning(.notFound, "it is no file"),
    "not_folder": ErrorMeaning(.notFound, "it is no folder"),
    "conflict": ErrorMeaning(.preconditionFailed, "it changed meanwhile"),
    "conflict/file": ErrorMeaning(.preconditionFailed, "it changed meanwhile"),
    "conflict/folder": ErrorMeaning(.alreadyExists, "a folder of this name is in the way"),
    "conflict/file_ancestor": ErrorMeaning(.alreadyExists, "a file is in the way of its folder"),
    "reset": ErrorMeaning(.unavailable, transient: true, "the store lost count of the changes while it listed"),
    // Names.
    "malformed_path": badName,
    "disallowed_name": badName,
    "duplicated_or_nested_paths": ErrorMeaning(.invalidArgument, "the two names are one to Dropbox, or one lies in the other"),
    // Who asks, and what is allowed.
    "expired_access_token": ErrorMeaning(
      .unauthenticated, "the access token has expired: log in with isobar login dropbox, or give a refresh token"),
    "invalid_access_token": ErrorMeaning(
      .unauthenticated, "the access token is refused: it was revoked, or is none; log in with isobar login dropbox"),
    "user_suspended": ErrorMeaning(.unauthenticated, "the team's administrator has suspended the account"),
    "invalid_select_user": ErrorMeaning(.unauthenticated, "the team has no such member"),
    "invalid_select_admin": ErrorMeaning(.unauthenticated, "the team has no such administrator"),
    "missing_scope": ErrorMeaning(.permissionDenied),
    "route_access_denied": ErrorMeaning(.permissionDenied, "the app may not use this part of the service"),
    "no_write_permission": ErrorMeaning(.permissionDenied, "the account may only read here"),
    "access_restricted": ErrorMeaning(.permissionDenied, "the team's administrator does not allow it"),
    "team_folder": ErrorMeaning(.permissionDenied, "it is a team's folder, which only its administrator moves or deletes"),
    "operation_suppressed": ErrorMeaning(.permissionDenied, "the service does not allow it here"),
    "restricted_content": ErrorMeaning(.permissionDenied, "Dropbox does not give this file out, for legal reasons for example"),
    "locked": ErrorMeaning(.permissionDenied, "somebody has locked it"),
    "no_permission": ErrorMeaning(.permissionDenied, "the account has no access to this space: check the namespace"),
    "invalid_account_type": ErrorMeaning(.permissionDenied, "this kind of account cannot do it"),
    "paper_access_denied": ErrorMeaning(.permissionDenied, "the account has no access to Paper"),
    "team_access_denied": ErrorMeaning(.permissionDenied, "the team does not allow it"),
    "encryption_not_supported": ErrorMeaning(
      .permissionDenied, "the folder is encrypted by the team, which only Dropbox's own programs can write to"),
    "cant_copy_shared_folder": shared,
    "cant_nest_shared_folder": shared,
    "cant_transfer_ownership": shared,
    "cant_move_shared_folder": shared,
    "cant_move_into_vault": shared,
    "cant_move_into_family": shared,
    "cant_move_folder_into_itself": ErrorMeaning(.invalidArgument, "a folder cannot go into itself"),
    "invalid_root": ErrorMeaning(.invalidArgument, "the space that paths are relative to has changed: check the namespace"),
    // Room and speed.
    "insufficient_space": full,
    "insufficient_quota": full,
    "too_many_write_operations": ErrorMeaning(.throttled, transient: true, "other writes of the account are in the way"),
    "too_many_requests": ErrorMeaning(.throttled, transient: true, "the store asks to slow down"),
    "too_many_files": ErrorMeaning(.invalidArgument, "these are more files than the service takes at once"),
    "payload_too_large": ErrorMeaning(.invalidArgument, "it is larger than the store allows"),
    "too_large": ErrorMeaning(.invalidArgument, "it is larger than the store allows"),
    // Uploads.
    "content_hash_mismatch": ErrorMeaning(.corrupted, transient: true, "the bytes were damaged on the way to the store"),
    "lookup_failed/not_found": forgotten,
    "lookup_failed/closed": forgotten,
    "incorrect_offset": forgotten,
    "closed": forgotten,
    "not_closed": forgotten,
    "concurrent_session_not_closed": forgotten,
    "concurrent_session_missing_data": ErrorMeaning(.corrupted, transient: true, "pieces of the upload did not arrive"),
    // What cannot be.
    "unsupported_file": ErrorMeaning(.unsupported, "it is a document of Dropbox or Google, which can only be exported"),
    "unsupported_content_type": ErrorMeaning(.unsupported, "the service cannot do that with files of this kind"),
    "internal_error": fault,
    "invalid_async_job_id": fault,
    // Tokens.
    "invalid_grant": ErrorMeaning(
      .unauthenticated, "the login was revoked or has expired, or the code was used before: log in with isobar login dropbox"),
    "invalid_client": ErrorMeaning(.unauthenticated, "there is no such app, or its secret is another: check the app key"),
    "unauthorized_client": ErrorMeaning(.unauthenticated, "the app may not log in this way: look at its settings"),
  ]
}
