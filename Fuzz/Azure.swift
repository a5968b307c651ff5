import ObjectStorage
import ProviderSupport

@testable import AzureStorage

/// What comes from Azure Blob Storage: listings, errors, metadata, the parts of a batch's answer, names of blocks. The first byte chooses.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  let rest = Array(bytes.dropFirst())
  switch bytes.first {
  case UInt8(ascii: "l"): listing(rest)
  case UInt8(ascii: "e"):
    let error = ServiceError([:], rest)
    precondition(error.message.utf8.count <= 900, "a message without an end")
  case UInt8(ascii: "m"): metadata(String(decoding: rest, as: UTF8.self))
  case UInt8(ascii: "b"):
    for (index, answer) in BatchAnswer.parse(rest, type: "multipart/mixed; boundary=b") {
      precondition(index >= 0 && (100...999).contains(answer.status) && answer.body.count <= rest.count)
    }
  default:
    let text = String(decoding: rest, as: UTF8.self)
    if let id = BlockID(text) { precondition(BlockID(id.text) == id, "a block's name that changes") }
    if let version = EntityTag.version(text), let header = EntityTag.header(version) {
      precondition(EntityTag.version(header) == version, "a tag that changes")
    }
  }
  return 0
}

private func listing(_ bytes: [UInt8]) {
  func read(_ piece: Int) -> BlobPage? {
    let reader = BlobPageReader()
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
  precondition(whole?.names.map(\.name) == read(7)?.names.map(\.name), "the pieces' size changes what is read")
  guard let whole else { return }
  for name in whole.names {
    var (bytes, position): ([UInt8], Int) = ([], 0)
    name.write(to: &bytes)
    precondition(ListedName(bytes, &position)?.name == name.name && position == bytes.count, "a file does not keep a name")
    precondition(!name.name.isEmpty && name.blob?.size ?? 0 >= 0)
    if let key = try? ObjectKey(name.name) { _ = name.blob?.info(key) }
  }
}

/// Lines of `name: value`.
private func metadata(_ text: String) {
  var entries: [String: String] = [:]
  for line in text.split(separator: "\n") {
    let colon = line.firstIndex(of: ":") ?? line.endIndex
    entries[line[..<colon].lowercased()] = String(line[colon...].dropFirst())
  }
  let read = BlobAttributes.read(entries)
  // What can be written comes back.
  guard let key = try? ObjectKey("a"), let written = try? BlobAttributes.entries(for: read, key: key) else { return }
  for entry in written {
    precondition(entry.value.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !entry.value.isEmpty, "a value that is none")
    precondition(entry.name.utf8.allSatisfy { $0 == 0x5F || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
  }
  let again = BlobAttributes.read(Dictionary(written.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }))
  precondition(again == read, "metadata that changes")
}
