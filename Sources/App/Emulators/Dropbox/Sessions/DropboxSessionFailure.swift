import Markup

/// Why a session cannot be used so.
enum DropboxSessionFailure: Error, Sendable {
  case notFound
  case incorrectOffset(correct: Int64)
  case closed
  case notClosed
  case tooLarge
  case invalidOffset
  case invalidDataSize
  // Of finishing alone, beside `lookup_failed`.
  case dataNotAllowed
  case concurrentNotClosed
  case missingData

  var error: DropboxError {
    switch self {
    case .notFound: .void("not_found")
    case .incorrectOffset(let correct): .fields("incorrect_offset", ["correct_offset": .integer(correct)])
    case .closed: .void("closed")
    case .notClosed: .void("not_closed")
    case .tooLarge: .void("too_large")
    case .invalidOffset: .void("concurrent_session_invalid_offset")
    case .invalidDataSize: .void("concurrent_session_invalid_data_size")
    case .dataNotAllowed: .void("concurrent_session_data_not_allowed")
    case .concurrentNotClosed: .void("concurrent_session_not_closed")
    case .missingData: .void("concurrent_session_missing_data")
    }
  }

  /// As finishing a session says it.
  var finishError: DropboxError {
    switch self {
    case .dataNotAllowed, .concurrentNotClosed, .missingData: error
    default: .nested("lookup_failed", error)
    }
  }
}
