import HTTPMessages
import ObjectStorage
import Primitives

/// A blob as the service describes it, in the headers of an answer or in a listing.
struct BlobResource: Sendable {
  var size: Int64
  var version: ObjectVersion
  /// As it was set; see `contentMD5`.
  var md5: [UInt8]?
  /// When this state was written, to the second.
  var stored: Timestamp?
  var tier: StorageClass?
  /// While it is on its way out of the archive: `rehydrate-pending-to-hot`.
  var archiveStatus: String?
  /// `BlockBlob`, `AppendBlob`, `PageBlob`.
  var type: String?
  var contentType: String?
  /// By their names in lower case.
  var metadata: [String: String] = [:]
  var headers = ContentHeaders()
  /// How many index tags it has, where we may know.
  var tagCount: Int?
  /// A folder of an account with a hierarchical namespace, or an empty blob that stands for one.
  var isFolder = false

  init(size: Int64, version: ObjectVersion) {
    self.size = size
    self.version = version
  }

  /// Reads the headers of an answer to HEAD or GET; nil without an entity tag.
  /// - Parameter size: of the whole blob.
  init?(_ fields: HTTPHeaders, size: Int64) {
    guard let version = EntityTag.version(fields["etag"]) else { return nil }
    self.init(size: size, version: version)
    // That of the whole comes under a name of its own with a range; then the other is the range's.
    let hash = fields["x-ms-blob-content-md5"] ?? (fields.contains("content-range") ? nil : fields["content-md5"])
    md5 = hash.flatMap { Base64.decode($0) }.flatMap { $0.count == 16 ? $0 : nil }
    stored = fields["last-modified"].flatMap { Timestamp(rfc1123: $0) }
    tier = fields["x-ms-access-tier"].flatMap { StorageClass($0) }
    archiveStatus = fields["x-ms-archive-status"]
    type = fields["x-ms-blob-type"]
    contentType = fields["content-type"]
    tagCount = fields["x-ms-tag-count"].flatMap { Int($0) }
    let prefix = "x-ms-meta-"
    for field in fields {
      let name = field.name.lowercased()
      if name.hasPrefix(prefix) { metadata[String(name.dropFirst(prefix.utf8.count))] = field.value }
    }
    for (_, given, path) in BlobAttributes.contentHeaders {
      // What could not be sent again is left out.
      if let value = fields[given], !value.isEmpty, BlobAttributes.isHeaderValue(value) { headers[keyPath: path] = value }
    }
    isFolder = fields["x-ms-resource-type"] == "directory" || marksFolder
  }

  /// The content's MD5, where the service can be believed to keep it: of page and append blobs it is what somebody once said, and writes
  /// to them leave it as it is.
  var contentMD5: [UInt8]? { type ?? "BlockBlob" == "BlockBlob" ? md5 : nil }

  /// Whether metadata says that an empty blob stands for a folder.
  var marksFolder: Bool { size == 0 && metadata[BlobAttributes.folder] == "true" }

  /// The entry under a key of the store.
  func entry(_ key: ObjectKey) -> ObjectEntry {
    ObjectEntry(
      key: key, size: size, version: version, modified: BlobAttributes.modified(metadata), stored: stored,
      mode: BlobAttributes.bits(metadata), hash: contentMD5.map { ContentHash(.md5, $0) }, storageClass: tier)
  }

  /// All that is known, under a key of the store.
  func info(_ key: ObjectKey) -> ObjectInfo {
    ObjectInfo(
      entry: entry(key), hashes: contentMD5.map { [ContentHash(.md5, $0)] } ?? [], contentType: contentType,
      userMetadata: BlobAttributes.read(metadata).user, headers: headers, isArchived: tier?.name == "Archive")
  }

  /// Why it cannot be read, if it lies in the archive.
  var archiveAdvice: String? {
    guard tier?.name == "Archive" else { return nil }
    if let archiveStatus {
      let target = archiveStatus.split(separator: "-").last.map(String.init) ?? "an online tier"
      return "it is being brought back from the archive tier to \(DisplayText.escape(target)), which takes up to 15 hours"
    }
    return "it is in the archive tier: move it to a tier that is online first, which takes up to 15 hours"
  }
}
