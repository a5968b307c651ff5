import HTTPMessages
import Markup
import ObjectStorage
import Primitives
import ProviderSupport

/// One entry of a listing: a blob, or a folder into which a listing of one level has folded what lies below.
struct ListedName: Sendable {
  /// In the container; a folder's has its closing slash.
  var name: [UInt8]
  /// Nil for a folder that was folded.
  var blob: BlobResource?
  /// Whether the service has it without the slash: then it came where that name has its place.
  var lacksSlash = false
}

/// One answer of `List Blobs`, read from the wire as it comes.
struct BlobPage: Sendable {
  /// In the service's order.
  var names: [ListedName] = []
  /// What asks for the page behind; nil after the last.
  var next: String?
  /// Whether the account has real folders: then a folder's content comes right behind it.
  var isHierarchical = false
  /// Blobs that only have blocks, by their names, where these were asked for.
  var uncommitted: [[UInt8]] = []
}

/// Builds a `BlobPage` from the pieces of an answer's body.
final class BlobPageReader {
  private var page = BlobPage()
  private var reader: XMLReader?
  private var depth = 0
  private var isListing = false
  private var name: [UInt8]?
  private var isEncoded = false
  private var hasTag = false
  private var hasLength = false
  private var blob = BlobResource(size: 0, version: ObjectVersion([]))
  private var isMetadata = false
  private var isSnapshot = false

  init() {
    reader = XMLReader(
      limits: MarkupLimits(byteCount: 256 << 20, depth: 16),
      start: { [unowned self] name, attributes in start(name, attributes) },
      end: { [unowned self] name, text in try end(name, text) })
  }

  func feed(_ bytes: UnsafeRawBufferPointer) throws { try reader?.feed(bytes) }

  /// The page, once the answer has ended.
  func finish() throws -> BlobPage {
    try reader?.finish()
    guard isListing else { throw MalformedListing(reason: "it is not a listing") }
    return page
  }

  private func start(_ element: XMLName, _ attributes: XMLAttributes) {
    depth += 1
    switch depth {
    case 1: isListing = element == "EnumerationResults"
    case 3:
      name = nil
      (isEncoded, hasTag, hasLength, isSnapshot) = (false, false, false, false)
      blob = BlobResource(size: 0, version: ObjectVersion([]))
    case 4:
      isMetadata = element == "Metadata"
      if element == "Name" { isEncoded = attributes["Encoded"] == "true" }
    default: break
    }
  }

  private func end(_ element: XMLName, _ text: XMLText) throws {
    depth -= 1
    switch depth {
    case 1: if element == "NextMarker", !text.isEmpty { page.next = text.string }
    case 2:
      if element == "Blob" { try endOfBlob() } else if element == "BlobPrefix" { try endOfFolder() }
    case 3:
      if element == "Name" { name = try decoded(text) } else if element == "Snapshot" { isSnapshot = true }
    case 4: if isMetadata { blob.metadata[element.string.lowercased()] = text.string } else { property(element, text) }
    default: break
    }
  }

  private func endOfBlob() throws {
    guard var name, !name.isEmpty else { throw MalformedListing(reason: "an entry has no name") }
    if isSnapshot { return }
    guard hasTag else {
      // Blobs without any content that counts lack it, and they are given only to who asks for them.
      page.uncommitted.append(name)
      return
    }
    guard hasLength else { throw MalformedListing(reason: "an entry has no size") }
    if blob.isFolder || blob.marksFolder {
      blob.isFolder = true
      blob.size = 0
    }
    let lacksSlash = blob.isFolder && name.last != 0x2F
    if lacksSlash { name.append(0x2F) }
    page.names.append(ListedName(name: name, blob: blob, lacksSlash: lacksSlash))
  }

  private func endOfFolder() throws {
    guard let name, !name.isEmpty else { throw MalformedListing(reason: "a folder has no name") }
    page.names.append(ListedName(name: name, blob: nil))
  }

  private func property(_ element: XMLName, _ text: XMLText) {
    switch element {
    case "Content-Length":
      if let size = text.integer, size >= 0 {
        blob.size = size
        hasLength = true
      }
    case "Etag", "ETag":
      if let version = EntityTag.version(text.string) {
        blob.version = version
        hasTag = true
      }
    case "Last-Modified": blob.stored = Timestamp(rfc1123: text.string)
    case "Content-MD5": blob.md5 = Base64.decode(text.string).flatMap { $0.count == 16 ? $0 : nil }
    case "AccessTier": blob.tier = StorageClass(text.string)
    case "ArchiveStatus": blob.archiveStatus = text.string
    case "BlobType": blob.type = text.string
    case "ResourceType":
      page.isHierarchical = true
      if text == "directory" { blob.isFolder = true }
    default: break
    }
  }

  /// Names that XML cannot hold are percent-encoded, and say so.
  private func decoded(_ text: XMLText) throws -> [UInt8] {
    if !isEncoded { return text.bytes }
    guard let bytes = PercentEncoding.decode(text.bytes) else {
      throw MalformedListing(reason: "a name is not encoded as announced")
    }
    return bytes
  }
}

/// Feeds the body of an answer to a reader.
final class BlobPageSink: ByteSink, @unchecked Sendable {
  private var reader = BlobPageReader()

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    try reader.feed(bytes)
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }

  func restart() { reader = BlobPageReader() }

  func finish() throws -> BlobPage { try reader.finish() }
}
