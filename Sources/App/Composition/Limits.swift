public import Configuration

/// What a process may use: connections, attempts, bandwidth, memory, patience.
public struct Limits: Hashable, Sendable {
  /// Paths worked on at once, and calls under way at once to one store; at least 1.
  public var workers: Int
  /// Attempts at one request in all; 1 means that nothing is tried again.
  public var attempts: Int
  /// The longest wait before the second attempt; doubles from there, with full jitter.
  public var retryDelay: Duration
  /// The longest wait between two attempts.
  public var longestRetryDelay: Duration
  /// Bytes a second that all remote stores together may send and receive, and when.
  public var bandwidth: BandwidthTimetable
  /// Bytes of content that one store holds in memory at once.
  public var memory: Int
  /// How long one attempt may take before its content is counted; see `DeadlineOptions.base`.
  public var attemptTimeout: Duration
  /// How long a connection may take to come about.
  public var connectTimeout: Duration
  /// How long nothing may move, in either direction and before an answer begins, until a request is given up.
  public var stallTimeout: Duration

  /// Limits; by default those of a desktop machine. Numbers below their minimum are raised to it.
  public init(
    workers: Int = 16, attempts: Int = 5, retryDelay: Duration = .milliseconds(200),
    bandwidth: BandwidthTimetable = BandwidthTimetable(Bandwidth(up: nil, down: nil)),
    memory: Int = 32 << 20, attemptTimeout: Duration = .seconds(120), longestRetryDelay: Duration = .seconds(20),
    connectTimeout: Duration = .seconds(15), stallTimeout: Duration = .seconds(60)
  ) {
    self.workers = max(1, workers)
    self.attempts = max(1, attempts)
    self.retryDelay = max(retryDelay, .milliseconds(1))
    self.bandwidth = bandwidth
    self.memory = max(memory, 8 << 20)
    self.attemptTimeout = max(attemptTimeout, .milliseconds(1))
    self.longestRetryDelay = max(longestRetryDelay, self.retryDelay)
    self.connectTimeout = max(connectTimeout, .milliseconds(1))
    self.stallTimeout = max(stallTimeout, .milliseconds(1))
  }
}
