import Markup
import ObjectStorage
import ProviderSupport

@testable import DropboxStorage

/// What comes from the service or lies in a login's file: errors, descriptions, pages of a listing. The first byte chooses.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  let rest = Array(bytes.dropFirst())
  switch bytes.first {
  case UInt8(ascii: "e"):
    let error = ServiceError(rest)
    _ = ErrorMeaning.of(error.tags, status: 409)
    precondition(error.tags.count <= 64 * 1024 && error.tags.allSatisfy { !$0.isEmpty })
  case UInt8(ascii: "l"): page(rest)
  case UInt8(ascii: "s"): spelling(rest)
  case UInt8(ascii: "h"):
    guard let json = try? JSONValue.parse(rest) else { return 0 }
    let text = HeaderJSON.text(json)
    precondition(text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "a header that is none")
    precondition((try? JSONValue.parse(Array(text.utf8))) == json, "an argument that changes on its way")
  default:
    guard let login = try? DropboxLogin(rest) else { return 0 }
    precondition((try? DropboxLogin(login.file)) == login, "a login that changes when it is kept")
  }
  return 0
}

private func page(_ bytes: [UInt8]) {
  guard let json = try? JSONValue.parse(bytes), let page = try? FolderPage(json) else { return }
  precondition(!page.cursor.isEmpty)
  for entry in page.entries {
    precondition(entry.size >= 0 && (entry.kind != .file || FileResource.isRev(entry.rev)))
    guard let path = entry.displayPath, let key = try? ObjectKey(Array(path.drop { $0 == UInt8(ascii: "/") })) else { continue }
    // What is sorted in a file comes back from it.
    let line = FoundLine(
      kind: .file, order: entry.lowerPath ?? [], sequence: 7, entry: entry.entry(key), obstacle: entry.obstacle)
    var file: [UInt8] = []
    line.write(to: &file)
    var position = 0
    guard let again = FoundLine(file, &position) else { fatalError("a line that cannot be read") }
    precondition(position == file.count && again.entry == line.entry && again.order == line.order)
  }
}

/// Lines of paths, each behind a letter for its kind: however they come, nothing has two spellings and nothing comes twice.
private func spelling(_ bytes: [UInt8]) {
  var lines: [FoundLine] = []
  for (index, text) in bytes.split(separator: 0x0A).enumerated() {
    let path = Array(text.dropFirst())
    let kind: FoundLine.Kind = text.first == 0x66 ? .file : text.first == 0x64 ? .folder : .deleted
    guard let key = try? ObjectKey(kind == .folder ? path + [UInt8(ascii: "/")] : path) else { continue }
    let order = key.withoutSlash.map { byte -> UInt8 in
      byte == UInt8(ascii: "/") ? 0 : (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
    let entry = ObjectEntry(key: key, size: 0, version: ObjectVersion([]))
    lines.append(FoundLine(kind: kind, order: order, sequence: UInt64(index), entry: entry, obstacle: nil))
  }
  lines.sort { $0.precedes($1) }
  var spelling = PathSpelling { _ in false }
  var found: [[UInt8]] = []
  for line in lines { if let one = spelling.take(line) { found.append(one.path) } }
  if let one = spelling.finish() { found.append(one.path) }
  let folded = found.map { path in path.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 } }
  precondition(Set(folded).count == folded.count, "a path came twice")
}
