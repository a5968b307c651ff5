import Concurrency
public import Primitives

/// The bytes of a read as a source: a read that runs beside whoever pulls, a bounded number of bytes ahead.
///
/// The read begins at the first pull, so that a source that is made and not used costs nothing, and is cancelled when the source
/// goes. It pauses the connection while `window` bytes wait, and may not be restarted once bytes of it were pulled.
public final class RemoteSource: ByteSource, @unchecked Sendable {
  private static let window = 1 << 20

  private struct State {
    var buffer: [UInt8] = []
    var start = 0
    var pulled: Int64 = 0
    var isOver = false
    var failure: (any Error)?
    var wakeReader: (@Sendable () -> Void)?
    var wakeWriter: (@Sendable () -> Void)?

    var held: Int { buffer.count - start }

    /// The last byte is held back until the read has checked the whole: who has all the bytes may not ask for the end.
    func available(of length: Int64) -> Int {
      isOver ? held : min(held, Int(clamping: length - 1 - pulled))
    }
  }

  private final class Pipe: ByteSink, @unchecked Sendable {
    let state = Lock(State())

    func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
      let (result, wake): (ByteSinkResult, (@Sendable () -> Void)?) = state.withLock { state in
        if state.held > 0, state.held + bytes.count > RemoteSource.window { return (.pause, nil) }
        if state.start > 0 {
          state.buffer.removeFirst(state.start)
          state.start = 0
        }
        state.buffer.append(contentsOf: bytes)
        defer { state.wakeReader = nil }
        return (.taken, state.wakeReader)
      }
      wake?()
      return result
    }

    func whenReady(_ resume: @escaping @Sendable () -> Void) {
      let isReady = state.withLock { state in
        if state.held == 0 { return true }
        state.wakeWriter = resume
        return false
      }
      if isReady { resume() }
    }

    func restart() throws {
      try state.withLock { state in
        guard state.pulled == 0 else { throw CannotRestart() }
        state.buffer.removeAll(keepingCapacity: true)
        state.start = 0
      }
    }

    func end(_ failure: (any Error)?) {
      let wake = state.withLock { state in
        state.isOver = true
        state.failure = failure
        defer { state.wakeReader = nil }
        return state.wakeReader
      }
      wake?()
    }
  }

  private let pipe = Pipe()
  private let length: Int64
  private let run: @Sendable (any ByteSink) async throws -> Void
  private let task = Lock<Task<Void, Never>?>(nil)

  /// A source of `length` bytes, which `run` sends to the sink it is given.
  public init(length: Int64, run: @escaping @Sendable (any ByteSink) async throws -> Void) {
    self.length = length
    self.run = run
  }

  deinit { task.withLock { $0?.cancel() } }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    if length == 0 { return .end }
    begin()
    let length = length
    let (result, wake): (Result<ByteSourceResult, any Error>, (@Sendable () -> Void)?) = pipe.state.withLock { state in
      if let failure = state.failure { return (.failure(failure), nil) }
      let count = min(buffer.count, state.available(of: length))
      if count == 0 { return (.success(state.isOver ? .end : .pause), nil) }
      state.buffer[state.start..<state.start + count].withUnsafeBytes { buffer.copyMemory(from: $0) }
      state.start += count
      state.pulled += Int64(count)
      guard state.held == 0 else { return (.success(.bytes(count)), nil) }
      state.buffer.removeAll(keepingCapacity: true)
      state.start = 0
      defer { state.wakeWriter = nil }
      return (.success(.bytes(count)), state.wakeWriter)
    }
    wake?()
    return try result.get()
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) {
    let length = length
    let isReady = pipe.state.withLock { state in
      if state.available(of: length) > 0 || state.isOver { return true }
      state.wakeReader = resume
      return false
    }
    if isReady { resume() }
  }

  private func begin() {
    task.withLock { task in
      guard task == nil else { return }
      task = Task { [pipe, run] in
        do {
          try await run(pipe)
          pipe.end(nil)
        } catch {
          pipe.end(error)
        }
      }
    }
  }
}

/// A stream of which bytes were used cannot begin again.
private struct CannotRestart: Error, CustomStringConvertible {
  var description: String { "the connection broke after bytes had been passed on" }
}
