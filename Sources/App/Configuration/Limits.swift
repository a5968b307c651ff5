import Primitives

/// How much of the machine and the network a run may take. Every limit has a value.
public struct LimitSettings: Hashable, Sendable {
  /// The settings as made.
  public let values: OptionValues
  /// Files under way at once.
  public let maxWorkers: Int
  /// Attempts after the first.
  public let retries: Int
  /// The wait before the second attempt; doubled from there, with jitter.
  public let retryDelay: Duration
  /// The longest wait.
  public let retryMaxDelay: Duration
  /// Bytes a second, and when.
  public let bandwidth: BandwidthTimetable
  /// Memory for bodies on their way, in bytes.
  public let maxMemory: Int64
  /// How long a connection may take to come about.
  public let connectTimeout: Duration
  /// How long nothing may move before a request is given up.
  public let stallTimeout: Duration

  init(values: OptionValues) {
    let all = values.filled(from: Self.table.defaults)
    self.values = values
    // The table has a default of the right kind for each: a test holds it to that.
    maxWorkers = all.count("max_workers")!
    retries = all.count("retries")!
    retryDelay = all.duration("retry_delay")!
    retryMaxDelay = all.duration("retry_max_delay")!
    bandwidth = all.bandwidth("bandwidth")!
    maxMemory = all.size("max_memory")!
    connectTimeout = all.duration("connect_timeout")!
    stallTimeout = all.duration("stall_timeout")!
  }

  /// The settings of `limits`.
  public static let table: [OptionSpec] = [
    OptionSpec("max_workers", .count(1...1024), "Files under way at once", defaultText: "16"),
    OptionSpec("retries", .count(0...100), "Attempts after the first where a store is slow or out of order", defaultText: "6"),
    OptionSpec("retry_delay", .duration, "The wait before the second attempt; it grows from there", defaultText: "200ms"),
    OptionSpec("retry_max_delay", .duration, "The longest wait between attempts", defaultText: "30s"),
    OptionSpec("bandwidth", .bandwidth, "Bytes a second, both ways or up:down, and when", defaultText: "off"),
    OptionSpec("max_memory", .size(minimum: 8 << 20), "Memory for content on its way", defaultText: "64M"),
    OptionSpec("connect_timeout", .duration, "How long a connection may take to come about", defaultText: "10s"),
    OptionSpec("stall_timeout", .duration, "How long nothing may move before a request is given up", defaultText: "60s"),
  ]
}

/// Where the log goes. Every setting but the file has a value.
public struct LogSettings: Hashable, Sendable {
  /// How much is logged. Raw values are what a file says.
  public enum Level: String, Hashable, Sendable, CaseIterable {
    case debug, info, warning, error
  }

  /// How a line looks. Raw values are what a file says.
  public enum Format: String, Hashable, Sendable, CaseIterable {
    case text, json
  }

  /// The settings as made.
  public let values: OptionValues
  public let level: Level
  public let format: Format
  /// The file, as an absolute path; nil for no file.
  public let file: String?
  /// A new file is begun when one has so many bytes.
  public let maxSize: Int64
  /// A new file is begun when one is so old.
  public let maxAge: Duration
  /// Old files that are kept.
  public let keep: Int

  init(values: OptionValues) {
    let all = values.filled(from: Self.table.defaults)
    self.values = values
    level = all.text("level").flatMap(Level.init)!
    format = all.text("format").flatMap(Format.init)!
    file = all.text("file")
    maxSize = all.size("max_size")!
    maxAge = all.duration("max_age")!
    keep = all.count("keep")!
  }

  /// The settings of `log`.
  public static let table: [OptionSpec] = [
    OptionSpec("level", .choice(Level.allCases.map(\.rawValue)), "How much is logged", defaultText: "info"),
    OptionSpec("format", .choice(Format.allCases.map(\.rawValue)), "How a line looks", defaultText: "text"),
    OptionSpec("file", .path, "The file; without one, only warnings are shown"),
    OptionSpec("max_size", .size(minimum: 1 << 10), "A new file is begun at this size", defaultText: "10M"),
    OptionSpec("max_age", .duration, "A new file is begun at this age", defaultText: "30d"),
    OptionSpec("keep", .count(0...1000), "Old files that are kept", defaultText: "5"),
  ]
}

extension [OptionSpec] {
  /// What holds where nothing is set.
  var defaults: OptionValues {
    var values = OptionValues()
    for spec in self {
      guard let text = spec.defaultText else { continue }
      let value = try? spec.kind.value(
        of: text, isPlain: true, origin: .builtIn, keyPath: spec.name, paths: PathBase(folder: "/", home: nil))
      if let value { values.set(spec.name, value) }
    }
    return values
  }
}
