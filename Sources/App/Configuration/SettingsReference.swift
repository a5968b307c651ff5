/// The reference of all settings, as Markdown: the part of `docs/configuration.md` that must not drift from the program.
public enum SettingsReference {
  /// Tables of all settings, by section.
  public static var markdown: String {
    var text = ""
    for type in StoreType.allCases {
      text += "### Stores of type `\(type.rawValue)`\n\n\(type.help).\n\n"
      text += type.options.isEmpty ? "No settings.\n\n" : table(type.options)
    }
    text += "### Pairs and `defaults`\n\n" + table(PairOptions.table)
    text += "### `limits`\n\n" + table(LimitSettings.table)
    text += "### `log`\n\n" + table(LogSettings.table)
    return text
  }

  private static func table(_ options: [OptionSpec]) -> String {
    var text = "| key | value | default | |\n|---|---|---|---|\n"
    for spec in options {
      let fallback = spec.isRequired ? "*required*" : spec.defaultText.map { $0.isEmpty ? "" : "`\($0)`" } ?? ""
      text += "| `\(spec.name)` | \(spec.kind.accepted) | \(fallback) | \(spec.help) |\n"
    }
    return text + "\n"
  }
}
