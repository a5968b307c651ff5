public import Concurrency
public import ObjectStorage
public import Primitives

/// Holds the bytes of a store to a rate, each direction by its own bucket.
///
/// A bucket may be shared between stores, and its rate changed at any time. Bodies are held back by `.pause`, so that no thread
/// waits; what has moved is paid for before the next chunk moves, so that the average is exact whatever the chunks are. Around the
/// concurrency limit's permits on purpose: a throttled body keeps its permit, or more bodies would crawl side by side. Inside retry:
/// bytes that are sent again use the line again.
public final class ThrottledStore: StoreLayer {
  public let base: any ObjectStore
  private let upload: TokenBucket
  private let download: TokenBucket
  private let clock: MonotonicClock

  /// A store whose bodies take their bytes from these buckets.
  /// - Parameter clock: the clock the buckets were made with.
  public init(_ base: any ObjectStore, upload: TokenBucket, download: TokenBucket, clock: MonotonicClock = .system) {
    self.base = base
    self.upload = upload
    self.download = download
    self.clock = clock
  }

  public func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await body()
  }

  public func sending(_ source: any ByteSource) -> any ByteSource { ThrottledSource(source, Toll(upload, clock)) }
  public func sending(_ sink: any ByteSink) -> any ByteSink { ThrottledSink(sink, Toll(upload, clock)) }
  public func receiving(_ sink: any ByteSink) -> any ByteSink { ThrottledSink(sink, Toll(download, clock)) }
  public func receiving(_ source: any ByteSource) -> any ByteSource { ThrottledSource(source, Toll(download, clock)) }
}

/// What one body owes its bucket.
private final class Toll: Sendable {
  /// Small enough for an even flow, big enough to cost nothing.
  static let chunk = 64 * 1024

  private struct State {
    var owed = 0
    /// How long until the debt can be paid, if the last attempt failed.
    var wait: Duration?
  }

  private let bucket: TokenBucket
  private let clock: MonotonicClock
  private let state = Lock(State())

  init(_ bucket: TokenBucket, _ clock: MonotonicClock) {
    self.bucket = bucket
    self.clock = clock
  }

  /// Pays for what has moved.
  /// - Returns: whether more may move now.
  func pay() -> Bool {
    state.withLock { state in
      if state.owed > 0 {
        state.wait = bucket.tryTake(state.owed)
        if state.wait != nil { return false }
        state.owed = 0
      }
      return true
    }
  }

  /// What a body that ends early, or is not asked for its end, still owes is paid by those after it.
  deinit {
    let owed = state.withLock { $0.owed }
    if owed > 0, bucket.tryTake(owed) != nil { Task { [bucket] in try? await bucket.take(owed) } }
  }

  func owe(_ bytes: Int) { state.withLock { $0.owed += bytes } }

  /// Calls `resume` when it is worth to try again; `orElse` if it is not this toll that is waited for.
  func whenPayable(_ resume: @escaping @Sendable () -> Void, orElse: () -> Void) {
    guard let wait = state.withLock({ $0.owed > 0 ? $0.wait : nil }) else {
      orElse()
      return
    }
    let clock = clock
    // In slices, so that a changed rate is noticed.
    Task {
      try? await clock.sleep(min(wait, .milliseconds(250)))
      resume()
    }
  }
}

private final class ThrottledSource: ByteSource {
  private let base: any ByteSource
  private let toll: Toll

  init(_ base: any ByteSource, _ toll: Toll) {
    self.base = base
    self.toll = toll
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    guard toll.pay() else { return .pause }
    let result = try base.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, Toll.chunk)]))
    if case .bytes(let count) = result { toll.owe(count) }
    return result
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) {
    toll.whenPayable(resume) { base.whenReady(resume) }
  }
}

private final class ThrottledSink: ByteSink {
  private let base: any ByteSink
  private let toll: Toll

  init(_ base: any ByteSink, _ toll: Toll) {
    self.base = base
    self.toll = toll
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    guard toll.pay() else { return .pause }
    let result = try base.write(bytes)
    if result == .taken { toll.owe(bytes.count) }
    return result
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) {
    toll.whenPayable(resume) { base.whenReady(resume) }
  }

  func restart() throws { try base.restart() }
}
