/// Lines of columns, each as wide as its widest cell.
struct TextTable {
  /// Where a column's cells stand.
  enum Alignment { case left, right }

  private let alignments: [Alignment]
  private var rows: [[String]] = []

  /// A table with a column for each alignment.
  init(_ alignments: Alignment...) { self.alignments = alignments }

  /// Adds a row; it may have fewer cells than there are columns.
  mutating func add(_ cells: String...) { rows.append(cells) }

  /// The lines, two spaces between columns, without spaces at their ends.
  var lines: [String] {
    let widths = alignments.indices.map { column in rows.map { column < $0.count ? TextWidth.of($0[column]) : 0 }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - TextWidth.of(cell))
        line += (column > 0 ? "  " : "") + (alignments[column] == .left ? cell + space : space + cell)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

/// How many columns text takes on a terminal.
enum TextWidth {
  /// The columns of a text without control characters: wide ones count two, combining ones none.
  static func of(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.reduce(0) { $0 + of($1) }
  }

  /// `text` cut to `width` columns; where something is left out in the middle stands `…`, so that the end of a path stays readable.
  static func shorten(_ text: String, to width: Int) -> String {
    guard of(text) > width else { return text }
    guard width > 1 else { return width == 1 ? "…" : "" }
    let head = (width - 1) / 3
    return take(text, head) + "…" + String(take(String(text.reversed()), width - 1 - head).reversed())
  }

  private static func take(_ text: String, _ width: Int) -> String {
    var result = ""
    var used = 0
    for character in text {
      used += of(character)
      if used > width { break }
      result.append(character)
    }
    return result
  }

  private static func of(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    switch first.value {
    case 0x0300...0x036F: return 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
