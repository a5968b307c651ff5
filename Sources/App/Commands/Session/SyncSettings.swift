import Arguments
import Configuration
import ObjectStorage
import Primitives
import Sync

/// Turns what configuration and flags say into the engine's options.
struct SyncSettings {
  private let call: Call
  private let options: PairOptions
  private let workers: Int

  /// For a pair of these options.
  init(_ call: Call, _ options: PairOptions, workers: Int) {
    self.call = call
    self.options = options
    self.workers = workers
  }

  /// The options of a run.
  /// - Parameters:
  ///   - direction: which way; nil for what the pair's options say.
  ///   - now: ages are counted from here.
  /// - Throws: `CommandError`, `InvalidPattern`, `ConfigurationError`.
  func syncOptions(direction: SyncDirection? = nil, now: Timestamp = .now()) throws -> SyncOptions {
    let policy = options.conflict.flatMap { ConflictPolicy(rawValue: $0.rawValue) } ?? .keepBoth
    return SyncOptions(
      direction: direction ?? configuredDirection, conflicts: policy, deleteGuard: try deleteGuard, force: flag("force"),
      filter: try filter(now: now), keepTrash: options.trashEnabled ?? true, rehash: options.rehash == .always,
      concurrency: workers, ancestorLimit: Int(clamping: options.mergeMaximumSize ?? 1 << 20),
      quarantineAfter: options.maximumAttempts ?? 5)
  }

  private var configuredDirection: SyncDirection {
    switch options.direction {
    case .copy: .copy
    case .mirror: .mirror
    case .twoWay, nil: .twoWay
    }
  }

  private func flag(_ name: String) -> Bool { SettingsFlags.has(name, call.arguments) && call.arguments.flag(name) }

  private var deleteGuard: DeleteGuard {
    get throws {
      if SettingsFlags.has("max-delete", call.arguments), let text = call.arguments.string("max-delete") {
        return try Self.deleteGuard(text)
      }
      if options.deleteGuardEnabled == false { return .off }
      return DeleteGuard(count: options.deleteGuardCount, percent: options.deleteGuardPercent ?? 50)
    }
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
    var exclude = try patterns(options.exclude)
    if SettingsFlags.has("exclude-from", call.arguments) {
      for file in call.arguments.arguments("exclude-from") { exclude += try PatternFile.read(file) }
    }
    return Filter(
      exclude: exclude, include: try patterns(options.include), minimumSize: options.minimumSize, maximumSize: options.maximumSize,
      notBefore: options.newerThan?.moment(now: now), notAfter: options.olderThan?.moment(now: now))
  }

  private func patterns(_ texts: [String]?) throws -> [IgnorePattern] { try (texts ?? []).compactMap { try IgnorePattern($0) } }
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
