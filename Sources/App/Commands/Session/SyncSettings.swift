import Arguments
import Composition
import Configuration
import Files
import ObjectStorage
import Primitives
import Sync

/// The engine's options: what the configuration says, and what only flags can say.
struct SyncSettings {
  private let call: Call
  private let options: PairOptions

  /// For a pair of these options, which flags have been laid over already.
  init(_ call: Call, _ options: PairOptions) {
    self.call = call
    self.options = options
  }

  /// The options of a run.
  /// - Parameters:
  ///   - direction: which way; nil for what the pair's options say.
  ///   - now: ages are counted from here.
  /// - Throws: `CommandError`, `InvalidPattern`.
  func syncOptions(direction: SyncDirection? = nil, workers: Int, now: Timestamp = .now()) throws -> SyncOptions {
    var result = try SyncOptions(options, direction: direction, workers: workers, now: now)
    result.filter = try filter(now: now)
    if SettingsFlags.has("force", call.arguments) { result.force = call.arguments.flag("force") }
    if SettingsFlags.has("max-delete", call.arguments), let text = call.arguments.string("max-delete") {
      result.deleteGuard = try Self.deleteGuard(text)
    }
    return result
  }

  /// `100` or `20%`.
  static func deleteGuard(_ text: String) throws -> DeleteGuard {
    if text.hasSuffix("%"), let percent = Double(text.dropLast()), (0...100).contains(percent) {
      return DeleteGuard(count: nil, percent: percent)
    }
    if let count = Int(text), count >= 0 { return DeleteGuard(count: count, percent: nil) }
    throw CommandError.usage("--max-delete takes a number such as 100 or a share such as 20%, not '\(DisplayText.escape(text))'")
  }

  /// Which paths take part.
  func filter(now: Timestamp = .now()) throws -> Filter {
    var filter = try Filter(options, now: now)
    if SettingsFlags.has("exclude-from", call.arguments) {
      for file in call.arguments.arguments("exclude-from") { filter.exclude += try PatternFile.read(file) }
    }
    return filter
  }
}

/// A file of patterns, one a line, as `.gitignore`.
enum PatternFile {
  /// The patterns of a file; empty lines and comments are none.
  static func read(_ file: Argument) throws -> [IgnorePattern] {
    guard let bytes = SmallFile.read(file.bytes) else {
      throw CommandError.usage("the file of patterns '\(file.display)' cannot be read")
    }
    return try bytes.split(separator: 0x0A).compactMap { line in
      try IgnorePattern(line.last == 0x0D ? Array(line.dropLast()) : Array(line))
    }
  }
}
