public import Concurrency
import Configuration
import HTTPClient
import HTTPMessages
public import Observability
public import Primitives
import S3Storage

/// What everything in one process shares: the loop that network code runs on, connections, bandwidth, log, metrics.
///
/// Make one, run everything inside `run`, and call `shutdown` at the end.
public final class Runtime: Sendable {
  /// The loop that network code runs on.
  public let loop: EventLoop
  /// Threads for work that blocks.
  public let pool: BlockingPool
  /// The log.
  public let logger: Logger
  /// The metrics.
  public let metrics: MetricsRegistry
  /// The time of day.
  public let clock: WallClock
  /// What the process may use.
  public let limits: Limits
  /// The variables that credentials are looked for in.
  public let environment: [String: String]
  /// What all remote stores together send; its rate may be changed at any time with `setRate`, and is when the timetable says so.
  public var upload: TokenBucket { keeper.upload }
  /// What all remote stores together receive; see `upload`.
  public var download: TokenBucket { keeper.download }

  private let keeper: BandwidthKeeper
  /// By the stores' names: one that is opened twice has one bandwidth.
  private let storeKeepers = Lock<[String: BandwidthKeeper]>([:])
  private let transports = Lock<[Connections: CurlTransport]>([:])

  /// Connections of one kind: a pool for all stores.
  private struct Connections: Hashable {
    let trust: Trust
    let isLimited: Bool
  }

  /// Starts the loop's thread; opens nothing.
  /// - Parameters:
  ///   - limits: what the process may use.
  ///   - logger: the log.
  ///   - metrics: where requests, bytes and latencies are counted.
  ///   - clock: the time of day.
  ///   - environment: the variables that credentials are looked for in; nil for those of this process.
  public init(
    limits: Limits = Limits(), logger: Logger = .disabled, metrics: MetricsRegistry = MetricsRegistry(), clock: WallClock = .system,
    environment: [String: String]? = nil
  ) {
    self.environment = environment ?? Self.processEnvironment
    self.limits = limits
    self.logger = logger
    self.metrics = metrics
    self.clock = clock
    loop = EventLoop(name: "isobar")
    pool = .shared
    keeper = BandwidthKeeper(limits.bandwidth, clock: clock)
  }

  deinit { loop.shutdown() }

  /// The variables of this process.
  public static var processEnvironment: [String: String] { CredentialChain.Environment.current().variables }

  /// Runs `body` on the loop, where requests cost no thread switch. Cancelling the caller cancels it.
  ///
  /// Functions that keep to their caller's executor stay there; what blocks must go to `pool`.
  public func run<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await loop.run(body)
  }

  /// Closes the connections and ends the loop's thread. Nothing of this runtime is used afterwards.
  public func shutdown() async {
    let open = transports.withLock { transports in
      defer { transports = [:] }
      return Array(transports.values)
    }
    for transport in open { await transport.close() }
    loop.shutdown()
    await loop.ended()
  }

  /// The way to servers that are trusted in this way, within the bandwidth of the process and of one store.
  /// - Parameter store: the store's name and its own bandwidth; nil for none.
  func transport(for trust: Trust, store: (name: String, bandwidth: BandwidthTimetable)? = nil) -> any HTTPTransport {
    var keepers = [keeper]
    if let store {
      keepers.append(
        storeKeepers.withLock { known in
          let its = known[store.name] ?? BandwidthKeeper(store.bandwidth, clock: clock)
          known[store.name] = its
          return its
        })
    }
    // The store's first: what it holds back takes nothing from the others.
    let transport = ThrottledTransport(
      free: connections(Connections(trust: trust, isLimited: false)),
      limited: connections(Connections(trust: trust, isLimited: true)),
      upload: keepers.reversed().map(\.upload), download: keepers.reversed().map(\.download))
    return PatientTransport(transport, connect: limits.connectTimeout, stall: limits.stallTimeout)
  }

  private func connections(_ kind: Connections) -> CurlTransport {
    transports.withLock { transports in
      if let known = transports[kind] { return known }
      let made = CurlTransport(
        loop: loop,
        options: HTTPClientOptions(
          verification: kind.trust.isInsecure ? .insecure : .full, caFile: kind.trust.caFile,
          // A connection that is not kept costs ten times a request; parts of large objects come on top of the workers.
          maxIdleConnections: max(64, limits.workers * 2), smallSegments: kind.isLimited))
      transports[kind] = made
      return made
    }
  }
}
