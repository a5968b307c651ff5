extension OptionDescription {
  /// `--[no-]colour`, `--jobs N`, as help and manual show it.
  var spelling: String {
    (negatable ? "--[no-]\(long)" : "--\(long)") + (valueName.map { " \($0)" } ?? "")
  }

  /// The help with what else there is to know: the words allowed, the default, the variable.
  var fullHelp: String {
    var notes: [String] = []
    if case .choice(let words)? = kind { notes.append("one of \(words.joined(separator: ", "))") }
    if let defaultText { notes.append("default: \(defaultText)") }
    if let environment { notes.append("variable: \(environment)") }
    if repeatable && kind != nil { notes.append("may be repeated") }
    return notes.isEmpty ? help : "\(help) (\(notes.joined(separator: "; ")))"
  }

  /// All long names with their dashes.
  var longNames: [String] { negatable ? ["--\(long)", "--no-\(long)"] : ["--\(long)"] }
}

extension OperandDescription {
  /// The help with the words allowed.
  var fullHelp: String {
    if case .choice(let words) = completion { "\(help) (one of \(words.joined(separator: ", ")))" } else { help }
  }
}
