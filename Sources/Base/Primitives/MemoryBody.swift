/// A body's bytes from memory.
public final class MemorySource: ByteSource, @unchecked Sendable {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  /// A source of `bytes`, which it keeps alive and does not copy.
  public init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) -> ByteSourceResult {
    let count = min(buffer.count, bytes.endIndex - position)
    if count == 0 { return .end }
    bytes[position..<position + count].withUnsafeBytes { buffer.copyMemory(from: $0) }
    position += count
    return .bytes(count)
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}

/// Collects a small body in memory; refuses to grow beyond its limit.
public final class MemorySink: ByteSink, @unchecked Sendable {
  /// What was taken so far. Read it after the transfer has ended.
  public private(set) var bytes: [UInt8] = []
  private let limit: Int

  /// A sink that holds at most `limit` bytes.
  public init(limit: Int) { self.limit = limit }

  public func write(_ chunk: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    guard bytes.count + chunk.count <= limit else { throw BodyTooLong(limit: limit) }
    bytes.append(contentsOf: chunk)
    return .taken
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }

  public func restart() { bytes.removeAll(keepingCapacity: true) }
}

/// A body was longer than what its taker may hold in memory.
public struct BodyTooLong: Error, Sendable, CustomStringConvertible {
  /// The limit, in bytes.
  public let limit: Int
  public init(limit: Int) { self.limit = limit }
  public var description: String { "the body is longer than the \(limit) bytes allowed here" }
}
