/// What a client wants to be written, and when.
struct DropboxCommit: Sendable {
  var place: DropboxPlace
  var mode: Mode
  /// Whether a conflict gives the new file another name instead of an error.
  var naming: Naming
  var clientModified: Int64?
  /// Whether equal content, and a file that is gone, are conflicts too.
  var strictness: Strictness

  enum Mode: Sendable {
    case add
    case overwrite
    case update(revision: String)
  }

  enum Naming: Sendable {
    case asGiven
    case renamed

    /// As the flag `autorename` says.
    init(_ arguments: DropboxArguments) throws {
      self = try arguments.bool("autorename", default: false) ? .renamed : .asGiven
    }
  }

  enum Strictness: Sendable {
    case usual
    case strict
  }

  init(place: DropboxPlace, mode: Mode, clientModified: Int64?) {
    self.place = place
    self.mode = mode
    self.clientModified = clientModified
    naming = .asGiven
    strictness = .usual
  }

  /// Reads the service's `CommitInfo`; other fields of a struct that holds one may be named.
  init(_ arguments: DropboxArguments, also others: Set<String> = []) throws {
    try arguments.allow(
      others.union(["path", "mode", "autorename", "client_modified", "mute", "property_groups", "strict_conflict"]))
    place = try .read(arguments, "path", .writeOrID, malformed: DropboxWriteFailure.malformedPath)
    mode = .add
    if let union = try arguments.union("mode") {
      switch union.tag {
      case "add": mode = .add
      case "overwrite": mode = .overwrite
      case "update":
        let revision = try union.fields.string("update")
        guard revision.utf8.count >= 9, revision.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
          throw union.fields.refusal("update", "'\(revision)' did not match pattern '[0-9a-f]+'")
        }
        mode = .update(revision: revision)
      default: throw arguments.refusal("mode", "invalid union tag '\(union.tag)'")
      }
    }
    naming = try Naming(arguments)
    clientModified = try arguments.time("client_modified")
    strictness = try arguments.bool("strict_conflict", default: false) ? .strict : .usual
    _ = try arguments.bool("mute", default: false)
  }
}
