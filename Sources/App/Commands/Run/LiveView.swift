import Concurrency
import ObjectStorage
import Observability
import Primitives

/// The lines at the bottom of a terminal that show how far a run is. They are rewritten in place and leave nothing behind.
final class LiveView: Sendable {
  private struct State {
    var isOpen = true
    /// How wide the lines are that are on the screen now.
    var drawn: [Int] = []
    var files = RateMeter()
    var bytes = RateMeter()
  }

  private let console: Console
  private let progress: RunProgress
  private let start = ContinuousClock.now
  private let state = Lock(State())

  /// How often the lines are rewritten.
  static let interval = Duration.milliseconds(100)

  /// A view of `progress` on the console's standard error.
  init(_ progress: RunProgress, console: Console) {
    self.console = console
    self.progress = progress
  }

  /// Rewrites the lines until the task is cancelled or the view is closed.
  func run() async {
    while !Task.isCancelled {
      draw()
      do { try await Task.sleep(for: Self.interval) } catch { return }
    }
  }

  /// Prints a line above the view, where it stays.
  func printAbove(_ line: String) {
    state.withLock { state in
      console.writeError(Array((Self.clearing(state.drawn, width: TerminalStyle.detect(2).width) + line + "\n").utf8))
      state.drawn = []
    }
  }

  /// Takes the lines away for good.
  func close() {
    state.withLock { state in
      guard state.isOpen else { return }
      state.isOpen = false
      let text = Self.clearing(state.drawn, width: TerminalStyle.detect(2).width)
      if !text.isEmpty { console.writeError(Array(text.utf8)) }
      state.drawn = []
    }
  }

  private func draw() {
    let snapshot = progress.snapshot
    let moment = ContinuousClock.now - start
    // The terminal may have been resized.
    let width = TerminalStyle.detect(2).width
    state.withLock { state in
      guard state.isOpen else { return }
      state.bytes.add(snapshot.bytes, at: moment)
      state.files.add(Int64(snapshot.done), at: moment)
      let lines = ProgressLines(snapshot, filesRate: state.files.perSecond, bytesRate: state.bytes.perSecond).lines(width: width)
      console.writeError(Array((Self.clearing(state.drawn, width: width) + lines.joined(separator: "\n") + "\n").utf8))
      state.drawn = lines.map(TextWidth.of)
    }
  }

  /// Moves to the first of the lines drawn and clears the rest of the screen. A terminal that became narrower since has broken them.
  private static func clearing(_ lines: [Int], width: Int) -> String {
    let rows = lines.reduce(0) { $0 + max(1, ($1 + width - 1) / width) }
    return rows == 0 ? "" : "\u{1B}[\(rows)A\r\u{1B}[J"
  }
}

/// The words of a live view.
struct ProgressLines {
  private let snapshot: RunProgress.Snapshot
  private let filesRate: Double?
  private let bytesRate: Double?

  /// Lines for what is known at one moment.
  init(_ snapshot: RunProgress.Snapshot, filesRate: Double?, bytesRate: Double?) {
    self.snapshot = snapshot
    self.filesRate = filesRate
    self.bytesRate = bytesRate
  }

  /// The lines, none wider than `width` (less one: a terminal may break a full line).
  func lines(width: Int) -> [String] {
    let room = max(10, width - 1)
    guard snapshot.isPlanned else { return [TextWidth.shorten("Looking: \(Wording.count(snapshot.observed, "path"))", to: room)] }
    var lines = [fit(summary, to: room)]
    for current in snapshot.current.prefix(3) {
      let share = current.bytes > 0 ? " \(min(100, max(0, current.moved) * 100 / current.bytes))%" : ""
      lines.append("  " + TextWidth.shorten(current.key.description, to: room - 2 - share.count) + share)
    }
    if snapshot.current.count > 3 { lines.append(TextWidth.shorten("  and \(snapshot.current.count - 3) more", to: room)) }
    return lines
  }

  /// What is said, the most important first.
  private var summary: [String] {
    var parts = ["\(snapshot.done)/\(snapshot.planned) files"]
    if snapshot.plannedBytes > 0 {
      parts.append("\(Wording.bytes(max(0, snapshot.bytes))) of \(Wording.bytes(snapshot.plannedBytes))")
      if let bytesRate { parts.append("\(Wording.bytes(Int64(bytesRate)))/s") }
    }
    if let left = remaining { parts.append("\(Wording.span(left)) left") }
    if snapshot.failed > 0 { parts.append("\(snapshot.failed) failed") }
    return parts
  }

  /// As many of the parts as fit.
  private func fit(_ parts: [String], to width: Int) -> String {
    var line = TextWidth.shorten(parts[0], to: width)
    for part in parts.dropFirst() where line.count + 3 + part.count <= width { line += " · " + part }
    return line
  }

  /// The time that the rest takes at the present rate: by bytes or by files, whichever is slower.
  private var remaining: Duration? {
    var seconds: Double?
    func consider(_ left: Double, _ rate: Double?) {
      guard left > 0, let rate, rate > 0 else { return }
      seconds = max(seconds ?? 0, left / rate)
    }
    consider(Double(snapshot.plannedBytes - snapshot.bytes), bytesRate)
    consider(Double(snapshot.planned - snapshot.done), filesRate)
    return seconds.flatMap { $0 < 1e8 ? .seconds(Int64($0.rounded(.up))) : nil }
  }
}
