import HTTPServer
import Markup

// A batch's arguments are all read before anything is done: one that is no argument at all (400) refuses the batch, one that names what
// cannot be (409) is the result of its entry.

extension DropboxEmulator {
  /// `files/create_folder_batch`: each path with a result of its own.
  func createFolderBatch(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["paths", "autorename", "force_async"])
    let naming = try DropboxCommit.Naming(call.arguments)
    let isAsynchronous = try call.arguments.bool("force_async", default: false)
    let places = try call.arguments.strings("paths", atMost: 10_000).enumerated().map { index, text in
      try settled {
        try tagged(lookup: "path", write: "path") {
          if let place = try DropboxPlace.parse(text, .write, malformed: DropboxWriteFailure.malformedPath) { return place }
          throw call.arguments.refusal("paths[\(index)]", "'\(text)' did not match pattern '\(DropboxPlace.Form.write.pattern)'")
        }
      }
    }
    let results = try results(places) { place in
      ["metadata": .object(try createFolder(place, naming).metadata(withTag: false))]
    }
    if isAsynchronous { return try startJob(["entries": .array(results)]) }
    return .json(.object([".tag": "complete", "entries": .array(results)]))
  }

  /// `files/delete_batch`: always a job.
  func deleteBatch(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["entries"])
    let deletions = try call.arguments.list("entries", atMost: 1000).map { entry in try settled { try DropboxDeletion(entry) } }
    return try startJob([
      "entries": .array(
        try results(deletions) { deletion in ["metadata": .object(try delete(deletion).metadata(withTag: true))] })
    ])
  }

  /// `files/move_batch_v2`, `files/copy_batch_v2`: always a job; each entry with a result of its own.
  func relocateBatch(_ call: DropboxCall, _ kind: DropboxTree.RelocationKind) throws -> HTTPServerResponse {
    try call.arguments.allow(["entries", "autorename", "allow_ownership_transfer"])
    let naming = try DropboxCommit.Naming(call.arguments)
    let relocations = try call.arguments.list("entries", atMost: 1000).map { entry in
      try settled { try DropboxRelocation(entry, also: [], naming: naming) }
    }
    let results = try results(relocations, failure: { .nested("relocation_error", $0) }) { relocation in
      let entry = try depot.table.transaction { try tree($0).relocate(relocation, kind) }
      return ["success": .object(entry.metadata(withTag: true))]
    }
    return try startJob(["entries": .array(results)])
  }

  /// What a batch says of each of its entries.
  private func results<Entry>(
    _ entries: [Result<Entry, DropboxError>], failure: (DropboxError) -> DropboxError = { $0 },
    _ perform: (Entry) throws -> JSONObject
  ) throws -> [JSONValue] {
    try entries.map { entry in
      switch try settled({ try perform(entry.asEndpoint()) }) {
      case .success(let fields): .object(DropboxError.fields("success", fields).json)
      case .failure(let error): Self.failed(failure(error))
      }
    }
  }

  /// The result of an entry that failed.
  static func failed(_ error: DropboxError) -> JSONValue {
    .object([".tag": "failure", "failure": .object(error.json)])
  }
}

/// What `body` gives, or what the function's own error says of it; other refusals are thrown.
func settled<Value>(_ body: () throws -> Value) throws -> Result<Value, DropboxError> {
  do {
    return .success(try body())
  } catch DropboxRefusal.endpoint(let error) { return .failure(error) }
}

extension Result where Failure == DropboxError {
  /// The value; the error is thrown as what the endpoint refuses.
  func asEndpoint() throws -> Success {
    switch self {
    case .success(let value): value
    case .failure(let error): throw DropboxRefusal.endpoint(error)
    }
  }
}
