import Concurrency
import ObjectStorage
import Primitives

/// Moves one body from a source to a sink, waiting where either pauses. A small one on the caller's thread, a large one on the blocking
/// pool, a few megabytes per hop.
final class Pump: @unchecked Sendable {
  private enum Step { case ended, sourcePaused, sinkPaused, hop }

  /// Up to this many bytes are moved on the caller's thread: about 20 µs.
  private static let small: Int64 = 64 << 10
  private static let chunk = 256 << 10
  private static let hop = 16 << 20

  private let source: any ByteSource
  private let sink: any ByteSink
  private let length: Int64
  private let buffer: UnsafeMutableRawBufferPointer
  private var moved: Int64 = 0
  /// What the sink has not taken yet.
  private var held = 0

  init(from source: any ByteSource, to sink: any ByteSink, length: Int64) {
    self.source = source
    self.sink = sink
    self.length = length
    // A byte more than announced is asked for, so that a source that goes on is noticed.
    buffer = .allocate(byteCount: Int(min(Int64(Pump.chunk), length + 1)), alignment: 64)
  }

  deinit { buffer.deallocate() }

  /// Moves everything.
  /// - Parameter wrongLength: the error for a body that is shorter or longer than announced, given the bytes that came.
  /// - Throws: that, what source or sink throw, `CancellationError`.
  func run(wrongLength: (_ moved: Int64) -> any Error) async throws {
    while true {
      try Task.checkCancellation()
      let step = length <= Pump.small ? try move() : try await BlockingPool.shared.run { try self.move() }
      switch step {
      case .ended:
        if moved != length { throw wrongLength(moved) }
        return
      case .hop: break
      case .sourcePaused: try await Pump.wait { self.source.whenReady($0) }
      case .sinkPaused: try await Pump.wait { self.sink.whenReady($0) }
      }
    }
  }

  private func move() throws -> Step {
    var budget = Pump.hop
    while budget > 0 {
      if held == 0 {
        switch try source.read(into: buffer) {
        case .bytes(let count): held = count
        case .pause: return .sourcePaused
        case .end: return .ended
        }
        if moved + Int64(held) > length {
          moved += Int64(held)
          return .ended
        }
      }
      if try sink.write(UnsafeRawBufferPointer(rebasing: buffer[..<held])) == .pause { return .sinkPaused }
      moved += Int64(held)
      budget -= held
      held = 0
    }
    return .hop
  }

  private static func wait(_ ask: (@escaping @Sendable () -> Void) -> Void) async throws {
    let ready = OneShot<Void>()
    ask { ready.settle(.success(())) }
    try await ready.wait()
  }
}
