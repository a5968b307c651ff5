import Primitives

/// Values as they are written in a file.
enum SettingText {
  /// The text of a value; lists are joined by commas, secrets are not shown.
  static func text(of value: OptionValue) -> String {
    switch value {
    case .text(let text): text
    case .flag(let flag): flag ? "true" : "false"
    case .count(let count): String(count)
    case .size(let size): SizeText.exact(size)
    case .duration(let duration): DurationText.format(duration)
    case .percent(let percent): percent == percent.rounded() ? String(Int(percent)) : String(percent)
    case .list(let texts): texts.joined(separator: ", ")
    case .secret(let secret): secret.description
    case .bandwidth(let bandwidth): bandwidth.description
    case .age(let age): age.description
    case .rehash(let choice): choice.description
    }
  }
}
