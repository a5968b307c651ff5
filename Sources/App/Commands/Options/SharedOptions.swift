import Arguments
import Configuration
import Sync

/// Options that several commands have, described once.
enum SharedOptions {
  /// What every command understands.
  static let global = [
    OptionDescription(
      long: "config", short: "c", value: .value(name: "FILE", kind: .path), help: "Read this configuration",
      defaultText: "isobar.yaml here, else ~/.config/isobar/config.yaml, where there is one", environment: "ISOBAR_CONFIG"),
    OptionDescription(long: "quiet", short: "q", help: "Say nothing but errors"),
    OptionDescription(long: "verbose", short: "v", help: "Say more: a line for each path", repeatable: true),
    OptionDescription(long: "color", help: "Use colours", defaultText: "on a terminal, unless NO_COLOR is set", negatable: true),
    OptionDescription(
      long: "log-file", value: .value(name: "FILE", kind: .path), help: "Append a log to this file, which rotates by size and age"),
    OptionDescription(
      long: "log-level", value: .value(name: "LEVEL", kind: .choice(LogSettings.Level.allCases.map(\.rawValue))),
      help: "What the log file holds", defaultText: "info"),
  ]

  /// One JSON object instead of text.
  static let json = OptionDescription(long: "json", help: "Print one JSON object at the end instead of text; errors too")

  /// Events while a run goes on.
  static let jsonProgress = OptionDescription(
    long: "json-progress", help: "Write what happens to standard error, one JSON object a line")

  /// Where the state is.
  static let state = OptionDescription(
    long: "state", value: .value(name: "DIR", kind: .path), help: "Keep what is remembered between runs in this folder",
    defaultText: "$XDG_STATE_HOME/isobar, else ~/.local/state/isobar", environment: "ISOBAR_STATE")

  /// How to reach an end that is given as an S3 URL. Secrets come from the environment, profiles or the configuration, never from here:
  /// a command line can be read by everyone on the machine.
  static let connection = [
    OptionDescription(
      long: "endpoint", value: .value(name: "URL", kind: .string), help: "Address of the S3 service for s3:// ends",
      defaultText: "Amazon's"),
    OptionDescription(long: "region", value: .value(name: "NAME", kind: .string), help: "Region for s3:// ends"),
    OptionDescription(
      long: "profile", value: .value(name: "NAME", kind: .string), help: "Profile in ~/.aws for s3:// ends", defaultText: "default"),
    OptionDescription(
      long: "ca-file", value: .value(name: "FILE", kind: .path), help: "Trust the certificates in this file instead of the system's"
    ),
  ]

  /// Which paths take part.
  static let filters = [
    OptionDescription(
      long: "exclude", short: "x", value: .value(name: "PATTERN", kind: .string),
      help: "Leave out paths that match, as in .gitignore; what is left out is never deleted", repeatable: true),
    OptionDescription(
      long: "include", short: "i", value: .value(name: "PATTERN", kind: .string), help: "Take only files that match",
      repeatable: true),
    OptionDescription(
      long: "exclude-from", value: .value(name: "FILE", kind: .path), help: "Leave out paths that match a line of this file",
      repeatable: true),
    OptionDescription(
      long: "min-size", value: .value(name: "SIZE", kind: .bytes), help: "Leave out smaller files"),
    OptionDescription(
      long: "max-size", value: .value(name: "SIZE", kind: .bytes), help: "Leave out larger files"),
    OptionDescription(
      long: "newer-than", value: .value(name: "WHEN", kind: .string),
      help: "Only files modified after this: an age (7d) or a time (2026-11-20T08:00:00Z)"),
    OptionDescription(
      long: "older-than", value: .value(name: "WHEN", kind: .string),
      help: "Only files modified before this: an age (7d) or a time (2026-11-20T08:00:00Z)"),
  ]

  /// How much at once.
  static let pace = [
    OptionDescription(long: "workers", value: .value(name: "N", kind: .int), help: "Paths worked on at once", defaultText: "16"),
    OptionDescription(
      long: "bandwidth", value: .value(name: "RATE", kind: .string),
      help: "At most this many bytes a second: 10M each way, 5M:20M up and down, or a timetable: “Mon-Fri 08:00-18:00 2M, * off”",
      defaultText: "no limit"),
  ]

  /// Before deletes happen.
  static let guards = [
    OptionDescription(
      long: "force", help: "Go on although a guard objects: many deletes, an empty or replaced side, a tree that looks encrypted"),
    OptionDescription(
      long: "max-delete", value: .value(name: "N|P%", kind: .string),
      help: "Stop instead of deleting more than N files, or P percent of them, on one side", defaultText: "50%"),
    OptionDescription(long: "no-trash", help: "Delete for good instead of keeping what is deleted or replaced in the trash"),
  ]

  /// What to compare and how.
  static let comparing = [
    OptionDescription(
      long: "verify", value: .value(name: "HOW", kind: .choice(["hashes", "read"])),
      help: "How to make sure that what was sent has arrived: by hashes on the way, or by reading each file back, too",
      defaultText: "hashes"),
    OptionDescription(long: "rehash", help: "Read the content of files that look unchanged too"),
    OptionDescription(
      long: "symlinks", value: .value(name: "HOW", kind: .choice(["skip", "follow", "link"])),
      help: "What to do about symbolic links in a folder: leave them out, read what they point to, or keep them as links",
      defaultText: "skip"),
  ]

  /// Which version wins.
  static let conflict = OptionDescription(
    long: "conflict", value: .value(name: "POLICY", kind: .choice(ConflictPolicy.allCases.map(\.rawValue))),
    help: "What to do about a path that changed on both sides; whatever loses goes to the trash", defaultText: "keep-both")

  /// Show the plan.
  static let dryRun = OptionDescription(
    long: "dry-run", short: "n", help: "Show the plan (actions, bytes, requests) and change nothing")

  /// Everything of a run in one direction.
  static let oneWay = [dryRun, json, jsonProgress, state] + comparing + guards + filters + pace + connection

  /// Choice of a pair for commands about a pair's state.
  static let pair = [
    OptionDescription(long: "pair", short: "p", value: .value(name: "NAME", kind: .string), help: "A pair of the configuration")
  ]
}

/// What every command was told about its output.
struct OutputOptions: Sendable {
  /// Nothing but errors.
  let isQuiet: Bool
  /// How often `-v` was given.
  let verbosity: Int
  /// One JSON object at the end.
  let isJSON: Bool
  /// Events as JSON lines on standard error.
  let showsEvents: Bool
  /// `--no-color`.
  let isColourForbidden: Bool

  /// Reads them from a parsed command line.
  /// - Throws: `UsageError` where they exclude each other.
  init(_ parsed: ParsedCommand) throws {
    let names = Set(parsed.command.options.map(\.long))
    isQuiet = parsed.flag("quiet")
    verbosity = parsed.count("verbose")
    isJSON = names.contains("json") && parsed.flag("json")
    showsEvents = names.contains("json-progress") && parsed.flag("json-progress")
    isColourForbidden = !parsed.flag("color", default: true)
    if isQuiet && verbosity > 0 { throw UsageError("--quiet and --verbose exclude each other", for: parsed) }
  }
}
