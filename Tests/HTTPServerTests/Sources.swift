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
final class RepeatedSource: ByteSource {
  private let length: Int64
  private let given = Lock<Int64>(0)
  var count: Int64 { given.withLock { $0 } }

  init(_ length: Int64) { self.length = length }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    given.withLock { given in
      let size = Int(min(length - given, Int64(buffer.count)))
      if size == 0 { return .end }
      buffer.baseAddress!.initializeMemory(as: UInt8.self, repeating: 0x5A, count: size)
      given += Int64(size)
      return .bytes(size)
    }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }

  /// Returns when bytes have been taken, and no more of them for a while.
  func standsStill() async throws {
    var last: Int64 = -1
    while count == 0 || count != last {
      last = count
      try await Task.sleep(for: .milliseconds(200))
    }
  }
}

/// Closed until it is opened.
final class Gate: Sendable {
  private let waiting = Lock<[@Sendable () -> Void]?>([])

  var isOpen: Bool { waiting.withLock { $0 == nil } }

  func open() {
    let calls = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting ?? []
    }
    for call in calls { call() }
  }

  func whenOpen(_ call: @escaping @Sendable () -> Void) {
    let isOpen = waiting.withLock { waiting in
      waiting?.append(call)
      return waiting == nil
    }
    if isOpen { call() }
  }
}

/// Takes nothing until its gate is open.
final class GatedSink: ByteSink {
  private let base: CountingNowhere
  private let gate: Gate

  init(_ base: CountingNowhere, _ gate: Gate) {
    self.base = base
    self.gate = gate
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult { gate.isOpen ? try base.write(bytes) : .pause }
  func whenReady(_ resume: @escaping @Sendable () -> Void) { gate.whenOpen(resume) }
  func restart() { base.restart() }
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
final class CountingNowhere: ByteSink, Sendable {
  private let taken = Lock<Int64>(0)
  var count: Int64 { taken.withLock { $0 } }
  func write(_ chunk: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    taken.withLock { $0 += Int64(chunk.count) }
    return .taken
  }
  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
  func restart() { taken.withLock { $0 = 0 } }
}
