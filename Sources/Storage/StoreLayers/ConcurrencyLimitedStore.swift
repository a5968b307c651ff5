import Concurrency
public import ObjectStorage
public import Primitives

/// Lets at most so many calls of a store be under way at once; the others wait in order of arrival.
///
/// A permit lasts until the body has moved, not only until the answer begins. Around metering, so that waiting is not measured as
/// the store's latency; inside the deadline's clock only as far as the deadline's limit says. Three kinds of permits, each up to
/// the limit, because one call may need another's end: pushed bytes (`openWrite`) are fed by reads, and a write is fed by the
/// sources of `payload(for:)`. With one kind, two copies that wait for each other's permit would wait for ever; with three, always
/// taken in this order, they cannot.
public final class ConcurrencyLimitedStore: StoreLayer {
  public let base: any ObjectStore
  private let openWrites: AsyncSemaphore
  private let calls: AsyncSemaphore
  private let sources: AsyncSemaphore

  /// At most `limit` (at least 1) calls at once.
  public init(_ base: any ObjectStore, limit: Int) {
    precondition(limit >= 1, "a limit of no calls would wait for ever")
    self.base = base
    openWrites = AsyncSemaphore(limit: limit)
    calls = AsyncSemaphore(limit: limit)
    sources = AsyncSemaphore(limit: limit)
  }

  /// Calls under way now.
  public var callsUnderWay: Int { calls.used }

  /// Changes the limit (at least 1); calls under way go on.
  public func setLimit(_ limit: Int) {
    precondition(limit >= 1, "a limit of no calls would wait for ever")
    for semaphore in [openWrites, calls, sources] { semaphore.setLimit(limit) }
  }

  public func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    switch call.operation {
    // An open write holds a permit of its own kind until it ends.
    case .openWrite, .commit: try await body()
    default: try await calls.withPermit(1, body)
    }
  }

  public func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    try await openWrites.acquire()
    do {
      let write = try await base.openWrite(key, length: length, options)
      return LimitedDirectWrite(write, Permit(openWrites))
    } catch {
      openWrites.release()
      throw error
    }
  }

  public func receiving(_ source: any ByteSource) -> any ByteSource { LimitedSource(source, sources) }
}

/// A permit that is given back once, at the latest when nobody holds it any more.
private final class Permit: Sendable {
  private let semaphore: AsyncSemaphore
  private let isHeld = Lock(true)

  /// Takes over a permit that was acquired.
  init(_ semaphore: AsyncSemaphore) { self.semaphore = semaphore }

  func giveBack() {
    let wasHeld = isHeld.withLock { held in
      defer { held = false }
      return held
    }
    if wasHeld { semaphore.release() }
  }

  deinit { giveBack() }
}

private final class LimitedDirectWrite: DirectWrite {
  private let base: any DirectWrite
  private let permit: Permit

  init(_ base: any DirectWrite, _ permit: Permit) {
    self.base = base
    self.permit = permit
  }

  var taken: Int64 { base.taken }
  var sink: any ByteSink { base.sink }

  func replay(into sink: any ByteSink) async throws { try await base.replay(into: sink) }

  func commit(metadata: ObjectMetadata?) async throws -> WriteReceipt {
    let receipt = try await base.commit(metadata: metadata)
    permit.giveBack()
    return receipt
  }

  func suspend() async {
    await base.suspend()
    permit.giveBack()
  }

  func abort() async {
    await base.abort()
    permit.giveBack()
  }
}

/// Takes a permit when it is first pulled and gives it back at its end, or when it is dropped.
private final class LimitedSource: ByteSource {
  private enum State {
    case waiting
    case holding(Permit)
    case ended
  }

  private let base: any ByteSource
  private let semaphore: AsyncSemaphore
  private let state = Lock(State.waiting)

  init(_ base: any ByteSource, _ semaphore: AsyncSemaphore) {
    self.base = base
    self.semaphore = semaphore
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    let mayRead = state.withLock { state in
      if case .waiting = state {
        guard semaphore.tryAcquire() else { return false }
        state = .holding(Permit(semaphore))
      }
      return true
    }
    guard mayRead else { return .pause }
    do {
      let result = try base.read(into: buffer)
      if result == .end { end() }
      return result
    } catch {
      end()
      throw error
    }
  }

  private func end() {
    let permit: Permit? = state.withLock { state in
      defer { state = .ended }
      if case .holding(let permit) = state { return permit }
      return nil
    }
    permit?.giveBack()
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) {
    guard state.withLock({ if case .waiting = $0 { true } else { false } }) else {
      base.whenReady(resume)
      return
    }
    // A source has no task of its own to wait in. One that is dropped meanwhile gives the permit back at once.
    Task { [weak self, semaphore] in
      guard (try? await semaphore.acquire()) != nil else { return }
      let permit = Permit(semaphore)
      if let self {
        self.state.withLock { state in
          if case .waiting = state { state = .holding(permit) }
        }
      }
      resume()
    }
  }
}
