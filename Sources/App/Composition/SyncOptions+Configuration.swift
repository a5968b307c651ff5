public import Configuration
public import Primitives
public import Sync

extension SyncOptions {
  /// The options that a configured pair, or the defaults of a configuration, ask for.
  /// - Parameters:
  ///   - options: what is nil in it is left as it is by default.
  ///   - direction: which way; nil for what `options` say.
  ///   - workers: paths worked on at once.
  ///   - now: ages are counted from here.
  /// - Throws: `InvalidPattern`.
  public init(_ options: PairOptions, direction: SyncDirection? = nil, workers: Int, now: Timestamp) throws {
    let policy = options.conflict?.policy ?? .keepBoth
    // An ancestor is of use only to a merge, and keeping it costs a read of every text.
    let needsAncestors = policy == .merge || policy == .manual
    self.init(
      direction: direction ?? options.direction?.direction ?? .twoWay, conflicts: policy,
      deleteGuard: options.deleteGuardEnabled == false
        ? .off : DeleteGuard(count: options.deleteGuardCount, percent: options.deleteGuardPercent ?? 50),
      filter: try Filter(options, now: now), keepTrash: options.trashEnabled ?? true, rehash: options.rehash == .always,
      concurrency: workers, ancestorLimit: needsAncestors ? Int(clamping: options.mergeMaximumSize ?? 1 << 20) : 0,
      quarantineAfter: options.maximumAttempts ?? 5,
      changeGuard: options.changeGuardEnabled == false
        ? .off : ChangeGuard(count: options.changeGuardCount, percent: options.changeGuardPercent ?? 25),
      deltaFrom: options.deltaFrom.map { $0 > 0 ? $0 : nil } ?? 64 << 20,
      verification: options.verify == .read ? .readBack : .hashes, sharesMaps: options.deltaMaps ?? false)
  }
}

extension Filter {
  /// The filter that a pair's options ask for, in a run at `now`.
  /// - Throws: `InvalidPattern`.
  public init(_ options: PairOptions, now: Timestamp) throws {
    func patterns(_ texts: [String]?) throws -> [IgnorePattern] { try (texts ?? []).compactMap { try IgnorePattern($0) } }
    self.init(
      exclude: try patterns(options.exclude), include: try patterns(options.include), minimumSize: options.minimumSize,
      maximumSize: options.maximumSize, notBefore: options.newerThan?.moment(now: now),
      notAfter: options.olderThan?.moment(now: now))
  }
}

extension ConflictChoice {
  /// The engine's policy of this name.
  public var policy: ConflictPolicy {
    switch self {
    case .newest: .newest
    case .largest: .largest
    case .left: .left
    case .right: .right
    case .keepBoth: .keepBoth
    case .merge: .merge
    case .manual: .manual
    }
  }
}

extension DirectionChoice {
  /// The engine's direction of this name.
  public var direction: SyncDirection {
    switch self {
    case .twoWay: .twoWay
    case .copy: .copy
    case .mirror: .mirror
    }
  }
}

extension Limits {
  /// The limits of a configuration.
  public init(_ limits: LimitSettings) {
    self.init(
      workers: limits.maxWorkers, attempts: limits.retries + 1, retryDelay: limits.retryDelay, bandwidth: limits.bandwidth,
      // Both ends of a pair may be remote.
      memory: Int(clamping: limits.maxMemory / 2), longestRetryDelay: limits.retryMaxDelay, connectTimeout: limits.connectTimeout,
      stallTimeout: limits.stallTimeout)
  }
}
