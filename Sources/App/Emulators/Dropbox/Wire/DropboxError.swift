import Markup

/// A value of one of the service's tagged unions, as errors are made of: its JSON, and the tags on the way for the summary.
struct DropboxError: Error, Sendable {
  var summary: String
  var json: JSONObject

  /// A tag without a value.
  static func void(_ tag: String) -> DropboxError { DropboxError(summary: tag, json: [".tag": .string(tag)]) }

  /// A tag whose value is another union.
  static func nested(_ tag: String, _ inner: DropboxError) -> DropboxError {
    DropboxError(summary: "\(tag)/\(inner.summary)", json: [".tag": .string(tag), tag: .object(inner.json)])
  }

  /// A tag whose value is a struct: its fields stand beside the tag.
  static func fields(_ tag: String, _ fields: JSONObject, summary: String? = nil) -> DropboxError {
    var json: JSONObject = [".tag": .string(tag)]
    for member in fields.members { json[member.key] = member.value }
    return DropboxError(summary: summary ?? tag, json: json)
  }
}

/// Why a request is refused.
enum DropboxRefusal: Error, Sendable {
  /// 400 with a text that names the function.
  case badArgument(String)
  /// 401: the token is not good for this.
  case unauthorized(DropboxError)
  /// 409: what the function's own error union says.
  case endpoint(DropboxError)
  /// 422: the path root is not one of this account.
  case pathRoot(DropboxError)
  /// 429 with its reason, and the seconds to wait.
  case busy(String, retryAfter: Int)
}

/// Why nothing is found at a path. Which tag stands around it depends on the function.
enum DropboxLookup: Error, Sendable {
  case malformedPath
  case notFound
  case notFile
  case notFolder

  var error: DropboxError {
    switch self {
    case .malformedPath: .void("malformed_path")
    case .notFound: .void("not_found")
    case .notFile: .void("not_file")
    case .notFolder: .void("not_folder")
    }
  }
}

/// Why nothing is written at a path.
enum DropboxWriteFailure: Error, Sendable {
  case malformedPath
  case disallowedName
  case conflict(Conflict)
  case insufficientSpace

  enum Conflict: String, Sendable {
    case file
    case folder
    case fileAncestor = "file_ancestor"
  }

  var error: DropboxError {
    switch self {
    case .malformedPath: .void("malformed_path")
    case .disallowedName: .void("disallowed_name")
    case .conflict(let what): .nested("conflict", .void(what.rawValue))
    case .insufficientSpace: .void("insufficient_space")
    }
  }
}

/// Gives what `body` throws about paths the tags that a function puts around it.
func tagged<Result>(lookup: String, write: String, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let failure as DropboxLookup {
    throw DropboxRefusal.endpoint(.nested(lookup, failure.error))
  } catch let failure as DropboxWriteFailure {
    throw DropboxRefusal.endpoint(.nested(write, failure.error))
  }
}
