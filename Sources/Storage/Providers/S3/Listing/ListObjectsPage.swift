import Markup
import ObjectStorage
import Primitives
import ProviderSupport

/// One answer of ListObjectsV2, read from the wire as it comes.
struct ListObjectsPage: Sendable {
  /// One `<Contents>`.
  struct Object: Sendable {
    /// The whole key in the bucket.
    var key: [UInt8] = []
    var size: Int64 = -1
    var etag: [UInt8] = []
    var modified: Timestamp?
    var storageClass: StorageClass?
  }

  var objects: [Object] = []
  /// The whole prefixes in the bucket, each with its closing delimiter.
  var commonPrefixes: [[UInt8]] = []
  var isTruncated = false
  var nextToken: [UInt8]?

  /// Whether a key has what XML cannot carry faithfully: a line end (a bare carriage return becomes one), or the character that
  /// some writers put in place of those that XML forbids.
  var hasDoubtfulKeys: Bool {
    func isDoubtful(_ key: [UInt8]) -> Bool {
      for (index, byte) in key.enumerated() {
        if byte == 0x0A { return true }
        if byte == 0xEF, index + 2 < key.count, key[index + 1] == 0xBF, key[index + 2] == 0xBD { return true }
      }
      return false
    }
    return objects.contains { isDoubtful($0.key) } || commonPrefixes.contains(where: isDoubtful)
  }
}

/// Builds a `ListObjectsPage` from the pieces of an answer's body.
final class ListObjectsReader {
  private(set) var page = ListObjectsPage()
  private var reader: XMLReader?
  private var object = ListObjectsPage.Object()
  private var isInPrefixes = false
  private var isURLEncoded = false
  private var depth = 0
  private var rootIsRight = false
  /// The class seen last: nearly all objects of a bucket have the same one.
  private var lastClass: (text: [UInt8], value: StorageClass?) = ([], nil)

  init() {
    reader = XMLReader(
      limits: MarkupLimits(byteCount: 256 << 20, depth: 16),
      start: { [unowned self] name, _ in start(name) },
      end: { [unowned self] name, text in try end(name, text) })
  }

  func feed(_ bytes: UnsafeRawBufferPointer) throws { try reader?.feed(bytes) }

  /// The page, once the answer has ended.
  func finish() throws -> ListObjectsPage {
    try reader?.finish()
    guard rootIsRight else { throw MalformedListing(reason: "it is not a listing") }
    if isURLEncoded {
      for index in page.objects.indices { page.objects[index].key = try Self.decoded(page.objects[index].key) }
      for index in page.commonPrefixes.indices { page.commonPrefixes[index] = try Self.decoded(page.commonPrefixes[index]) }
    }
    return page
  }

  private func start(_ name: XMLName) {
    depth += 1
    if depth == 1 { rootIsRight = name == "ListBucketResult" }
    if depth == 2 {
      if name == "Contents" {
        object = ListObjectsPage.Object()
      } else if name == "CommonPrefixes" {
        isInPrefixes = true
      }
    }
  }

  private func end(_ name: XMLName, _ text: XMLText) throws {
    depth -= 1
    switch depth {
    case 2:
      if isInPrefixes {
        if name == "Prefix" { page.commonPrefixes.append(text.bytes) }
      } else {
        try endOfObjectField(name, text)
      }
    case 1:
      switch name {
      case "Contents":
        guard !object.key.isEmpty, object.size >= 0 else { throw MalformedListing(reason: "an entry has no key or no size") }
        page.objects.append(object)
      case "CommonPrefixes": isInPrefixes = false
      case "IsTruncated": page.isTruncated = text == "true"
      case "NextContinuationToken": page.nextToken = text.bytes
      case "EncodingType": isURLEncoded = text == "url"
      default: break
      }
    default: break
    }
  }

  private func endOfObjectField(_ name: XMLName, _ text: XMLText) throws {
    switch name {
    case "Key": object.key = text.bytes
    case "Size": object.size = text.integer ?? -1
    case "ETag": object.etag = ETag.unquoted(text.unsafeBytes)
    case "LastModified": object.modified = Timestamp(iso8601: text.string)
    case "StorageClass": object.storageClass = storageClass(text)
    default: break
    }
  }

  private func storageClass(_ text: XMLText) -> StorageClass? {
    if text.unsafeBytes.elementsEqual(lastClass.text) { return lastClass.value }
    lastClass = (text.bytes, StorageClass(text.string))
    return lastClass.value
  }

  /// S3 encodes a space as `+` here, as in a form.
  private static func decoded(_ text: [UInt8]) throws -> [UInt8] {
    guard text.contains(where: { $0 == 0x25 || $0 == 0x2B }) else { return text }
    guard let bytes = PercentEncoding.decode(text.map { $0 == 0x2B ? 0x20 : $0 }) else {
      throw MalformedListing(reason: "a key is not encoded as announced")
    }
    return bytes
  }
}

/// Entity tags: the version of an object here is the tag without its quotes, since servers differ in whether they send them.
enum ETag {
  static func unquoted(_ text: some Sequence<UInt8>) -> [UInt8] {
    var bytes = Array(text)[...]
    if bytes.starts(with: [0x57, 0x2F]) { bytes = bytes.dropFirst(2) }
    if bytes.count >= 2, bytes.first == 0x22, bytes.last == 0x22 { bytes = bytes.dropFirst().dropLast() }
    return Array(bytes)
  }

  static func unquoted(_ text: String) -> [UInt8] { unquoted(text.utf8) }

  /// The MD5 of the content, if the tag has the form of one.
  static func md5(_ tag: [UInt8]) -> [UInt8]? {
    guard tag.count == 32 else { return nil }
    return Hex.decode(String(decoding: tag, as: UTF8.self))
  }
}
