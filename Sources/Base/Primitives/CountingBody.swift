/// Passes bytes on and tells how many.
public final class CountingSource: ByteSource {
  private let base: any ByteSource
  private let count: @Sendable (Int) -> Void

  /// A source of `base`'s bytes; `count` is called with the size of each piece, where it is read.
  public init(_ base: any ByteSource, count: @escaping @Sendable (Int) -> Void) {
    self.base = base
    self.count = count
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    let result = try base.read(into: buffer)
    if case .bytes(let read) = result { count(read) }
    return result
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }
}

/// Passes bytes on and tells how many were taken.
public final class CountingSink: ByteSink {
  private let base: any ByteSink
  private let count: @Sendable (Int) -> Void

  /// A sink that gives its bytes to `base`; `count` is called with the size of each piece that was taken. Pieces that come again
  /// after a restart are counted again.
  public init(_ base: any ByteSink, count: @escaping @Sendable (Int) -> Void) {
    self.base = base
    self.count = count
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    let result = try base.write(bytes)
    if result == .taken { count(bytes.count) }
    return result
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }

  public func restart() throws { try base.restart() }
}
