import Catalog
import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Sync

/// Two stores, a catalog on a disk, a clock, and people: the engine runs in it as in the real one.
///
/// Unchecked: one thread runs the world and everything in it.
final class World: @unchecked Sendable {
  let scenario: Scenario
  let executor: SimulatedExecutor
  let disk: SimulatedDisk
  private(set) var stores: BothSides<SimulatedStore>!
  var coverage = Coverage()
  private var random: SeededRandom

  /// Every text that somebody wrote, with the time it was given; nil where it has had several.
  var written: [String: Timestamp?] = [:]
  var textCount = 0
  /// The texts that people wrote to each name.
  var former: [String: [String]] = [:]
  /// What was done, if it is wanted.
  private(set) var trace: [String] = []
  let isTraced: Bool

  // The run that is going on.
  private(set) var troubles: [Scenario.Trouble] = []
  private var callCount = 0
  private var changeCount = BothSides(left: 0, right: 0)
  private(set) var callsByOperation: [StoreCall.Operation: Int] = [:]
  private var runTask: Task<SyncSummary, any Error>?
  private var lateRequests: [Task<Void, Never>] = []
  private var oldImages: BothSides<MemoryImage>?
  private(set) var losesPower = false
  private var wasStoppedAtCall = false
  /// Texts that somebody wrote while the run went on.
  var fresh: Set<String> = []
  /// Texts that somebody took away himself while the run went on.
  private(set) var taken: Set<String> = []
  /// Texts that somebody has ever taken away from a place.
  private(set) var removed: Set<String> = []
  /// Texts that somebody has ever taken away from a name: it may have got another one that the engine is not shown.
  private(set) var renamed: Set<String> = []
  /// Whether the run came to its end with nothing left to do.
  private(set) var wasClean = false

  private var clockOffset: Int64 = 1_700_000_000
  private(set) var filter = Filter()
  private let policy: ConflictPolicy

  init(_ scenario: Scenario, disk: SimulatedDisk, isTraced: Bool) {
    self.scenario = scenario
    self.disk = disk
    self.isTraced = isTraced
    executor = SimulatedExecutor(seed: 0)
    random = SeededRandom(seed: 0)
    policy = ConflictPolicy(rawValue: scenario.setup.policy) ?? .keepBoth
    let setup = scenario.setup
    stores = BothSides(
      left: SimulatedStore(.left, setup.left, pageSize: setup.pageSize, world: self),
      right: SimulatedStore(.right, setup.right, pageSize: setup.pageSize, world: self))
  }

  func note(_ text: @autoclosure () -> String) { if isTraced { trace.append(text()) } }

  func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

  var wallClock: WallClock {
    WallClock(now: { [unowned self] in Timestamp(seconds: clockOffset + executor.now.components.seconds) })
  }

  // MARK: What the stores ask

  func countCall(_ call: StoreCall, _ store: SimulatedStore) -> Int {
    callCount += 1
    callsByOperation[call.operation, default: 0] += 1
    note("    call \(callCount): \(store.side) \(call.operation.rawValue) \(call.key.map(\.description) ?? "")")
    return callCount
  }

  func hits(_ rate: Int, _ trouble: Scenario.Trouble, _ key: ObjectKey? = nil) -> Bool {
    guard below(1000) < rate else { return false }
    coverage.count(trouble.name)
    note("      \(trouble.name) \(key.map(\.description) ?? "")")
    return true
  }

  /// Lets `body` happen some time from now, whatever becomes of the run.
  func later(_ body: @escaping @Sendable () async -> Void) {
    let delay = Duration.seconds(below(60))
    lateRequests.append(
      Task(executorPreference: executor) { [executor] in
        try? await executor.sleep(delay)
        await body()
      })
  }

  func oldImage(of store: SimulatedStore) -> MemoryImage? {
    guard let oldImages else { return nil }
    for trouble in troubles {
      if case .oldListings(store.side.mine, let rate) = trouble, hits(rate, trouble) { return oldImages[store.side] }
    }
    return nil
  }

  /// What the scenario has for this call.
  func happen(at call: Int, after: Bool) async throws {
    for trouble in troubles {
      switch trouble {
      case .crash(call, after, let powerLost):
        coverage.count(trouble.name)
        note("      the machine stops\(powerLost ? " without power" : "")")
        stop(powerLost: powerLost)
      case .cancel(call) where !after:
        coverage.count(trouble.name)
        note("      the run is cancelled")
        runTask?.cancel()
      case .meddle(call, let side, let edit) where after && !disk.isStopped:
        coverage.count(trouble.name)
        taken.formUnion(await edited(edit, on: side))
      case .setClock(call, let seconds) where !after:
        coverage.count(trouble.name)
        clockOffset += seconds
      case .vandal(call, let side) where after:
        for key in texts(of: stores[side.side], live: false).keys {
          _ = try await stores[side.side].memory.delete([DeleteTarget(key)])
        }
      case .diskFull(call) where !after:
        coverage.count(trouble.name)
        disk.setFull(true)
      default: break
      }
    }
  }

  /// Lets somebody edit what a change on `side` is about: `source`, or `destination`.
  func race(on side: PairSide, _ source: ObjectKey?, _ destination: ObjectKey?) async {
    changeCount[side] += 1
    for trouble in troubles {
      guard case .race(side.mine, changeCount[side], let place, let edit) = trouble, !disk.isStopped else { continue }
      let keys = place == .source ? [source, destination] : [destination, source]
      // People leave Isobar's own folder alone.
      guard let key = keys.lazy.compactMap({ $0 }).first(where: { !$0.bytes.starts(with: Filter.reserved) }) else { continue }
      coverage.count(trouble.name)
      // Of a folder it is about what lies in it.
      let name = String(decoding: key.bytes, as: UTF8.self) + (key.isFolder ? "a" : "")
      taken.formUnion(await edited(edit.edit(name), on: place == .opposite ? side.other.mine : side.mine))
    }
  }

  /// What is in sight nowhere after a run that left nothing to do is forgotten: who writes it again writes something new.
  func forgetRemoved() { removed.formIntersection(visible()) }

  /// The machine stops.
  func stop(powerLost: Bool) {
    losesPower = powerLost
    wasStoppedAtCall = true
    disk.stop()
  }

  // MARK: What is there

  /// Everything a store holds but folders.
  /// - Parameter live: without what is Isobar's own.
  func texts(of store: SimulatedStore, live: Bool) -> [ObjectKey: String] {
    var texts: [ObjectKey: String] = [:]
    for (key, bytes) in store.memory.snapshot() where !key.isFolder {
      if live, key.bytes.starts(with: Filter.reserved) { continue }
      texts[key] = String(decoding: bytes, as: UTF8.self)
    }
    return texts
  }

  func reachable() -> Set<String> {
    Set(texts(of: stores.left, live: false).values).union(texts(of: stores.right, live: false).values)
  }

  func visible(_ side: PairSide) -> Set<String> { Set(live(side).values) }

  func visible() -> Set<String> { visible(.left).union(visible(.right)) }

  func live(_ side: PairSide) -> [ObjectKey: String] { texts(of: stores[side], live: true) }

  // MARK: The engine

  /// Opens the catalog as a program does that has just been started.
  func withPair<Result>(
    _ direction: SyncDirection, rehash: Bool = false, policy: ConflictPolicy? = nil,
    _ body: (PairSync, PairCatalog) async throws -> Result
  ) async throws -> Result {
    clockOffset += 7200
    let options = SyncOptions(
      direction: direction, conflicts: policy ?? self.policy, deleteGuard: .off, force: true, filter: filter, rehash: rehash,
      concurrency: scenario.setup.concurrency)
    let catalog = try PairCatalog.open(
      StateDirectory.open(Array("\(disk.folder)/state".utf8)), pair: Self.pair(direction), clock: wallClock)
    defer { catalog.close() }
    let ends = stores!
    func end(_ store: SimulatedStore) -> SyncEnd {
      guard scenario.setup.retries else { return SyncEnd(store: store) }
      return SyncEnd(
        store: RetryingStore(
          store, options: RetryOptions(attempts: 3, backoff: Backoff(base: .seconds(1), cap: .seconds(5)), seed: 7),
          clock: executor.monotonicClock))
    }
    return try await body(
      PairSync(left: end(ends.left), right: end(ends.right), catalog: catalog, options: options, clock: wallClock), catalog)
  }

  /// Runs of one direction remember something else than two-way runs.
  static func pair(_ direction: SyncDirection) -> PairRecord {
    let id = (direction == .twoWay ? "2" : "1") + String(repeating: "0", count: 31)
    do {
      return try PairRecord(
        id: id, left: PairEnd(stableID: "left", displayName: "left"), right: PairEnd(stableID: "right", displayName: "right"),
        created: Timestamp(seconds: 1_700_000_000))
    } catch { preconditionFailure("\(error)") }
  }

  /// One run with its troubles; afterwards the machine is up, and no request is under way.
  /// - Throws: what the engine must never throw.
  func carryOut(_ run: Scenario.Run) async throws {
    executor.reseed(run.seed)
    random = SeededRandom(seed: run.seed &+ 1)
    (troubles, callCount, fresh, taken, losesPower, wasClean) = (run.troubles, 0, [], [], false, false)
    changeCount = BothSides(left: 0, right: 0)
    wasStoppedAtCall = false
    oldImages = BothSides(left: stores.left.memory.image(), right: stores.right.memory.image())
    for trouble in troubles {
      if case .crashAtDisk(let change, let powerLost) = trouble {
        losesPower = powerLost
        disk.stop(after: change)
      }
    }
    defer { (troubles, oldImages) = ([], nil) }
    let direction: SyncDirection =
      switch run.direction {
      case .twoWay: .twoWay
      case .copy: .copy
      case .mirror: .mirror
      }
    note("run \(run.direction.rawValue) \(run.troubles)")
    let problem = await attempt(direction, rehash: run.rehash)
    await restart(seed: run.seed)
    if let problem { throw problem }
  }

  private func attempt(_ direction: SyncDirection, rehash: Bool) async -> (any Error)? {
    do {
      let summary = try await withPair(direction, rehash: rehash) { pair, _ in
        let task = Task(executorPreference: executor) {
          try await pair.run(observer: { [weak self] event in if case .finished(_, let action) = event { self?.count(action) } })
        }
        runTask = task
        return try await task.value
      }
      runTask = nil
      wasClean = summary.failed + summary.skipped + summary.waiting == 0 && summary.stoppedBy == nil
      return examine(summary)
    } catch {
      runTask = nil
      note("  ended: \(error)")
      return isExpected(error) ? nil : Violation(.unexpectedError, "\(error)")
    }
  }

  private func count(_ action: SyncAction) {
    switch action {
    case .transferred: coverage.count("action transferred")
    case .metadata: coverage.count("action metadata")
    case .adopted: coverage.count("action adopted")
    case .moved: coverage.count("action moved")
    case .deleted: coverage.count("action deleted")
    case .folderCreated: coverage.count("action folderCreated")
    case .folderDeleted: coverage.count("action folderDeleted")
    case .nothing: coverage.count("action nothing")
    }
  }

  func examine(_ summary: SyncSummary) -> Violation? {
    if summary.conflicts > 0 { coverage.count("conflicts", summary.conflicts) }
    for failure in summary.failures {
      coverage.count("failure \(failure.code)")
      note("  failed: \(failure)")
      if failure.code == "internalError" { return Violation(.unexpectedError, failure.message) }
    }
    return nil
  }

  private func isExpected(_ error: any Error) -> Bool {
    switch error {
    case is CancellationError, is StorageError, is GuardStop: true
    case let error as CatalogError: ![.corrupt, .newerSchema, .wrongPair, .invalidArgument, .readOnly].contains(error.code)
    default: false
    }
  }

  /// Requests under way arrive, and a machine that stopped starts again.
  private func restart(seed: UInt64) async {
    for request in lateRequests { await request.value }
    lateRequests = []
    disk.setFull(false)
    guard disk.isStopped else { return disk.goOn() }
    if !wasStoppedAtCall { coverage.count("trouble crashAtDisk") }
    coverage.count(losesPower ? "restart without power" : "restart")
    disk.start(powerLost: losesPower, seed: seed)
    if losesPower { losePower() }
  }

  /// What the disks had not kept yet is gone: it is the loss of whoever wrote it a moment ago, if the engine had not brought it elsewhere.
  private func losePower() {
    let before = (reachable: reachable(), visible: visible())
    var unsynced: Set<String> = []
    for side in PairSide.allCases { unsynced.formUnion(stores[side].losePower(&random)) }
    // So it is if the engine had, but could not make it durable, and its author has replaced it where it came from.
    let lost = before.reachable.subtracting(reachable()).filter { unsynced.contains($0) || wasFragile($0) }
    taken.formUnion(lost)
    removed.formUnion(before.visible.subtracting(visible()).filter { unsynced.contains($0) || wasFragile($0) })
  }

  /// Whether a text was there when the run began, but on no side durably.
  private func wasFragile(_ text: String) -> Bool {
    let sides = PairSide.allCases.map { stores[$0].hadAtStart(text) }
    return sides.contains { $0.any } && !sides.contains { $0.durably }
  }

  // MARK: Between runs

  /// Somebody edits a side.
  /// - Returns: the texts that are not there any more.
  private func edited(_ edit: Scenario.Edit, on side: Scenario.Side) async -> Set<String> {
    func count(_ texts: [ObjectKey: String]) -> [String: Int] { texts.values.reduce(into: [:]) { $0[$1, default: 0] += 1 } }
    let old = live(side.side)
    let before = count(old)
    let store: SimulatedStore = stores[side.side]
    let (image, flushes) = (store.kind == .folder ? store.memory.image() : nil, store.flushes)
    await apply(edit, on: side)
    let new = live(side.side)
    let after = count(new)
    for (key, text) in old where new[key] != text { renamed.insert(text) }
    if let image, store.flushes == flushes { store.edited(image, Set(after.keys.filter { before[$0] == nil })) }
    // Of a text that is there twice, one that is taken away may take the other along: it may be the last on the other side.
    removed.formUnion(before.keys.filter { after[$0, default: 0] < before[$0, default: 0] })
    return Set(before.keys.filter { after[$0] == nil })
  }

  func apply(_ step: Scenario.Step) async throws {
    switch step {
    case .edit(let side, let edit):
      _ = await edited(edit, on: side)
    case .run: break
    case .loseState:
      note("the state is lost")
      coverage.count("step loseState")
      disk.clear(backup: false)
    case .saveState: disk.save()
    case .restoreState:
      guard disk.restore() else { return }
      coverage.count("step restoreState")
      note("a backup of the state is put back")
    case .setClock(let seconds): clockOffset += seconds
    case .exclude(let patterns):
      note("left out: \(patterns)")
      coverage.count("step exclude")
      filter = Filter(exclude: try patterns.compactMap { try IgnorePattern($0) })
    case .undo(let choice):
      coverage.count("step undo")
      do {
        try await withPair(.twoWay) { pair, catalog in
          let runs = Set(try catalog.trash(limit: 1000).map(\.run)).sorted { "\($0)" < "\($1)" }
          guard !runs.isEmpty else { return }
          let summary = try await pair.undo(runs[Int(choice % UInt64(runs.count))])
          note("undo: \(summary.restored.map(\.key)), missing \(summary.missing.map(\.key)), \(summary.failures)")
        }
      } catch  where isExpected(error) { note("undo ended: \(error)") }
    }
  }

  func forgetCalls() { callsByOperation = [:] }
}
