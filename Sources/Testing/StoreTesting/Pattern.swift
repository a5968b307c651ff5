import Concurrency
import Glibc
public import ObjectStorage
public import Primitives

/// Seeded content of any length that needs no memory: the byte at each offset is known without those before it.
public struct Pattern: Hashable, Sendable {
  private let seed: UInt64

  /// The content of this seed. Different seeds differ in (nearly) every byte.
  public init(seed: UInt64) { self.seed = seed &* 0x9E37_79B9_7F4A_7C15 }

  /// The bytes of `range`.
  public func bytes(_ range: Range<Int64>) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Int(range.upperBound - range.lowerBound)) { buffer, count in
      count = Int(range.upperBound - range.lowerBound)
      fill(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count), from: range.lowerBound)
    }
  }

  /// The first `count` bytes.
  public func bytes(_ count: Int) -> [UInt8] { bytes(0..<Int64(count)) }

  /// A payload of the first `length` bytes.
  public func payload(_ length: Int64, verifyUnchanged: @escaping @Sendable () throws -> Void = {}) -> Payload {
    Payload(length: length, makeSource: { PatternSource(self, $0) }, verifyUnchanged: verifyUnchanged)
  }

  /// The offset of the first byte of `bytes` that is not this content's at `offset`; nil if all are.
  func mismatch(_ bytes: UnsafeRawBufferPointer, at offset: Int64) -> Int64? {
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return nil }
    let expected = self.bytes(offset..<offset + Int64(bytes.count))
    if expected.withUnsafeBytes({ memcmp($0.baseAddress!, start, bytes.count) == 0 }) { return nil }
    return expected.indices.first { expected[$0] != bytes[$0] }.map { offset + Int64($0) }
  }

  /// Fills `buffer` with the bytes from `offset` on: by words, since tests run unoptimised.
  fileprivate func fill(_ buffer: UnsafeMutableRawBufferPointer, from offset: Int64) {
    var index = 0
    var position = UInt64(offset)
    while index < buffer.count {
      let skipped = Int(position & 7)
      let word = word(position >> 3)
      if skipped == 0, buffer.count - index >= 8 {
        buffer.storeBytes(of: word.littleEndian, toByteOffset: index, as: UInt64.self)
        index += 8
        position += 8
      } else {
        buffer[index] = UInt8(truncatingIfNeeded: word >> UInt64(skipped * 8))
        index += 1
        position += 1
      }
    }
  }

  private func word(_ index: UInt64) -> UInt64 {
    var mixed = seed &+ index &* 0xD134_2543_DE82_EF95
    mixed = (mixed ^ (mixed >> 32)) &* 0xBF58_476D_1CE4_E5B9
    return mixed ^ (mixed >> 29)
  }
}

/// Gives a pattern's bytes in chunks of at most 64 KiB.
final class PatternSource: ByteSource {
  private let pattern: Pattern
  private let range: Range<Int64>
  private let position: Lock<Int64>

  init(_ pattern: Pattern, _ range: Range<Int64>) {
    self.pattern = pattern
    self.range = range
    position = Lock(range.lowerBound)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> ByteSourceResult {
    position.withLock { position in
      let count = min(buffer.count, 65536, Int(range.upperBound - position))
      if count == 0 { return .end }
      pattern.fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), from: position)
      position += Int64(count)
      return .bytes(count)
    }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}

/// Holds what it is given against a pattern, without keeping it.
public final class PatternSink: ByteSink {
  private struct State {
    var position: Int64
    var mismatch: Int64?
  }

  private let pattern: Pattern
  private let start: Int64
  private let state: Lock<State>

  /// Expects the pattern's bytes from `start` on.
  public init(_ pattern: Pattern, from start: Int64 = 0) {
    self.pattern = pattern
    self.start = start
    state = Lock(State(position: start))
  }

  /// How many bytes came.
  public var count: Int64 { state.withLock { $0.position - start } }
  /// The offset, within the pattern, of the first wrong byte.
  public var mismatch: Int64? { state.withLock { $0.mismatch } }

  public func write(_ bytes: UnsafeRawBufferPointer) -> ByteSinkResult {
    state.withLock { state in
      if state.mismatch == nil { state.mismatch = pattern.mismatch(bytes, at: state.position) }
      state.position += Int64(bytes.count)
    }
    return .taken
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }

  public func restart() { state.withLock { $0 = State(position: start) } }
}
