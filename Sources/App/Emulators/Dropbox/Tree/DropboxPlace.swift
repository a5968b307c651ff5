import Primitives

/// What the argument `path` of a function names.
enum DropboxPlace: Sendable {
  case root
  case path(DropboxPath)
  /// `id:…`, and what follows below it.
  case id(String, below: [[UInt8]])
  /// A revision of a file.
  case revision(String)

  /// Which forms a function takes.
  enum Form: Sendable {
    /// `get_metadata`, `download`: also ids and revisions.
    case read
    /// `list_folder`: also ids, and the root as an empty text.
    case folder
    /// `upload`, `delete`…: also ids.
    case writeOrID
    /// `create_folder`.
    case write

    /// The pattern in the service's refusal.
    var pattern: String {
      switch self {
      case .read: #"(/(.|[\r\n])*|id:.*)|(rev:[0-9a-f]{9,})|(ns:[0-9]+(/.*)?)"#
      case .folder: #"(/(.|[\r\n])*)?|id:.*|(ns:[0-9]+(/.*)?)"#
      case .writeOrID: #"(/(.|[\r\n])*)|(ns:[0-9]+(/.*)?)|(id:.*)"#
      case .write: #"(/(.|[\r\n])*)|(ns:[0-9]+(/.*)?)"#
      }
    }
  }

  /// Reads a path. `malformed` is what is thrown for one that matches the pattern and is no path.
  /// - Throws: `.badArgument` with the service's text for one that does not match, `malformed`.
  static func read(
    _ arguments: DropboxArguments, _ key: String = "path", _ form: Form, malformed: any Error = DropboxLookup.malformedPath
  ) throws -> DropboxPlace {
    let text = try arguments.string(key)
    if text.isEmpty, form == .folder { return .root }
    if text == "/", form == .folder {
      throw arguments.refusal(key, "Specify the root folder as an empty string rather than as \"/\".")
    }
    if text.isEmpty || text == "/" { throw arguments.refusal(key, "The root folder is unsupported.") }
    if let place = try parse(text, form, malformed: malformed) { return place }
    throw arguments.refusal(key, "'\(text)' did not match pattern '\(form.pattern)'")
  }

  /// Reads the path `text`; nil if it does not match the form's pattern.
  static func parse(_ text: String, _ form: Form, malformed: any Error) throws -> DropboxPlace? {
    let bytes = Array(text.utf8)
    func path(_ bytes: some Sequence<UInt8>) throws -> DropboxPath {
      do { return try DropboxPath(reading: bytes) } catch { throw malformed }
    }
    if bytes.first == UInt8(ascii: "/") { return .path(try path(bytes)) }
    if bytes.starts(with: "id:".utf8), form != .write {
      let end = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
      let below = end == bytes.count ? [] : try path(bytes[end...]).names
      return .id(String(decoding: bytes[..<end], as: UTF8.self), below: below)
    }
    if bytes.starts(with: "rev:".utf8), form == .read {
      let digits = bytes.dropFirst(4)
      guard digits.count >= 9, digits.allSatisfy(isRevisionDigit) else { return nil }
      return .revision(String(decoding: digits, as: UTF8.self))
    }
    if bytes.starts(with: "ns:".utf8) {
      let rest = bytes.dropFirst(3)
      let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
      guard end > 3, rest[..<end].allSatisfy({ (48...57).contains($0) }) else { return nil }
      guard String(decoding: rest[..<end], as: UTF8.self) == DropboxAccount.namespace else { throw DropboxLookup.notFound }
      if end < bytes.count { return .path(try path(bytes[end...])) }
      return form == .folder ? .root : nil
    }
    return nil
  }

  private static func isRevisionDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...102).contains(byte) }
}
