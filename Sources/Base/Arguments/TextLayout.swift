/// Breaks text into lines of a width.
enum TextLayout {
  /// The words of `text` in lines of at most `width` characters; a longer word has a line of its own.
  static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      if !line.isEmpty && line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }

  /// The paragraphs of `text`, which empty lines separate.
  static func paragraphs(_ text: String) -> [String] {
    var result: [String] = [""]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.allSatisfy({ $0 == " " }) {
        if !(result[result.count - 1].isEmpty) { result.append("") }
      } else {
        result[result.count - 1] += (result[result.count - 1].isEmpty ? "" : "\n") + line
      }
    }
    return result.filter { !$0.isEmpty }
  }

  /// `text` filled up with spaces to `width`.
  static func pad(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
