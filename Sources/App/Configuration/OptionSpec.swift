/// One setting, described as data: help, documentation, templates, validation and the rendering all come from this.
public struct OptionSpec: Hashable, Sendable {
  /// The key; a dot leads into a mapping: `trash.retention`.
  public let name: String
  /// What its value may be.
  public let kind: OptionKind
  /// What it does, in one sentence without a closing dot.
  public let help: String
  /// What holds where it is not set, spelled as in a file; nil where that is nothing, or depends.
  public let defaultText: String?
  /// Whether a store cannot do without it.
  public let isRequired: Bool
  /// Whether it may stand in the query of a URL: what is no secret, and no path of this machine's configuration.
  public let inURL: Bool

  /// A setting.
  public init(
    _ name: String, _ kind: OptionKind, _ help: String, defaultText: String? = nil, isRequired: Bool = false, inURL: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.help = help
    self.defaultText = defaultText
    self.isRequired = isRequired
    self.inURL = inURL
  }

  /// Whether its value must never be shown.
  public var isSecret: Bool { kind == .secret }
}

/// What the value of a setting may be.
public enum OptionKind: Hashable, Sendable {
  /// Any text.
  case text
  /// `true` or `false`.
  case flag
  /// A whole number in a range.
  case count(ClosedRange<Int>)
  /// A number of bytes, at least so many: `16M`, `1.5GiB`.
  case size(minimum: Int64)
  /// A length of time: `30s`, `1h30m`, `7d`.
  case duration
  /// 0 to 100.
  case percent
  /// One of these words.
  case choice([String])
  /// Texts: one, or a list of them.
  case list
  /// A path; `~/` is the home folder, a relative one starts at the configuration's folder.
  case path
  /// `http://` or `https://` with a host.
  case address
  /// A secret, or where to get it: `file:PATH`, `command:LINE`, `prompt:QUESTION`.
  case secret
  /// Bytes a second: `10M`, `5M:20M` (up:down), `off`.
  case bandwidth
  /// A date or a length of time before now.
  case age
  /// `never`, `always`, or a length of time.
  case rehash
  /// A store that another one lies over: its name, with a folder or without, or its settings.
  case store

  /// What is accepted, for messages and help.
  public var accepted: String {
    switch self {
    case .text: "a text"
    case .flag: "true or false"
    case .count(let range):
      range.upperBound == Int.max
        ? "a whole number from \(range.lowerBound)" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .size(let minimum): "a size such as 16M or 1.5GiB" + (minimum > 0 ? ", at least \(SizeText.exact(minimum))" : "")
    case .duration: "a length of time such as 30s, 1h30m or 7d"
    case .percent: "a number from 0 to 100"
    case .choice(let words): words.count == 1 ? words[0] : "one of \(words.joined(separator: ", "))"
    case .list: "a text or a list of texts"
    case .path: "a path"
    case .address: "an address such as https://s3.example.com"
    case .secret: "a secret, file:PATH, command:LINE or prompt:QUESTION"
    case .bandwidth:
      "bytes a second such as 10M, 5M:20M (up:down) or off, or a timetable such as “Mon-Fri 08:00-18:00 2M:1M, * off”"
    case .age: "a date such as 2026-01-31 or a length of time such as 30d"
    case .rehash: "never, always, or a length of time such as 30d"
    case .store: "NAME, NAME:FOLDER or a store’s own settings"
    }
  }
}

/// The value of a setting, of the kind its description names.
public enum OptionValue: Hashable, Sendable {
  /// `.text`, `.choice`, `.path`, `.address`.
  case text(String)
  case flag(Bool)
  case count(Int)
  case size(Int64)
  case duration(Duration)
  case percent(Double)
  case list([String])
  case secret(SecretReference)
  case bandwidth(BandwidthTimetable)
  case age(AgeLimit)
  case rehash(RehashChoice)
}

/// The settings of one place, by their dotted names. What was not set is not there.
public struct OptionValues: Hashable, Sendable {
  private var values: [String: OptionValue] = [:]
  private var origins: [String: SettingOrigin] = [:]

  /// No settings.
  public init() {}

  /// The names that are set, sorted.
  public var names: [String] { values.keys.sorted() }

  /// The value of a setting.
  public subscript(name: String) -> OptionValue? { values[name] }

  /// Where a setting was made.
  public func origin(of name: String) -> SettingOrigin { origins[name] ?? .builtIn }

  /// Makes a setting.
  public mutating func set(_ name: String, _ value: OptionValue, origin: SettingOrigin = .builtIn) {
    values[name] = value
    origins[name] = origin
  }

  /// Takes a setting back.
  public mutating func remove(_ name: String) {
    values[name] = nil
    origins[name] = nil
  }

  /// These settings, and those of `other` that are not among them.
  public func filled(from other: OptionValues) -> OptionValues {
    var result = self
    for name in other.names where values[name] == nil { result.set(name, other.values[name]!, origin: other.origin(of: name)) }
    return result
  }

  public func text(_ name: String) -> String? { if case .text(let value)? = values[name] { value } else { nil } }
  public func flag(_ name: String) -> Bool? { if case .flag(let value)? = values[name] { value } else { nil } }
  public func count(_ name: String) -> Int? { if case .count(let value)? = values[name] { value } else { nil } }
  public func size(_ name: String) -> Int64? { if case .size(let value)? = values[name] { value } else { nil } }
  public func duration(_ name: String) -> Duration? { if case .duration(let value)? = values[name] { value } else { nil } }
  public func percent(_ name: String) -> Double? { if case .percent(let value)? = values[name] { value } else { nil } }
  public func list(_ name: String) -> [String]? { if case .list(let value)? = values[name] { value } else { nil } }
  public func secret(_ name: String) -> SecretReference? { if case .secret(let value)? = values[name] { value } else { nil } }
  public func bandwidth(_ name: String) -> BandwidthTimetable? {
    if case .bandwidth(let value)? = values[name] { value } else { nil }
  }
  public func age(_ name: String) -> AgeLimit? { if case .age(let value)? = values[name] { value } else { nil } }
  public func rehash(_ name: String) -> RehashChoice? { if case .rehash(let value)? = values[name] { value } else { nil } }
}
