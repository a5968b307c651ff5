import Concurrency

/// The program's metrics by name and labels, and their text form for Prometheus.
///
/// Looking one up takes a lock: do it once and keep the counter. A name has one kind, one help text and one set of label names;
/// breaking that, or an invalid name, is a bug of the caller and traps. The number of label combinations per name is bounded: those
/// beyond it share one whose label values are all `other`, so that data in a label cannot eat the memory.
public final class MetricsRegistry: Sendable {
  /// A label's name and value.
  public typealias Labels = KeyValuePairs<String, String>

  enum Metric: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)
  }

  enum Kind: String { case counter, gauge, histogram }

  struct Family: Sendable {
    let kind: Kind
    let help: String
    let labelNames: [String]
    var series: [[String]: Metric] = [:]
  }

  private let families = Lock<[String: Family]>([:])
  private let seriesLimit: Int

  /// An empty registry that allows `seriesLimit` label combinations per name.
  public init(seriesLimit: Int = 200) { self.seriesLimit = max(1, seriesLimit) }

  /// The counter of this name and these labels; made if there is none.
  public func counter(_ name: String, help: String, labels: Labels = [:]) -> Counter {
    guard case .counter(let counter) = metric(name, .counter, help, labels, { .counter(Counter()) }) else {
      preconditionFailure("\(name) is not a counter")
    }
    return counter
  }

  /// The gauge of this name and these labels; made if there is none.
  public func gauge(_ name: String, help: String, labels: Labels = [:]) -> Gauge {
    guard case .gauge(let gauge) = metric(name, .gauge, help, labels, { .gauge(Gauge()) }) else {
      preconditionFailure("\(name) is not a gauge")
    }
    return gauge
  }

  /// The histogram of this name and these labels; made with `bounds` (ascending) if there is none.
  public func histogram(_ name: String, help: String, bounds: [Double], labels: Labels = [:]) -> Histogram {
    precondition(!bounds.isEmpty && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds must ascend")
    guard case .histogram(let histogram) = metric(name, .histogram, help, labels, { .histogram(Histogram(bounds: bounds)) }) else {
      preconditionFailure("\(name) is not a histogram")
    }
    return histogram
  }

  private func metric(_ name: String, _ kind: Kind, _ help: String, _ labels: Labels, _ make: () -> Metric) -> Metric {
    precondition(Self.isName(name), "not a metric's name: \(name)")
    precondition(labels.allSatisfy { Self.isName($0.key) && $0.key != "le" && !$0.key.contains(":") }, "not a label's name")
    let names = labels.map(\.key)
    return families.withLock { families in
      var family = families[name] ?? Family(kind: kind, help: help, labelNames: names)
      precondition(family.kind == kind, "\(name) is a \(family.kind.rawValue)")
      precondition(family.labelNames == names, "\(name) has the labels \(family.labelNames)")
      var values = labels.map(\.value)
      if family.series[values] == nil, family.series.count >= seriesLimit, !values.isEmpty {
        values = values.map { _ in "other" }
      }
      if let found = family.series[values] { return found }
      let made = make()
      family.series[values] = made
      families[name] = family
      return made
    }
  }

  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F || $0 == 0x3A
    }
  }

  /// All metrics in Prometheus' text format (version 0.0.4), sorted by name and label values.
  ///
  /// Updates that run meanwhile may be in one number and not yet in another.
  public func render() -> String {
    let families = families.withLock { $0 }
    var text = ""
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      text += "# HELP \(name) \(Self.escape(family.help, quotes: false))\n# TYPE \(name) \(family.kind.rawValue)\n"
      for (values, metric) in family.series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
        let labels = zip(family.labelNames, values).map { "\($0)=\"\(Self.escape($1, quotes: true))\"" }
        text += Self.lines(name, labels, metric)
      }
    }
    return text
  }

  private static func lines(_ name: String, _ labels: [String], _ metric: Metric) -> String {
    switch metric {
    case .counter(let counter): return "\(name)\(braces(labels)) \(counter.value)\n"
    case .gauge(let gauge): return "\(name)\(braces(labels)) \(gauge.value)\n"
    case .histogram(let histogram):
      var text = ""
      var cumulated: UInt64 = 0
      for (bound, count) in zip(histogram.bounds.map(number) + ["+Inf"], histogram.values) {
        cumulated += count
        text += "\(name)_bucket\(braces(labels + ["le=\"\(bound)\""])) \(cumulated)\n"
      }
      return text + "\(name)_sum\(braces(labels)) \(number(histogram.sum))\n\(name)_count\(braces(labels)) \(cumulated)\n"
    }
  }

  private static func braces(_ labels: [String]) -> String { labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}" }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }

  private static func escape(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
