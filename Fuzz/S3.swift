import ObjectStorage

@testable import S3Storage

/// What comes from a service or lies in the files of the AWS programs: listings, errors, metadata, profiles. The first byte chooses.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  let rest = Array(bytes.dropFirst())
  switch bytes.first {
  case UInt8(ascii: "l"): listing(rest)
  case UInt8(ascii: "e"):
    if let error = ServiceError.parse(rest) { _ = (error.code, error.message, error.region) }
  case UInt8(ascii: "m"): metadata(rest)
  default:
    let text = String(decoding: rest, as: UTF8.self)
    let profiles = Profiles(config: ProfileFile(text), credentials: ProfileFile(text))
    for name in profiles.names { precondition(profiles[name] != nil) }
  }
  return 0
}

private func listing(_ bytes: [UInt8]) {
  func read(_ piece: Int) -> ListObjectsPage? {
    let reader = ListObjectsReader()
    do {
      var rest = bytes[...]
      while !rest.isEmpty {
        try rest.prefix(piece).withUnsafeBytes { try reader.feed($0) }
        rest = rest.dropFirst(piece)
      }
      return try reader.finish()
    } catch {
      return nil
    }
  }
  let whole = read(max(1, bytes.count))
  let cut = read(7)
  precondition(whole?.objects.map(\.key) == cut?.objects.map(\.key), "the pieces' size changes what is read")
  guard let whole else { return }
  _ = whole.hasDoubtfulKeys
  for object in whole.objects {
    precondition(object.size >= 0 && !object.key.isEmpty)
    _ = (try? ObjectKey(object.key), ETag.md5(object.etag))
  }
}

/// Lines of `name: value`.
private func metadata(_ bytes: [UInt8]) {
  let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
    let colon = line.firstIndex(of: ":") ?? line.endIndex
    return (name: String(line[..<colon]), value: String(line[colon...].dropFirst()))
  }
  let read = MetadataHeaders.metadata(from: lines)
  // What can be written comes back.
  guard let key = try? ObjectKey("a"), let written = try? MetadataHeaders.headers(for: read, key: key) else { return }
  for header in written { precondition(header.value.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "a header that is none") }
  let again = MetadataHeaders.metadata(from: written)
  precondition(again.modified == read.modified && again.mode == read.mode && again.user == read.user, "metadata that changes")
}
