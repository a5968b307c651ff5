import Markup

@testable import Emulators

/// What a client of the Dropbox emulator sends: arguments, paths, cursors, forms, ranges. The first byte chooses.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  let rest = Array(bytes.dropFirst())
  switch bytes.first {
  case UInt8(ascii: "p"): path(rest)
  case UInt8(ascii: "c"): cursor(String(decoding: rest, as: UTF8.self))
  case UInt8(ascii: "f"):
    if let form = DropboxForm(rest) { _ = (form["code"], form["grant_type"]) }
  case UInt8(ascii: "r"): range(String(decoding: rest, as: UTF8.self))
  default: arguments(rest)
  }
  return 0
}

/// A path that is taken is taken again as it is shown, and its lower case is its own lower case.
private func path(_ bytes: [UInt8]) {
  guard String(validating: bytes, as: UTF8.self) != nil, let path = try? DropboxPath(reading: bytes) else { return }
  let again = try? DropboxPath(reading: path.display.utf8)
  precondition(again?.names == path.names && again?.lower == path.lower, "a path changes when it is read again")
  guard let lower = try? DropboxPath(reading: path.lower) else { preconditionFailure("a lower path is no path") }
  precondition(lower.lower == path.lower, "a lower path is not lower")
  precondition(!path.isAncestor(of: path) && path.isAncestor(of: path.appending([0x61])), "a path is not above what is in it")
}

private func cursor(_ text: String) {
  let key = [UInt8](repeating: 7, count: 16)
  precondition(DropboxCursor(text, key) == nil, "a cursor was made up")
  let made = DropboxCursor(
    folder: Array(text.utf8), depth: .tree, deleted: .shown, limit: 7, progress: .entries(after: Array(text.utf8)), seen: 9,
    generation: 3)
  guard let read = DropboxCursor(made.text(key), key) else { preconditionFailure("a cursor is not read") }
  precondition(read.folder == made.folder && read.progress == made.progress && read.seen == 9, "a cursor changes")
}

private func range(_ header: String) {
  for size in [0, 1, 1000] as [Int64] {
    guard case .part(let range) = DropboxByteRange(header, size: size) else { continue }
    precondition(!range.isEmpty && range.lowerBound >= 0 && range.upperBound <= size, "a range outside of the file")
  }
}

private func arguments(_ bytes: [UInt8]) {
  guard let arguments = try? DropboxArguments(bytes, place: "request body") else { return }
  for form in [DropboxPlace.Form.read, .folder, .writeOrID, .write] { _ = try? DropboxPlace.read(arguments, "path", form) }
  _ = try? DropboxCommit(arguments)
  _ = try? arguments.list("entries", atMost: 10).map { try DropboxCommit($0.nested("commit")) }
  _ = try? DropboxSessionCursor(arguments.nested("cursor"))
  _ = try? arguments.contentHash()
}
