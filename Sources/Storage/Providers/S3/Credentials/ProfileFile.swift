import Primitives

/// The shared `config` and `credentials` files of the AWS programs: sections in brackets with `name = value` lines.
///
/// Nested values (an indented block under an empty value) and comments are skipped; of a name that comes again the last counts.
struct ProfileFile: Sendable, Equatable {
  private(set) var sections: [String: [String: String]] = [:]

  /// Reads a file's text. Never fails: a line that means nothing is passed over, as the AWS programs do.
  init(_ text: String) {
    var section: String?
    var isNested = false
    for line in text.split(omittingEmptySubsequences: true, whereSeparator: { $0.isNewline }) {
      let isIndented = line.first == " " || line.first == "\t"
      let content = Self.trimmed(line)
      if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
      if content.hasPrefix("[") {
        guard let close = content.firstIndex(of: "]") else {
          section = nil
          continue
        }
        let name = Self.trimmed(content[content.index(after: content.startIndex)..<close])
        let words = name.split(whereSeparator: { $0 == " " || $0 == "\t" })
        section = words.joined(separator: " ")
        isNested = false
        if let section, sections[section] == nil { sections[section] = [:] }
        continue
      }
      guard let section, let equals = content.firstIndex(of: "=") else { continue }
      if isIndented && isNested { continue }
      let name = Self.trimmed(content[..<equals]).lowercased()
      let value = Self.withoutComment(Self.trimmed(content[content.index(after: equals)...]))
      isNested = value.isEmpty
      sections[section]?[name] = value
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while let first = text.first, first == " " || first == "\t" || first == "\r" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
    return String(text)
  }

  private static func trimmed(_ text: String) -> String { trimmed(text[...]) }

  /// A comment in a line must have white space before it: secrets may hold `#`.
  private static func withoutComment(_ value: String) -> String {
    var previous: Character = " "
    var index = value.startIndex
    while index < value.endIndex {
      let character = value[index]
      if (character == "#" || character == ";") && (previous == " " || previous == "\t") && index > value.startIndex {
        return trimmed(value[..<index])
      }
      previous = character
      index = value.index(after: index)
    }
    return value
  }
}

/// The profiles of both files together: what the credentials file says wins.
struct Profiles: Sendable {
  private var profiles: [String: [String: String]] = [:]

  init(config: ProfileFile?, credentials: ProfileFile?) {
    for (section, values) in config?.sections ?? [:] {
      if section == "default" {
        profiles["default", default: [:]].merge(values) { old, _ in old }
      } else if section.hasPrefix("profile ") {
        profiles[String(section.dropFirst("profile ".count)), default: [:]].merge(values) { _, new in new }
      }
    }
    for (section, values) in credentials?.sections ?? [:] { profiles[section, default: [:]].merge(values) { _, new in new } }
  }

  subscript(name: String) -> [String: String]? { profiles[name] }

  /// All names, for a suggestion when one is mistyped.
  var names: [String] { profiles.keys.sorted() }
}
