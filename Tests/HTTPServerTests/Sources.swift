import Concurrency
import Primitives

/// A source that must not be read.
final class NeverRead: ByteSource {
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult { throw Broken() }
  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}

/// A source that has nothing every other time it is asked, and then for a moment.
final class PausingSource: ByteSource, @unchecked Sendable {
  private let count: Int
  private let fails: Bool
  private var position = 0
  private var isReady = false

  init(_ count: Int, fails: Bool = false) {
    self.count = count
    self.fails = fails
  }

  static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251) } }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    isReady.toggle()
    if !isReady { return .pause }
    if position == count {
      if fails { throw Broken() }
      return .end
    }
    let size = min(buffer.count, count - position, 10_000)
    for index in 0..<size { buffer[index] = UInt8(truncatingIfNeeded: (position + index) % 251) }
    position += size
    return .bytes(size)
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) {
    Task.detached {
      try? await Task.sleep(for: .milliseconds(1))
      resume()
    }
  }
}

/// Many bytes without memory for them.
final class RepeatedSource: ByteSource, @unchecked Sendable {
  private var left: Int64
  init(_ count: Int64) { left = count }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    let size = Int(min(left, Int64(buffer.count)))
    if size == 0 { return .end }
    buffer.baseAddress!.initializeMemory(as: UInt8.self, repeating: 0x5A, count: size)
    left -= Int64(size)
    return .bytes(size)
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}

/// Takes bytes after it has refused each piece once, for a moment.
final class PausingSink: ByteSink, @unchecked Sendable {
  private(set) var bytes: [UInt8] = []
  private(set) var pauses = 0
  private var isReady = true

  func write(_ chunk: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    isReady.toggle()
    if !isReady {
      pauses += 1
      return .pause
    }
    bytes.append(contentsOf: chunk)
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) {
    Task.detached {
      try? await Task.sleep(for: .milliseconds(1))
      resume()
    }
  }

  func restart() { bytes = [] }
}

/// Counts, and keeps nothing.
final class CountingNowhere: ByteSink, @unchecked Sendable {
  private(set) var count: Int64 = 0
  func write(_ chunk: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    count += Int64(chunk.count)
    return .taken
  }
  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
  func restart() { count = 0 }
}
