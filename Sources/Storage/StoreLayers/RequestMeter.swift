import Concurrency
public import ObjectStorage
public import Observability

/// How many requests of each class went out, with what result.
public struct RequestCounts: Hashable, Sendable {
  private var requests: [RequestClass: Int] = [:]
  /// Bytes of content sent.
  public internal(set) var bytesSent: Int64 = 0
  /// Bytes of content received.
  public internal(set) var bytesReceived: Int64 = 0
  /// Failed requests, by what they failed with.
  public internal(set) var errors: [StorageError.Code: Int] = [:]

  /// Nothing counted.
  public init() {}

  /// The requests of a class.
  public internal(set) subscript(_ requestClass: RequestClass) -> Int {
    get { requests[requestClass] ?? 0 }
    set { requests[requestClass] = newValue == 0 ? nil : newValue }
  }

  /// All requests.
  public var total: Int { requests.values.reduce(0, +) }

  /// What was counted since `earlier`, a snapshot of the same meter.
  public func since(_ earlier: RequestCounts) -> RequestCounts {
    var difference = RequestCounts()
    for requestClass in RequestClass.allCases { difference[requestClass] = self[requestClass] - earlier[requestClass] }
    difference.bytesSent = bytesSent - earlier.bytesSent
    difference.bytesReceived = bytesReceived - earlier.bytesReceived
    for (code, count) in errors where count > earlier.errors[code] ?? 0 {
      difference.errors[code] = count - (earlier.errors[code] ?? 0)
    }
    return difference
  }

  /// The counts of two stores together.
  public static func + (left: RequestCounts, right: RequestCounts) -> RequestCounts {
    var sum = left
    for requestClass in RequestClass.allCases { sum[requestClass] += right[requestClass] }
    sum.bytesSent += right.bytesSent
    sum.bytesReceived += right.bytesReceived
    sum.errors.merge(right.errors, uniquingKeysWith: +)
    return sum
  }
}

/// Counts the requests of one store, and shows them as metrics.
///
/// A provider that sends several requests for one call gets it as its `RequestObserver`; for the others `MeteredStore` feeds it.
/// In both cases it counts attempts: a request that was tried three times counts three times, because that is what is paid for.
public final class RequestMeter: RequestObserver {
  private struct Metrics {
    let requests: [RequestClass: Counter]
    let latency: [RequestClass: Histogram]
    let sent: Counter
    let received: Counter
  }

  private let counts = Lock(RequestCounts())
  private let metrics: Metrics?
  private let registry: MetricsRegistry?
  private let store: String

  /// - Parameters:
  ///   - store: the label of the metrics; a name of the configuration, never a secret.
  ///   - registry: where to show the counts; nil: nowhere.
  public init(store: String, registry: MetricsRegistry? = nil) {
    self.store = store
    self.registry = registry
    metrics = registry.map { registry in
      var requests: [RequestClass: Counter] = [:]
      var latency: [RequestClass: Histogram] = [:]
      for requestClass in RequestClass.allCases {
        requests[requestClass] = registry.counter(
          "isobar_store_requests_total", help: "Requests sent, each attempt counted.",
          labels: ["store": store, "class": requestClass.rawValue])
        latency[requestClass] = registry.histogram(
          "isobar_store_request_seconds", help: "From a request to the end of its answer.", bounds: Histogram.latencyBounds,
          labels: ["store": store, "class": requestClass.rawValue])
      }
      func bytes(_ direction: String) -> Counter {
        registry.counter(
          "isobar_store_bytes_total", help: "Bytes of content moved.", labels: ["store": store, "direction": direction])
      }
      return Metrics(requests: requests, latency: latency, sent: bytes("sent"), received: bytes("received"))
    }
  }

  /// What was counted so far.
  public var snapshot: RequestCounts { counts.withLock { $0 } }

  /// Adds bytes as they move, apart from the end of their request.
  func add(sent: Int = 0, received: Int = 0) {
    counts.withLock { counts in
      counts.bytesSent += Int64(sent)
      counts.bytesReceived += Int64(received)
    }
    metrics?.sent.add(UInt64(sent))
    metrics?.received.add(UInt64(received))
  }

  public func requestEnded(_ record: RequestRecord) {
    counts.withLock { counts in
      counts[record.requestClass] += 1
      counts.bytesSent += record.bytesSent
      counts.bytesReceived += record.bytesReceived
      if let error = record.error { counts.errors[error, default: 0] += 1 }
    }
    guard let metrics, let registry else { return }
    metrics.requests[record.requestClass]?.add()
    metrics.latency[record.requestClass]?.record(record.duration)
    metrics.sent.add(UInt64(max(record.bytesSent, 0)))
    metrics.received.add(UInt64(max(record.bytesReceived, 0)))
    if let error = record.error {
      registry.counter(
        "isobar_store_errors_total", help: "Requests that failed.", labels: ["store": store, "code": error.description]
      ).add()
    }
  }
}
