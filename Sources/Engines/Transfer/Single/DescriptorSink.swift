public import Concurrency
import Glibc
public import Primitives

/// Sends a body to a descriptor that may be slow: a pipe, a terminal.
///
/// Bytes wait in a bounded buffer, which a thread of the pool empties, so that whoever receives them (the event loop) never waits for
/// the reader of a pipe. What has been taken cannot be taken back: `restart` fails once a byte was taken.
public final class DescriptorSink: ByteSink {
  private struct State {
    var waiting: [UInt8] = []
    var isWriting = false
    var hasTaken = false
    var failure: TransferError?
    var resume: (@Sendable () -> Void)?
    var drained: [OneShot<Void>] = []
  }

  private let descriptor: Int32
  private let pool: BlockingPool
  private let limit: Int
  private let state = Lock(State())

  /// Writes to `descriptor`, which stays open.
  /// - Parameters:
  ///   - descriptor: open for writing.
  ///   - buffer: bytes that may wait; at least one chunk is always taken.
  ///   - pool: where the writes block, for as long as the reader of a pipe likes: never the shared one, whose few threads the stores
  ///     need. By default a thread of its own.
  public init(descriptor: Int32, buffer: Int = 1 << 20, pool: BlockingPool? = nil) {
    self.descriptor = descriptor
    limit = buffer
    self.pool = pool ?? BlockingPool(name: "output", threads: 1)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    enum Next { case full, taken, start }
    let next: Next = try state.withLock { state in
      if let failure = state.failure { throw failure }
      if !state.waiting.isEmpty, state.waiting.count + bytes.count > limit { return .full }
      state.waiting.append(contentsOf: bytes)
      state.hasTaken = true
      defer { state.isWriting = true }
      return state.isWriting ? .taken : .start
    }
    if next == .start { Task(executorPreference: pool) { self.drain() } }
    return next == .full ? .pause : .taken
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) {
    let isReady = state.withLock { state in
      if state.waiting.isEmpty || state.failure != nil { return true }
      state.resume = resume
      return false
    }
    if isReady { resume() }
  }

  public func restart() throws {
    if state.withLock({ $0.hasTaken }) {
      throw TransferError(.cannotWrite, "the connection broke after a part of the content was written, which cannot be taken back")
    }
  }

  /// Returns when everything taken has been written.
  /// - Throws: `TransferError` `.cannotWrite`, when the reader went away or the disk is full.
  public func finish() async throws {
    let shot = OneShot<Void>()
    let isIdle = try state.withLock { state in
      if let failure = state.failure { throw failure }
      if state.isWriting { state.drained.append(shot) }
      return !state.isWriting
    }
    if !isIdle { try await shot.wait(onCancel: {}) }
  }

  private func drain() {
    while true {
      let (chunk, resume) = state.withLock { state -> ([UInt8], (@Sendable () -> Void)?) in
        defer { state.waiting = [] }
        return (state.waiting, state.resume.take())
      }
      resume?()
      let failure = chunk.isEmpty ? nil : Self.write(chunk, to: descriptor)
      let (isDone, resumed, drained) = state.withLock { state -> (Bool, (@Sendable () -> Void)?, [OneShot<Void>]) in
        state.failure = failure
        guard failure != nil || state.waiting.isEmpty else { return (false, nil, []) }
        state.isWriting = false
        defer { state.drained = [] }
        return (true, state.resume.take(), state.drained)
      }
      guard isDone else { continue }
      resumed?()
      for shot in drained { shot.settle(failure.map { .failure($0) } ?? .success(())) }
      return
    }
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> TransferError? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0, errno == EAGAIN {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&waiting, 1, -1)
      } else if count == 0 || errno != EINTR {
        return TransferError(.cannotWrite, "the output cannot be written: \(String(cString: strerror(errno)))")
      }
    }
    return nil
  }
}
