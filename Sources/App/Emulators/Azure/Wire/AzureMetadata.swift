import HTTPMessages
import HTTPServer
import Primitives

/// What a request says beside the content: metadata, tags, checksums, ranges.
extension AzureCall {
  /// `x-ms-meta-…`, in the order and case of the request. Names that differ in case only are one.
  func metadata() throws(AzureFault) -> [AzureField] {
    var fields: [AzureField] = []
    var size = 0
    for field in request.headers where field.name.lowercased().hasPrefix("x-ms-meta-") {
      let name = field.name.dropFirst("x-ms-meta-".utf8.count)
      guard !name.isEmpty else { throw .emptyMetadataKey }
      guard AzureNames.isMetadataName(name), field.value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 9 }) else {
        throw .invalidMetadata
      }
      size += name.utf8.count + field.value.utf8.count
      if let known = fields.firstIndex(where: { AzureQuery.isSame($0.name, String(name)) }) {
        fields[known] = AzureField(name: fields[known].name, value: "\(fields[known].value),\(field.value)")
      } else {
        fields.append(AzureField(name: String(name), value: field.value))
      }
    }
    guard size <= 8 << 10 else { throw .metadataTooLarge }
    return fields
  }

  /// The tags of `x-ms-tags`: `name=value&…`, percent-encoded; nil without the header.
  func tags() throws(AzureFault) -> [AzureField]? {
    guard let text = self["x-ms-tags"] else { return nil }
    return try AzureTags.checked(try AzureQuery(Substring(text)).items.map { AzureField(name: $0.name, value: $0.value) })
  }

  /// The MD5 that a header gives.
  func md5(_ name: String) throws(AzureFault) -> [UInt8]? {
    guard let text = self[name] else { return nil }
    guard let digest = Base64.decode(text), digest.count == 16 else { throw .invalidMD5 }
    return digest
  }

  /// The CRC-64 that a header gives, lowest byte first on the wire, highest first here.
  func crc64(_ name: String) throws(AzureFault) -> [UInt8]? {
    guard let text = self[name] else { return nil }
    guard let digest = Base64.decode(text), digest.count == 8 else { throw .invalidHeader(name, text) }
    return digest.reversed()
  }

  /// The first and last byte that a header asks for; nil without it. The last is nil for all that follow.
  ///
  /// The service knows `bytes=FIRST-` and `bytes=FIRST-LAST` and nothing else.
  func range(_ names: String...) throws(AzureFault) -> (first: Int64, last: Int64?)? {
    for name in names {
      guard let text = self[name] else { continue }
      guard text.lowercased().hasPrefix("bytes=") else { throw .invalidHeader(name, text) }
      let ends = text.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
      guard ends.count == 2, let first = Self.digits(ends[0]) else { throw .invalidHeader(name, text) }
      if ends[1].isEmpty { return (first, nil) }
      guard let last = Self.digits(ends[1]), last >= first, last < .max else { throw .invalidHeader(name, text) }
      return (first, last)
    }
    return nil
  }

  private static func digits(_ text: Substring) -> Int64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int64(text)
  }
}

/// Blob index tags ("Set Blob Tags").
enum AzureTags {
  /// - Throws: unless there are at most ten, with names of 1 to 128 and values of up to 256 permitted characters, no name twice.
  static func checked(_ tags: [AzureField]) throws(AzureFault) -> [AzureField] {
    guard tags.count <= 10 else { throw .tagsTooLarge }
    for (index, tag) in tags.enumerated() {
      guard !tag.name.isEmpty else {
        throw AzureFault(400, "EmptyTagName", "The name of one of the tag key-value pairs is empty.")
      }
      guard tag.name.utf8.count <= 128, tag.value.utf8.count <= 256 else { throw .tagsTooLarge }
      guard (tag.name + tag.value).utf8.allSatisfy(isPermitted) else { throw .invalidTags }
      guard !tags[..<index].contains(where: { $0.name == tag.name }) else {
        throw AzureFault(400, "DuplicateTagNames", "The tags specified contain duplicate names.")
      }
    }
    return tags
  }

  private static func isPermitted(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: " +-./:=_".utf8.contains(byte)
    }
  }
}
