import Compression
import Concurrency
import ObjectStorage
import Primitives

/// Takes a stored object and passes its content on. Used by one caller at a time.
///
/// Where the taker pauses, what is left of the piece that came is kept here: a piece of a few bytes may stand for more than fits into
/// memory, so that it is not taken apart before there is room for what comes out.
final class DecodingSink: ByteSink, @unchecked Sendable {
  private let base: any ByteSink
  private let decoder: BodyDecoder
  /// What came out and was not taken.
  private var pending: [UInt8] = []
  /// What is not taken apart yet.
  private var rest: [UInt8] = []
  private var mayHaveMore = false

  init(_ base: any ByteSink, _ decoder: BodyDecoder) {
    self.base = base
    self.decoder = decoder
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    guard try drain() else { return .pause }
    try decode(bytes)
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }

  func restart() throws {
    decoder.restart()
    (pending, rest, mayHaveMore) = ([], [], false)
    try base.restart()
  }

  /// Passes on what is left, waiting for the taker, and checks that everything came.
  func finish() async throws {
    while try !drain() {
      let ready = OneShot<Void>()
      base.whenReady { ready.settle(.success(())) }
      try await ready.wait()
    }
    try decoder.finish()
  }

  /// Whether nothing is left.
  private func drain() throws -> Bool {
    while !pending.isEmpty {
      guard try pending.withUnsafeBytes({ try base.write($0) }) == .taken else { return false }
      pending = []
      let left = rest
      rest = []
      if mayHaveMore || !left.isEmpty { try left.withUnsafeBytes { try decode($0) } }
    }
    return true
  }

  private func decode(_ bytes: UnsafeRawBufferPointer) throws {
    var left = bytes
    while true {
      let used = try decoder.step(left) { piece in
        if try base.write(piece) == .pause { pending = Array(piece) }
      }
      left = UnsafeRawBufferPointer(rebasing: left[used.count...])
      mayHaveMore = used.isFull
      if !pending.isEmpty {
        rest = Array(left)
        return
      }
      if left.isEmpty, !used.isFull { return }
    }
  }
}
