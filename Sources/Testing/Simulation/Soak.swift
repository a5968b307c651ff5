import Concurrency

/// Many worlds on several threads.
public struct Soak: Sendable {
  /// The seeds to try; the last ones only if time allows.
  public var seeds: ClosedRange<UInt64>
  /// When to stop at the latest.
  public var limit: Duration?
  /// Threads; a world runs on one.
  public var threads: Int
  /// After so many violations no more worlds are begun.
  public var patience: Int

  /// A soak.
  public init(seeds: ClosedRange<UInt64>, limit: Duration? = nil, threads: Int, patience: Int = 1) {
    self.seeds = seeds
    self.limit = limit
    self.threads = threads
    self.patience = patience
  }

  /// A world in which something was that must never be.
  public struct Finding: Sendable {
    public let seed: UInt64
    public let violation: Violation
  }

  /// What came of it.
  public struct Report: Sendable {
    public var worlds = 0
    public var jobs = 0
    public var findings: [Finding] = []
    public var coverage = Coverage()
    public var elapsed: Duration = .zero
  }

  /// Runs the worlds.
  /// - Parameter progress: told about once a second what has come so far.
  public func run(progress: @escaping @Sendable (Report) -> Void = { _ in }) async throws -> Report {
    let clock = MonotonicClock.system
    let begin = clock.now()
    let report = Lock(Report())
    let next = Lock(seeds.lowerBound)
    let pool = BlockingPool(name: "worlds", threads: threads)
    let reported = Lock(begin)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<threads {
        group.addTask {
          try await pool.run {
            let simulator = try Simulator()
            while let seeds = batch(next), report.withLock({ $0.findings.count }) < patience {
              if let limit, clock.now() - begin > limit { break }
              let part = Self.worlds(seeds, simulator)
              let now = clock.now()
              let sum = report.withLock { sum in
                sum.add(part)
                sum.elapsed = now - begin
                return sum
              }
              let isDue = reported.withLock { last in
                guard now - last > .seconds(1) else { return false }
                last = now
                return true
              }
              if isDue { progress(sum) }
            }
          }
        }
      }
      try await group.waitForAll()
    }
    return report.withLock { report in
      report.elapsed = clock.now() - begin
      return report
    }
  }

  private func batch(_ next: Lock<UInt64>) -> Range<UInt64>? {
    next.withLock { next in
      guard next <= seeds.upperBound else { return nil }
      let end = min(next + 64, seeds.upperBound + 1)
      defer { next = end }
      return next..<end
    }
  }

  private static func worlds(_ seeds: Range<UInt64>, _ simulator: Simulator) -> Report {
    var report = Report()
    for seed in seeds {
      let outcome = simulator.run(.random(seed: seed))
      report.worlds += 1
      report.jobs += outcome.jobs
      report.coverage.add(outcome.coverage)
      if let violation = outcome.violation { report.findings.append(Finding(seed: seed, violation: violation)) }
    }
    return report
  }
}

extension Soak.Report {
  mutating func add(_ part: Self) {
    worlds += part.worlds
    jobs += part.jobs
    findings += part.findings
    coverage.add(part.coverage)
  }
}
