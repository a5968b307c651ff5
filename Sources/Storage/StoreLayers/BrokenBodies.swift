import Concurrency
public import Primitives

/// Lets some bytes through and then fails, as a connection that breaks.
public final class BreakingSink: ByteSink {
  private let base: any ByteSink
  private let error: any Error
  private let left: Lock<Int64>

  /// Around a body.
  public init(_ base: any ByteSink, after: Int64, _ error: any Error) {
    self.base = base
    self.error = error
    left = Lock(after)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    let room = left.withLock { Int(min($0, Int64(bytes.count))) }
    if room > 0 {
      let result = try base.write(UnsafeRawBufferPointer(rebasing: bytes[..<room]))
      if result == .pause { return .pause }
      left.withLock { $0 -= Int64(room) }
    }
    if room < bytes.count { throw error }
    return .taken
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }

  public func restart() throws { try base.restart() }
}

/// Ends early, as if that were all.
public final class ShortSource: ByteSource {
  private let base: any ByteSource
  private let left: Lock<Int64>

  /// Around a body.
  public init(_ base: any ByteSource, after: Int64) {
    self.base = base
    left = Lock(after)
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    let room = left.withLock { Int(min($0, Int64(buffer.count))) }
    if room == 0 { return .end }
    let result = try base.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<room]))
    if case .bytes(let count) = result { left.withLock { $0 -= Int64(count) } }
    return result
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }
}
