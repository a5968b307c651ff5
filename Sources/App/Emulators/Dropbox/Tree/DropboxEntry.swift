import Markup
import Primitives

/// A file or folder of the account.
struct DropboxEntry: Sendable {
  /// Its path, with the names as they were made.
  var path: DropboxPath
  var id: String
  /// When it changed last, in the order of all changes.
  var sequence: Int64
  /// nil: a folder.
  var file: DropboxFile?

  var isFolder: Bool { file == nil }

  /// For a row of the table.
  var json: JSONValue {
    var object: JSONObject = ["path": .string(path.display), "id": .string(id), "seq": .integer(sequence)]
    if let file { object["file"] = file.json }
    return .object(object)
  }

  init(path: DropboxPath, id: String, sequence: Int64, file: DropboxFile?) {
    self.path = path
    self.id = id
    self.sequence = sequence
    self.file = file
  }

  /// From a row; nil unless it is one.
  init?(_ json: JSONValue?) {
    guard let json, let text = json["path"]?.stringValue, let path = DropboxPath(row: text),
      let id = json["id"]?.stringValue, let sequence = json["seq"]?.integerValue
    else { return nil }
    self.init(path: path, id: id, sequence: sequence, file: json["file"].flatMap(DropboxFile.init))
  }

  /// As the service shows it; with its tag where the type of the answer is not known.
  func metadata(withTag: Bool) -> JSONObject {
    var object = JSONObject()
    if withTag { object[".tag"] = .string(isFolder ? "folder" : "file") }
    object["name"] = .string(String(decoding: path.name, as: UTF8.self))
    object["path_lower"] = .string(String(decoding: path.lower, as: UTF8.self))
    object["path_display"] = .string(path.display)
    object["id"] = .string(id)
    guard let file else { return object }
    object["client_modified"] = .string(Timestamp(seconds: file.clientModified).iso8601)
    object["server_modified"] = .string(Timestamp(seconds: file.serverModified).iso8601)
    object["rev"] = .string(file.revision)
    object["size"] = .integer(file.content.size)
    object["is_downloadable"] = .bool(true)
    object["content_hash"] = .string(Hex.encode(file.content.hash))
    return object
  }
}

/// What a file has beside its name.
struct DropboxFile: Sendable {
  var revision: String
  /// Seconds since 1970, as the client said.
  var clientModified: Int64
  /// Seconds since 1970.
  var serverModified: Int64
  var content: DropboxContent

  var json: JSONValue {
    .object([
      "rev": .string(revision), "cm": .integer(clientModified), "sm": .integer(serverModified), "content": content.json,
    ])
  }

  init(revision: String, clientModified: Int64, serverModified: Int64, content: DropboxContent) {
    self.revision = revision
    self.clientModified = clientModified
    self.serverModified = serverModified
    self.content = content
  }

  init?(_ json: JSONValue) {
    guard let revision = json["rev"]?.stringValue, let clientModified = json["cm"]?.integerValue,
      let serverModified = json["sm"]?.integerValue, let content = DropboxContent(json["content"])
    else { return nil }
    self.init(revision: revision, clientModified: clientModified, serverModified: serverModified, content: content)
  }
}

/// The bytes of a file: blobs in order, as they were uploaded.
struct DropboxContent: Sendable {
  var pieces: [Blob]
  /// The service's content hash.
  var hash: [UInt8]

  var size: Int64 { pieces.reduce(0) { $0 + $1.size } }

  var json: JSONValue { .object(["hash": .string(Hex.encode(hash)), "pieces": .array(pieces.map(\.json))]) }

  init(pieces: [Blob], hash: [UInt8]) {
    self.pieces = pieces
    self.hash = hash
  }

  init?(_ json: JSONValue?) {
    guard let text = json?["hash"]?.stringValue, let hash = Hex.decode(text), let pieces = json?["pieces"]?.arrayValue
    else { return nil }
    self.init(pieces: pieces.compactMap { Blob($0) }, hash: hash)
  }
}

extension DropboxPath {
  /// What is shown where nothing is any more.
  var deletedMetadata: JSONObject {
    [
      ".tag": "deleted", "name": .string(String(decoding: name, as: UTF8.self)),
      "path_lower": .string(String(decoding: lower, as: UTF8.self)), "path_display": .string(display),
    ]
  }
}
