import Concurrency
public import Primitives

/// What a test's body fails with.
public struct BodyFailure: Error, Hashable, Sendable {
  public init() {}
}

/// A source that misbehaves, or is only slow.
public final class HostileSource: ByteSource {
  /// What it does.
  public enum Behaviour: Sendable {
    /// Says `.pause` before every chunk and is ready a millisecond later; chunks are of 1000 bytes.
    case slow
    /// Throws `BodyFailure` after so many bytes.
    case failing(after: Int64)
    /// Pauses for ever after so many bytes; `stalled` tells when.
    case stalling(after: Int64)
  }

  private struct State {
    var given: Int64 = 0
    var hasPaused = false
    var pending: [@Sendable () -> Void] = []
  }

  private let base: any ByteSource
  private let behaviour: Behaviour
  private let onStall: @Sendable () -> Void
  private let state = Lock(State())

  /// Wraps `base`. `onStall` is called each time a stalling source pauses.
  public init(_ base: any ByteSource, _ behaviour: Behaviour, onStall: @escaping @Sendable () -> Void = {}) {
    self.base = base
    self.behaviour = behaviour
    self.onStall = onStall
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    var limit = buffer.count
    switch behaviour {
    case .slow:
      let pauses = state.withLock { state in
        state.hasPaused.toggle()
        return state.hasPaused
      }
      if pauses { return .pause }
      limit = min(limit, 1000)
    case .failing(let after):
      let left = after - state.withLock { $0.given }
      if left <= 0 { throw BodyFailure() }
      limit = Int(min(Int64(limit), left))
    case .stalling(let after):
      let left = after - state.withLock { $0.given }
      if left <= 0 {
        onStall()
        return .pause
      }
      limit = Int(min(Int64(limit), left))
    }
    let result = try base.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<limit]))
    if case .bytes(let count) = result { state.withLock { $0.given += Int64(count) } }
    return result
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) {
    if case .stalling = behaviour {
      state.withLock { $0.pending.append(resume) }
    } else {
      resumeSoon(resume)
    }
  }
}

/// A sink that misbehaves, or is only slow.
public final class HostileSink: ByteSink {
  /// What it does.
  public enum Behaviour: Sendable {
    /// Says `.pause` before every chunk and is ready a millisecond later.
    case slow
    /// Throws `BodyFailure` at the chunk that goes beyond so many bytes.
    case failing(after: Int64)
    /// Pauses for ever once so many bytes came; `onStall` tells when.
    case stalling(after: Int64)
    /// Takes everything, but cannot take anything back.
    case final
  }

  private struct State {
    var taken: Int64 = 0
    var hasPaused = false
    var pending: [@Sendable () -> Void] = []
  }

  private let base: any ByteSink
  private let behaviour: Behaviour
  private let onStall: @Sendable () -> Void
  private let state = Lock(State())

  /// Wraps `base`. `onStall` is called each time a stalling sink pauses.
  public init(_ base: any ByteSink, _ behaviour: Behaviour, onStall: @escaping @Sendable () -> Void = {}) {
    self.base = base
    self.behaviour = behaviour
    self.onStall = onStall
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    switch behaviour {
    case .slow:
      let pauses = state.withLock { state in
        state.hasPaused.toggle()
        return state.hasPaused
      }
      if pauses { return .pause }
    case .failing(let after):
      if state.withLock({ $0.taken }) + Int64(bytes.count) > after { throw BodyFailure() }
    case .stalling(let after):
      if state.withLock({ $0.taken }) >= after {
        onStall()
        return .pause
      }
    case .final: break
    }
    let result = try base.write(bytes)
    if result == .taken { state.withLock { $0.taken += Int64(bytes.count) } }
    return result
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) {
    if case .stalling = behaviour {
      state.withLock { $0.pending.append(resume) }
    } else {
      resumeSoon(resume)
    }
  }

  public func restart() throws {
    if case .final = behaviour { throw BodyFailure() }
    state.withLock { $0 = State() }
    try base.restart()
  }
}

/// Calls `resume` from another thread a millisecond from now, as a source that waits for something does.
private func resumeSoon(_ resume: @escaping @Sendable () -> Void) {
  Task.detached {
    try? await Task.sleep(for: .milliseconds(1))
    resume()
  }
}
