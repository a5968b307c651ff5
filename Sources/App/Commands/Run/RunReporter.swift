import Catalog
import Concurrency
import Markup
import ObjectStorage
import Observability
import Sync

/// Tells people and programs what happens during a run, as they asked for it.
///
/// - On a terminal (standard output too, but for `--json`): a live view below, and above it whatever needs attention; with `-v` a line for each path.
/// - Elsewhere: a line for each path on standard output.
/// - With `--json-progress`: one JSON object a line on standard error.
/// - With `--quiet` or `--json`: nothing until the end.
final class RunReporter: Sendable {
  /// What each event is shown as.
  private enum Mode { case live, lines, events, errors, silent }

  private let console: Console
  private let mode: Mode
  private let showsPaths: Bool
  private let words: EventWords
  private let progress = RunProgress()
  private let view: LiveView?
  private let ticker = Lock<Task<Void, Never>?>(nil)

  /// A reporter for a call.
  /// - Parameter rights: the names of the right ends, in order.
  init(_ call: Call, rights: [String]) {
    console = call.console
    words = EventWords(rights: rights)
    if call.output.showsEvents {
      mode = .events
    } else if call.output.isQuiet {
      mode = call.output.isJSON ? .silent : .errors
    } else if call.console.errorStyle.isTerminal, call.console.outputStyle.isTerminal || call.output.isJSON {
      mode = .live
    } else {
      mode = call.output.isJSON ? .silent : .lines
    }
    showsPaths = call.output.verbosity > 0 && !call.output.isJSON
    view = mode == .live ? LiveView(progress, console: call.console) : nil
  }

  /// Begins to show.
  func start() {
    if let view {
      let task = Task { await view.run() }
      ticker.withLock { $0 = task }
    } else if mode == .events {
      let task = Task { await self.writeProgress() }
      ticker.withLock { $0 = task }
    }
  }

  /// Ends showing; the terminal is as it was, with the lines that stay.
  func finish() async {
    let task = ticker.withLock { $0.take() }
    task?.cancel()
    await task?.value
    view?.close()
    if mode == .events { write(event: "progress", progressMembers) }
  }

  /// Ends showing at once, where nobody can wait.
  func abandon() {
    ticker.withLock { $0.take() }?.cancel()
    view?.close()
  }

  /// Takes an event; quick, from any thread.
  func take(_ pair: Int, _ event: SyncEvent) {
    if mode == .live || mode == .events { progress.take(pair, event) }
    switch mode {
    case .silent: break
    case .errors: if case .failed = event, let line = words.line(pair, event) { console.printError(line) }
    case .events: if let (name, members) = EventJSON.members(event, pair: pair) { write(event: name, members) }
    case .lines: if let line = words.line(pair, event) { console.note(line) }
    case .live:
      guard let view, let line = words.line(pair, event), showsPaths || event.needsAttention else { break }
      view.printAbove(line)
    }
  }

  // MARK: Events as JSON

  private func writeProgress() async {
    var last = RunProgress.Snapshot()
    while !Task.isCancelled {
      do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
      let now = progress.snapshot
      if now.bytes == last.bytes && now.done == last.done && now.observed == last.observed { continue }
      last = now
      write(event: "progress", progressMembers)
    }
  }

  private var progressMembers: [JSONObject.Member] {
    let now = progress.snapshot
    return [
      .init("paths", .integer(Int64(now.observed))), .init("files", .integer(Int64(now.done))),
      .init("filesTotal", .integer(Int64(now.planned))), .init("bytes", .integer(now.bytes)),
      .init("bytesTotal", .integer(now.plannedBytes)), .init("failed", .integer(Int64(now.failed))),
    ]
  }

  private func write(event: String, _ members: [JSONObject.Member]) {
    console.writeError(JSONValue.object(JSONObject([.init("event", .string(event))] + members)).bytes() + [0x0A])
  }
}

extension SyncEvent {
  /// Whether a person wants to know of it although they did not ask for every path.
  fileprivate var needsAttention: Bool {
    switch self {
    case .failed, .conflict, .named, .skipped, .hardLinks, .sentWhole: true
    case .observed, .planned, .started, .moved, .finished: false
    }
  }
}
