import Primitives

/// How paths of a configuration are made absolute.
struct PathBase: Sendable {
  let folder: String
  let home: String?

  func resolve(_ path: String) -> String { ConfigurationFile.resolve(path, folder: folder, home: home) }
}

extension OptionKind {
  /// Why a text is no value of this kind.
  struct Mismatch: Error {
    let message: String
  }

  /// The value that a text means.
  /// - Parameter isPlain: not in quotes; numbers and truth values must be plain, as YAML has it.
  func value(
    of text: String, isPlain: Bool, origin: SettingOrigin, keyPath: String, paths: PathBase
  ) throws(Mismatch) -> OptionValue {
    switch self {
    case .text: return .text(text)
    case .flag:
      guard isPlain, let flag = ["true": true, "True": true, "TRUE": true, "false": false, "False": false, "FALSE": false][text]
      else {
        throw mismatch()
      }
      return .flag(flag)
    case .count(let range):
      guard let number = Int(text), range.contains(number) else { throw mismatch() }
      return .count(number)
    case .size(let minimum):
      guard let size = ByteCount(parsing: text), size.bytes >= minimum else { throw mismatch() }
      return .size(size.bytes)
    case .duration:
      guard let duration = DurationText.parse(text) else { throw mismatch() }
      return .duration(duration)
    case .percent:
      guard let number = Double(text.hasSuffix("%") ? String(text.dropLast()) : text), (0...100).contains(number) else {
        throw mismatch()
      }
      return .percent(number)
    case .choice(let words):
      if words.contains(text) { return .text(text) }
      let hint = Suggestion.closest(to: text, in: words).map { "; did you mean \($0)?" } ?? ""
      throw Mismatch(message: "must be \(accepted)\(hint)")
    case .list: return .list([text])
    case .path:
      guard !text.isEmpty, !text.utf8.contains(0) else { throw mismatch() }
      return .text(paths.resolve(text))
    case .address:
      guard Self.isAddress(text) else {
        // Credentials in an address would end in logs.
        throw text.contains("@") ? Mismatch(message: "must be \(accepted), without credentials in it") : mismatch()
      }
      return .text(text)
    case .secret:
      guard !text.isEmpty else { throw mismatch() }
      return .secret(SecretReference(text, origin: origin, keyPath: keyPath, resolvePath: paths.resolve))
    case .bandwidth:
      guard let bandwidth = BandwidthTimetable(parsing: text) else { throw mismatch() }
      return .bandwidth(bandwidth)
    case .age:
      guard let age = AgeLimit(parsing: text) else { throw mismatch() }
      return .age(age)
    case .rehash:
      guard let choice = RehashChoice(parsing: text) else { throw mismatch() }
      return .rehash(choice)
    // `SettingsReader` reads it: it may be a mapping, and must lead somewhere.
    case .store: throw mismatch()
    }
  }

  func mismatch(_ kind: String? = nil) -> Mismatch { Mismatch(message: "must be \(accepted)" + (kind.map { ", is \($0)" } ?? "")) }

  private static func isAddress(_ text: String) -> Bool {
    let scheme = ["https://", "http://"].first { text.lowercased().hasPrefix($0) }
    guard let scheme else { return false }
    let rest = text.dropFirst(scheme.count)
    let host = rest.prefix { $0 != "/" && $0 != ":" }
    let isClean = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "@") }
    return isClean && (!host.isEmpty || rest.hasPrefix("[")) && !text.contains("?") && !text.contains("#")
  }
}
