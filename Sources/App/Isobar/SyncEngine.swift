import Catalog
public import Composition
import Concurrency
import ObjectStorage
public import Observability
import StoreLayers
public import Sync
public import Transfer

/// Keeps a place in step with one or several others: the entry to this library.
///
///     let engine = try SyncEngine(
///       left: .folder("/home/ada/Documents"),
///       right: .s3(S3Place(S3Configuration(bucket: BucketName("documents")!, region: "eu-central-1"))))
///     let report = try await engine.run()
///     print(report.transferred, "files sent")
///     await engine.close()
///
/// A run can be stopped at any moment, by cancelling its task or by the end of the process: both sides stay whole, and the next run
/// goes on. Runs of one engine must not overlap (the second throws `CatalogError` `.locked`).
///
/// Everything runs on a thread of the engine's own; the functions may be called from any task.
public final class SyncEngine: Sendable {
  /// How to sync.
  public let options: SyncOptions
  private let left: OpenStore
  private let rights: [OpenStore]
  private let opener: PairOpener
  private let runtime: Runtime
  private let upkeep: PairUpkeep
  private let stream = EventStream<EngineEvent>()

  // MARK: Making one

  /// An engine over two places.
  /// - Parameters:
  ///   - left: the left end; the source of a one-way run.
  ///   - right: the right end.
  ///   - options: how to sync.
  ///   - settings: state, limits, log.
  /// - Throws: as `init(left:rights:options:settings:)`.
  public convenience init(
    left: Place, right: Place, options: SyncOptions = SyncOptions(), settings: EngineSettings = EngineSettings()
  ) throws {
    try self.init(left: left, rights: [right], options: options, settings: settings)
  }

  /// An engine over one place and several others. What one of them brings reaches all.
  /// - Throws: `StorageError` for a folder that is not there or a setting that can never work; `CatalogError` if the state cannot be
  ///   kept. No request is made: whether a bucket is there shows in the first run.
  public init(
    left: Place, rights: [Place], options: SyncOptions = SyncOptions(), settings: EngineSettings = EngineSettings()
  ) throws {
    precondition(!rights.isEmpty, "an engine needs a right end")
    runtime = Runtime(
      limits: settings.limits, logger: settings.logger, metrics: settings.metrics, clock: settings.clock,
      environment: settings.environment)
    let path = try settings.state ?? StateDirectory.defaultPath(environment: runtime.environment)
    let state = try StateDirectory.open(path)
    let builder = StoreBuilder(runtime: runtime, stateFolder: state.path)
    self.left = try builder.open(left)
    self.rights = try rights.map { try builder.open($0) }
    opener = PairOpener(state: state, clock: settings.clock)
    upkeep = settings.upkeep
    var options = options
    options.concurrency = min(options.concurrency, settings.limits.workers)
    self.options = options
  }

  /// Ends `events` and lets go of connections. The engine is not used afterwards.
  public func close() async {
    stream.finish()
    for store in [left] + rights { await store.close() }
    await runtime.shutdown()
  }

  // MARK: Watching

  /// What happens from now on, until `close`. Each call gives a listener of its own, which never slows the engine down.
  ///
  ///     let events = engine.events
  ///     let watcher = Task {
  ///       for await event in events { if case .progress(let progress) = event { show(progress) } }
  ///     }
  public var events: EventListener<EngineEvent> { stream.listen() }

  private func observer() -> @Sendable (Int, SyncEvent) -> Void {
    let counter = Lock(ProgressCounter())
    let stream = stream
    return { right, event in
      let (isMore, progress) = counter.withLock { ($0.take(event, right: right), $0.progress) }
      if isMore { stream.emit(.event(event, right: right)) }
      stream.emit(.progress(progress))
    }
  }

  // MARK: Working

  /// What a run would do now, for each right end. Changes nothing.
  /// - Throws: the first right end's error, if none could be planned; `CancellationError`.
  public func plan() async throws -> [PairOutcome<SyncPlan>] {
    let plans = try await runtime.run { [self] in
      try await multi.plan(observer: observer()).map { PairOutcome(right: $0.right.identity, result: $0.result) }
    }
    return try Self.unlessAllFailed(plans)
  }

  /// Brings all places in step.
  /// - Returns: what was done. Single paths that failed, and single right ends, are in it; they do not stop the others.
  /// - Throws: the first right end's error, if none could be synced: `GuardStop` before anything was changed, `StorageError`,
  ///   `CatalogError`; `CancellationError` after everything done so far was recorded.
  public func run() async throws -> SyncReport {
    let start = ContinuousClock.now
    let before = requests
    let outcomes = try await runtime.run { [self] in
      try await multi.run(observer: observer()).map { PairOutcome(right: $0.right.identity, result: $0.result) }
    }
    return SyncReport(
      pairs: try Self.unlessAllFailed(outcomes), requests: requests.since(before), duration: ContinuousClock.now - start)
  }

  /// Copies what is new on the left end to the (first) right end, and deletes each source whose copy was seen to hold the same bytes.
  /// The engine's direction is not looked at.
  public func move() async throws -> MoveSummary {
    var options = options
    options.direction = .copy
    let observer = observer()
    return try await withPair(options: options) { pair in try await Mover(pair.sync).run { observer(0, $0) } }
  }

  /// Whether the left end and a right one hold the same files. Changes nothing and needs no state.
  /// - Parameter observer: told of each finding as it is made, on the engine's thread.
  public func check(
    right: Int = 0, _ options: CheckOptions = CheckOptions(), observer: @escaping @Sendable (CheckFinding) -> Void = { _ in }
  ) async throws -> CheckSummary {
    try await runtime.run { [self] in
      try await Checker(left: left.store, right: rights[right].store, options: options).run(observer: observer)
    }
  }

  /// Opens the pair with a right end for everything else: history, conflicts and their resolution, undo, trash. No run of the engine
  /// may be under way.
  ///
  ///     let undone = try await engine.withPair { pair in
  ///       guard let last = try pair.catalog.runs(limit: 1).first else { return nil }
  ///       return try await pair.sync.undo(last.id)
  ///     }
  /// - Parameter body: runs on the engine's thread; the pair is closed when it returns.
  public func withPair<Value: Sendable>(
    right: Int = 0, _ body: @escaping @Sendable (OpenPair) async throws -> Value
  ) async throws -> Value {
    try await withPair(right: right, options: options, body)
  }

  private func withPair<Value: Sendable>(
    right: Int = 0, options: SyncOptions, _ body: @escaping @Sendable (OpenPair) async throws -> Value
  ) async throws -> Value {
    try await runtime.run { [self] in
      let pair = try opener.open(left: left, right: rights[right], options: options, upkeep: upkeep)
      defer { pair.close() }
      return try await body(pair)
    }
  }

  private var multi: MultiSync { MultiSync(left: left, rights: rights, opener: opener, options: options, upkeep: upkeep) }

  private var requests: RequestCounts { ([left] + rights).reduce(RequestCounts()) { $0 + $1.counts } }

  private static func unlessAllFailed<Value>(_ pairs: [PairOutcome<Value>]) throws -> [PairOutcome<Value>] {
    for pair in pairs { if case .success = pair.result { return pairs } }
    if case .failure(let error)? = pairs.first?.result { throw error }
    return pairs
  }
}
