public import Concurrency
public import ObjectStorage
public import Primitives

/// A store in which things go wrong as a test wants it: by script, or at random under a seed.
///
/// At the end of a scripted test `unfired` must be empty: a fault that never happened tested nothing.
public final class FaultyStore: StoreLayer {
  private struct State {
    /// Each with how many more calls pass before it.
    var script: [(fault: Fault, left: Int)]
    var random: SeededRandom?
    var calls: [StoreCall.Operation: Int] = [:]
  }

  public let base: any ObjectStore
  private let rates: RandomFaults?
  private let clock: MonotonicClock
  private let state: Lock<State>

  /// `base` with these faults.
  public init(_ base: any ObjectStore, _ faults: [Fault] = [], random: RandomFaults? = nil, clock: MonotonicClock = .system) {
    self.base = base
    rates = random
    self.clock = clock
    state = Lock(State(script: faults.map { ($0, $0.occurrence - 1) }, random: random.map { SeededRandom(seed: $0.seed) }))
  }

  /// The faults of the script that have not happened.
  public var unfired: [Fault] { state.withLock { $0.script.map(\.fault) } }

  /// How often something was called.
  public func calls(_ operation: StoreCall.Operation) -> Int { state.withLock { $0.calls[operation] ?? 0 } }

  /// Adds a fault; its occurrence counts from now.
  public func add(_ fault: Fault) { state.withLock { $0.script.append((fault, fault.occurrence - 1)) } }

  /// What goes wrong at this call.
  private func effects(_ call: StoreCall) -> [Fault.Effect] {
    state.withLock { state in
      state.calls[call.operation, default: 0] += 1
      var effects: [Fault.Effect] = []
      var kept: [(fault: Fault, left: Int)] = []
      for (fault, left) in state.script {
        if fault.operation != call.operation || fault.key.map({ $0 != call.key }) ?? false {
          kept.append((fault, left))
        } else if left > 0 {
          kept.append((fault, left - 1))
        } else {
          effects.append(fault.effect)
        }
      }
      state.script = kept
      if let rates, var random = state.random {
        effects += Self.drawn(rates, call, &random)
        state.random = random
      }
      return effects
    }
  }

  /// What a rate of zero leaves out is not drawn, so that what is added here leaves old seeds as they are.
  private static func drawn(_ rates: RandomFaults, _ call: StoreCall, _ random: inout SeededRandom) -> [Fault.Effect] {
    var effects: [Fault.Effect] = []
    if call.operation.isRequest, rates.latency > .zero || rates.jitter > .zero {
      let share = rates.jitter > .zero ? Double.random(in: 0..<1, using: &random) : 0
      effects.append(.delay(rates.latency + rates.jitter * share))
    }
    guard rates.operations.contains(call.operation) else { return effects }
    let dice = Int.random(in: 0..<1000, using: &random)
    let second = Int.random(in: 0..<1000, using: &random)
    let offset = Int64.random(in: 0..<100_000, using: &random)
    if dice < rates.failBefore {
      effects.append(.failBefore(.unavailable))
    } else if dice < rates.failBefore + rates.throttle {
      effects.append(.failBefore(.throttled))
    }
    if call.changes, second < rates.failAfter { effects.append(.failAfter(.unavailable)) }
    if call.operation == .read, second < rates.breakBody { effects.append(.breakBody(after: offset)) }
    return effects
  }

  public func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await run(call, effects(call), body)
  }

  private func run<T: Sendable>(
    _ call: StoreCall, _ effects: [Fault.Effect], _ body: @Sendable () async throws -> T
  ) async throws -> T {
    for effect in effects {
      if case .delay(let duration) = effect { try await clock.sleep(duration) }
      if case .failBefore(let code, let retry, let mayHaveHappened) = effect {
        throw failure(code, retry, call, mayHaveHappened: mayHaveHappened)
      }
    }
    let result = try await body()
    for effect in effects {
      if case .failAfter(let code, let retry) = effect { throw failure(code, retry, call, mayHaveHappened: call.changes) }
    }
    return result
  }

  private func failure(
    _ code: StorageError.Code, _ retry: StorageError.Retry, _ call: StoreCall, mayHaveHappened: Bool
  ) -> StorageError {
    StorageError(
      code, retry: retry, store: identity.displayName, key: call.key, message: "injected fault (\(call.operation.rawValue))",
      mayHaveHappened: mayHaveHappened)
  }

  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    FaultyListing(base.list(prefix, options)) { body in
      let call = StoreCall(.list)
      let effects = self.effects(call)
      var page = try await self.run(call, effects, body)
      for effect in effects {
        if case .staleListing(let missing) = effect { page?.entries.removeAll { $0.key == missing } }
      }
      return page
    }
  }

  public func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    let base = base
    let call = StoreCall(.read, key)
    let effects = effects(call)
    var sink = sink
    for effect in effects {
      if case .breakBody(let after) = effect {
        sink = BreakingSink(sink, after: after, failure(.unavailable, .later, call, mayHaveHappened: false))
      }
    }
    return try await run(call, effects) { [sink] in try await base.read(key, options, into: sink) }
  }

  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    let base = base
    let call = StoreCall(.write, key, bytesToSend: payload.length)
    let effects = effects(call)
    var payload = payload
    for effect in effects {
      if case .shortBody(let after) = effect { payload = payload.mapSource { ShortSource($0, after: after) } }
    }
    return try await run(call, effects) { [payload] in try await base.write(payload, to: key, options) }
  }
}

private final class FaultyListing: Listing {
  private let base: any Listing
  private let run: @Sendable (@Sendable () async throws -> ListPage?) async throws -> ListPage?

  init(_ base: any Listing, _ run: @escaping @Sendable (@Sendable () async throws -> ListPage?) async throws -> ListPage?) {
    self.base = base
    self.run = run
  }

  func next() async throws -> ListPage? {
    let base = base
    return try await run { try await base.next() }
  }
}
