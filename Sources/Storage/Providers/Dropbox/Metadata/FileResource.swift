import Markup
import ObjectStorage
import Primitives

/// A file or folder as the service describes it.
struct FileResource: Sendable {
  enum Kind: Sendable, Equatable {
    case file
    case folder
    /// It was there once.
    case deleted
  }

  var kind: Kind
  /// The last part of the path, spelled as it was written.
  var name: [UInt8]
  /// The whole path in lower case, as the service folds it, and for display; nil if it is mounted nowhere.
  var lowerPath: [UInt8]?
  var displayPath: [UInt8]?
  var id: String
  var rev = ""
  var size: Int64 = 0
  var clientModified: Timestamp?
  var serverModified: Timestamp?
  var contentHash: [UInt8]?
  /// Why its bytes cannot be had; nil if they can.
  var obstacle: String?

  /// Reads one; nil if it lacks what every one has.
  /// - Parameter kind: what it is, where the answer does not say (the answer to an upload is always a file).
  init?(_ json: JSONValue, kind given: Kind? = nil) {
    guard let object = json.objectValue, let name = object["name"]?.stringValue else { return nil }
    switch (given, object[".tag"]?.stringValue) {
    case (let given?, _): kind = given
    case (nil, "file"): kind = .file
    case (nil, "folder"): kind = .folder
    case (nil, "deleted"): kind = .deleted
    default: return nil
    }
    self.name = Array(name.utf8)
    lowerPath = object["path_lower"]?.stringValue.map { Array($0.utf8) }
    displayPath = object["path_display"]?.stringValue.map { Array($0.utf8) }
    id = object["id"]?.stringValue ?? ""
    guard kind == .file else { return }
    guard let rev = object["rev"]?.stringValue, Self.isRev(rev), let size = object["size"]?.integerValue, size >= 0 else {
      return nil
    }
    self.rev = rev
    self.size = size
    clientModified = object["client_modified"]?.stringValue.flatMap { Timestamp(iso8601: $0) }
    serverModified = object["server_modified"]?.stringValue.flatMap { Timestamp(iso8601: $0) }
    contentHash = object["content_hash"]?.stringValue.flatMap { Hex.decode($0) }.flatMap { $0.count == 32 ? $0 : nil }
    if object["symlink_info"]?.objectValue != nil { obstacle = "a symbolic link" }
    if object["is_downloadable"]?.boolValue == false {
      obstacle = "a document of Dropbox Paper or Google, which can only be exported"
    }
  }

  /// Whether a text is a revision: nine or more hexadecimal digits in lower case.
  static func isRev(_ text: String) -> Bool {
    (9...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// A folder has no revision; its id stands in.
  var version: ObjectVersion { ObjectVersion(kind == .file ? rev : id) }

  var hash: ContentHash? { contentHash.map { ContentHash(.dropbox, $0) } }

  /// The entry under a key of the store.
  func entry(_ key: ObjectKey) -> ObjectEntry {
    ObjectEntry(
      key: key, size: size, version: version, modified: clientModified, stored: serverModified, hash: hash,
      identity: id.isEmpty ? nil : Array(id.utf8))
  }

  /// All that is known, under a key of the store.
  func info(_ key: ObjectKey) -> ObjectInfo { ObjectInfo(entry: entry(key), hashes: hash.map { [$0] } ?? []) }

  /// What a write that left it gives back.
  func receipt() -> WriteReceipt {
    WriteReceipt(
      version: version, size: size, hash: hash, modified: clientModified, identity: id.isEmpty ? nil : Array(id.utf8))
  }
}

extension ContentHash.Method {
  /// How Dropbox hashes content.
  static let dropbox = ContentHash.Method.sha256OfParts(partSize: Int64(DropboxLimits.hashBlock))
}
