/// The file that `config init` writes.
public enum SettingsTemplate {
  /// A configuration that is valid as it is, says nothing yet, and shows in comments all that may be said.
  public static var text: String {
    var text = """
      # Isobar's configuration. Everything here is optional; what is commented out shows what holds anyway, or an example.
      #
      # In values, ${NAME} is a variable of the environment or of the file .env beside this one, ${NAME:-text} has a default, and $$ is a
      # dollar sign. A variable such as ISOBAR_LIMITS__MAX_WORKERS overrides the key of the same path; flags override both.

      # Places that hold files. Use them as NAME:PREFIX.
      stores: {}
      """
    text += "\n"
    for type in StoreType.allCases where type != .memory { text += store(type) }
    text += """

      # What is to be in step. Ends are paths, URLs (s3://bucket/prefix?region=…) or NAME:PREFIX.
      pairs: {}
      #  documents:
      #    left: ~/Documents
      #    right: my-s3:documents    # or a list, for several copies
      #    conflict: newest          # all keys of “defaults” may be here

      # What holds for every pair that does not say otherwise.
      defaults:

      """
    text += options(PairOptions.table)
    text += "\nlimits:\n" + options(LimitSettings.table)
    text += "\nlog:\n" + options(LogSettings.table)
    text += "\n# Where history, trash records and what is in step are remembered; ~/.local/state/isobar where it is not set.\n"
    return text + "# state: ~/.local/state/isobar\n"
  }

  private static func store(_ type: StoreType) -> String {
    var text = "#  my-\(type.rawValue):    # \(type.help)\n#    type: \(type.rawValue)\n"
    for spec in type.options {
      let mark = spec.isRequired ? "required" : spec.defaultText.map { $0.isEmpty ? "optional" : "default \($0)" } ?? "optional"
      text += "#    \(spec.name): \(example(spec))    # \(spec.help) (\(mark))\n"
    }
    return text
  }

  private static func options(_ table: [OptionSpec]) -> String {
    var text = ""
    var group = ""
    for spec in table {
      let parts = spec.name.split(separator: ".").map(String.init)
      var indent = "  "
      if parts.count == 2 {
        if parts[0] != group { text += "  # \(parts[0]):\n" }
        indent = "  #   "
      } else {
        indent = "  # "
      }
      group = parts.count == 2 ? parts[0] : ""
      text += "\(indent)\(parts.last!): \(example(spec))    # \(spec.help)\n"
    }
    return text
  }

  /// The default, or something of the kind.
  private static func example(_ spec: OptionSpec) -> String {
    if let text = spec.defaultText, !text.isEmpty { return text }
    switch spec.kind {
    case .choice(let words): return words[0]
    case .secret: return "file:~/.secrets/\(spec.name)"
    case .list where spec.name == "recipients": return "[age1…, age1…]"
    case .list: return spec.name.hasSuffix("exclude") ? "[\"*.tmp\", .DS_Store]" : "[\"*.jpeg\"]"
    case .path: return "~/\(spec.name)"
    case .address: return "https://s3.example.com"
    case .size: return "1G"
    case .age: return "90d"
    case .count: return "1000"
    case .flag: return "false"
    case .store: return "my-s3:files"
    default: return spec.name.hasPrefix("region") ? "eu-central-1" : "my-\(spec.name.split(separator: "_")[0])"
    }
  }
}
