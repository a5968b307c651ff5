import Markup
import Primitives

/// What the service says in the body of an answer that is an error.
struct ServiceError: Error, Sendable, Equatable {
  /// The way through the unions of the error: `path`, `conflict`, `file`.
  var tags: [String] = []
  /// For people, in the service's words.
  var message = ""
  /// The scope that a token lacks.
  var missingScope: String?
  /// How much an upload session holds.
  var correctOffset: Int64?
  /// Seconds to wait.
  var retryAfter: Int64?

  init(tags: [String] = []) { self.tags = tags }

  /// Reads `{"error_summary": "path/conflict/file/…", "error": {".tag": "path", …}}`; other bodies are plain text.
  init(_ body: [UInt8]) {
    self.init()
    guard !body.isEmpty else { return }
    guard let answer = try? JSONValue.parse(body, limits: MarkupLimits(byteCount: 1 << 20)), answer.objectValue != nil else {
      // A page for browsers says nothing that fits a line.
      if body.first != UInt8(ascii: "<"), body.first != UInt8(ascii: "{") {
        message = String(decoding: body.prefix(300), as: UTF8.self)
      }
      return
    }
    if let error = answer["error"] { self = ServiceError(union: error) }
    if tags.isEmpty, let summary = answer["error_summary"]?.stringValue { tags = Self.tags(summary: summary) }
    message = answer["user_message"]?["text"]?.stringValue ?? ""
  }

  /// Reads an error as it stands in an answer, also as the outcome of one entry of a batch.
  init(union: JSONValue) {
    var current = union
    for _ in 0..<8 {
      if let word = current.stringValue {
        if Self.isWord(word) { tags.append(word) }
        break
      }
      missingScope = missingScope ?? current["required_scope"]?.stringValue
      correctOffset = correctOffset ?? current["correct_offset"]?.integerValue
      retryAfter = retryAfter ?? current["retry_after"]?.integerValue
      let tag = current[".tag"]?.stringValue.flatMap { Self.isWord($0) ? $0 : nil }
      if let tag { tags.append(tag) }
      guard let next = tag.flatMap({ current[$0] }) ?? current["reason"] else { break }
      current = next
    }
  }

  /// `path/not_found/..`: what ends it is filler.
  private static func tags(summary: String) -> [String] {
    summary.split(separator: "/").map(String.init).filter { isWord($0) }
  }

  private static func isWord(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
  }

  func has(_ tag: String) -> Bool { tags.contains { $0.utf8.elementsEqual(tag.utf8) } }

  /// Whether another write of the account was in the way for a moment.
  var isContention: Bool { has("too_many_write_operations") }

  /// Whether another token may be taken.
  var isAboutToken: Bool { has("expired_access_token") || has("invalid_access_token") }
}
