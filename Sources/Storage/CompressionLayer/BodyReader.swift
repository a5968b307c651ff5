import Concurrency
import ObjectStorage
import Primitives

/// Reads a payload's source to its end, away from the caller's thread, since what is done with the bytes takes long. Used by one caller
/// at a time.
final class BodyReader: @unchecked Sendable {
  /// Whether there is more.
  enum Outcome: Sendable {
    case more, ended
  }

  private enum Step: Sendable {
    case more, ended, paused
  }

  private static let pieceLength = 256 << 10
  /// How much is read in one go on the pool: enough that going there costs nothing.
  private static let stretch = 4 << 20

  private let source: any ByteSource
  private let length: Int64
  private let fail: @Sendable (StorageError.Code, String) -> StorageError
  private var buffer: [UInt8]
  private var position: Int64 = 0

  /// - Parameters:
  ///   - length: how many bytes the source must have.
  ///   - fail: makes the error of the object that is written.
  init(_ source: any ByteSource, length: Int64, fail: @escaping @Sendable (StorageError.Code, String) -> StorageError) {
    self.source = source
    self.length = length
    self.fail = fail
    buffer = Array(repeating: 0, count: Int(min(length, Int64(Self.pieceLength - 1))) + 1)
  }

  /// Gives bytes to `taker`, on another thread, until it says that it has enough or the source has ended.
  /// - Throws: `.sourceChanged` unless the source has exactly its length; what the source or `taker` throw; `CancellationError`.
  func read(_ taker: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Bool) async throws -> Outcome {
    while true {
      switch try await BlockingPool.shared.run({ try self.stretch(taker) }) {
      case (.ended, _): return .ended
      case (_, true): return .more
      case (.more, _): continue
      case (.paused, _):
        let ready = OneShot<Void>()
        source.whenReady { ready.settle(.success(())) }
        try await ready.wait()
      }
    }
  }

  private func stretch(_ taker: (UnsafeRawBufferPointer) throws -> Bool) throws -> (Step, hasEnough: Bool) {
    let end = position + Int64(Self.stretch)
    while position < end {
      // One byte more than there should be is asked for, so that a source that goes on is noticed.
      let wanted = Int(min(length + 1 - position, Int64(buffer.count)))
      let result = try buffer.withUnsafeMutableBytes { all in
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: all[..<wanted]))
      }
      switch result {
      case .pause: return (.paused, false)
      case .end:
        guard position == length else { throw fail(.sourceChanged, "the source ended after \(position) of \(length) bytes") }
        return (.ended, false)
      case .bytes(let count):
        position += Int64(count)
        guard position <= length else { throw fail(.sourceChanged, "the source has more than the announced \(length) bytes") }
        let hasEnough = try buffer.withUnsafeBytes { try taker(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        if hasEnough { return (.more, true) }
      }
    }
    return (.more, false)
  }
}
