/// What to do about a path that changed on both sides. Raw values are what a file says.
public enum ConflictChoice: String, Hashable, Sendable, CaseIterable {
  case newest
  case largest
  case left
  case right
  case keepBoth = "keep-both"
  case merge
  case manual
}

/// Which way changes flow. Raw values are what a file says.
public enum DirectionChoice: String, Hashable, Sendable, CaseIterable {
  case twoWay = "two-way"
  /// New and changed files go from left to right.
  case copy
  /// The right becomes what the left is.
  case mirror
}

/// How it is made sure that what was sent has arrived. Raw values are what a file says.
public enum VerifyChoice: String, Hashable, Sendable, CaseIterable {
  /// By hashes on the way.
  case hashes
  /// Each file that was sent is read back, too.
  case read
}

/// What symbolic links are. Raw values are what a file says.
public enum SymlinkChoice: String, Hashable, Sendable, CaseIterable {
  case skip
  case follow
  /// Small files that hold where they lead.
  case links
}

/// How a pair is synced, as far as it was said: what is nil is left to the program.
public struct PairOptions: Hashable, Sendable {
  /// The settings, by name.
  public private(set) var values: OptionValues

  /// Options of these settings.
  public init(values: OptionValues = OptionValues()) { self.values = values }

  /// These options, and those of `defaults` that are not set here.
  public func filled(from defaults: PairOptions) -> PairOptions { PairOptions(values: values.filled(from: defaults.values)) }

  /// Sets one option by name.
  public mutating func set(_ name: String, _ value: OptionValue, origin: SettingOrigin) { values.set(name, value, origin: origin) }

  public var direction: DirectionChoice? { values.text("direction").flatMap(DirectionChoice.init) }
  public var conflict: ConflictChoice? { values.text("conflict").flatMap(ConflictChoice.init) }
  /// Whether deletes are guarded at all.
  public var deleteGuardEnabled: Bool? { values.flag("delete_guard.enabled") }
  public var deleteGuardCount: Int? { values.count("delete_guard.count") }
  public var deleteGuardPercent: Double? { values.percent("delete_guard.percent") }
  /// Whether runs are stopped that would carry scrambled content across.
  public var changeGuardEnabled: Bool? { values.flag("change_guard.enabled") }
  public var changeGuardCount: Int? { values.count("change_guard.count") }
  public var changeGuardPercent: Double? { values.percent("change_guard.percent") }
  public var include: [String]? { values.list("filters.include") }
  public var exclude: [String]? { values.list("filters.exclude") }
  public var minimumSize: Int64? { values.size("filters.min_size") }
  public var maximumSize: Int64? { values.size("filters.max_size") }
  public var newerThan: AgeLimit? { values.age("filters.newer_than") }
  public var olderThan: AgeLimit? { values.age("filters.older_than") }
  public var trashEnabled: Bool? { values.flag("trash.enabled") }
  public var trashRetention: Duration? { values.duration("trash.retention") }
  public var symlinks: SymlinkChoice? { values.text("symlinks").flatMap(SymlinkChoice.init) }
  public var rehash: RehashChoice? { values.rehash("rehash") }
  public var verify: VerifyChoice? { values.text("verify").flatMap(VerifyChoice.init) }
  public var mergeMaximumSize: Int64? { values.size("merge.max_size") }
  public var mergeKeep: Int64? { values.size("merge.keep") }
  /// From how many bytes on changed files are sent as differences; 0: never.
  public var deltaFrom: Int64? { values.size("delta_from") }
  /// Whether maps of large files are left in remote stores.
  public var deltaMaps: Bool? { values.flag("delta_maps") }
  public var maximumAttempts: Int? { values.count("max_attempts") }

  static let symlinksHelp =
    "What symbolic links are: skipped, followed inside the folder, or small files that hold where they lead (as rclone's --links)"

  /// The settings of a pair, beside `left` and `right`; also of `defaults`.
  public static let table: [OptionSpec] = [
    OptionSpec(
      "direction", .choice(DirectionChoice.allCases.map(\.rawValue)),
      "Which way changes flow: both ways, new and changed files to the right, or the right becomes what the left is",
      defaultText: "two-way"),
    OptionSpec(
      "conflict", .choice(ConflictChoice.allCases.map(\.rawValue)),
      "Who wins where both sides changed; the loser goes to the trash",
      defaultText: "keep-both"),
    OptionSpec("delete_guard.enabled", .flag, "Stop a run that would delete too much", defaultText: "true"),
    OptionSpec("delete_guard.count", .count(0...Int.max), "The most files a run may delete on one side"),
    OptionSpec("delete_guard.percent", .percent, "The largest share of the files a run may delete on one side", defaultText: "50"),
    OptionSpec(
      "change_guard.enabled", .flag, "Stop a run when very many files were replaced by what looks encrypted", defaultText: "true"),
    OptionSpec("change_guard.count", .count(0...Int.max), "More replaced files than this on one side are looked into"),
    OptionSpec(
      "change_guard.percent", .percent, "A larger share of replaced files on one side is looked into", defaultText: "25"),
    OptionSpec("filters.include", .list, "Only files that match one of these patterns take part"),
    OptionSpec("filters.exclude", .list, "What matches one of these patterns (as in .gitignore) is left alone on both sides"),
    OptionSpec("filters.min_size", .size(minimum: 0), "Smaller files are left alone"),
    OptionSpec("filters.max_size", .size(minimum: 0), "Larger files are left alone"),
    OptionSpec("filters.newer_than", .age, "Only files modified after this take part"),
    OptionSpec("filters.older_than", .age, "Only files modified before this take part"),
    OptionSpec("trash.enabled", .flag, "Keep what a run deletes or overwrites", defaultText: "true"),
    OptionSpec("trash.retention", .duration, "How long it is kept", defaultText: "30d"),
    OptionSpec("symlinks", .choice(SymlinkChoice.allCases.map(\.rawValue)), symlinksHelp, defaultText: "skip"),
    OptionSpec("rehash", .rehash, "When to read contents although nothing looks changed", defaultText: "never"),
    OptionSpec(
      "verify", .choice(VerifyChoice.allCases.map(\.rawValue)),
      "How it is made sure that what was sent has arrived: by hashes on the way, or by reading it back, too", defaultText: "hashes"),
    OptionSpec(
      "delta_from", .size(minimum: 0),
      "From this size on a changed file is sent as a difference, where the store can copy parts of what it has; 0 for never",
      defaultText: "64M"),
    OptionSpec(
      "delta_maps", .flag,
      "Leave a map of each such file in the store, so that other machines fetch only what has changed", defaultText: "false"),
    OptionSpec("merge.max_size", .size(minimum: 0), "Texts up to this size are kept for merging", defaultText: "1M"),
    OptionSpec("merge.keep", .size(minimum: 0), "How much text is kept for merging, per pair", defaultText: "256M"),
    OptionSpec(
      "max_attempts", .count(1...1000), "How often a failing path is tried before it waits for “isobar retry”", defaultText: "5"),
  ]
}
