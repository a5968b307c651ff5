import Compression
import ObjectStorage
import Primitives

/// Gives the content of a stored object. Used by one caller at a time.
final class DecodingSource: ByteSource, @unchecked Sendable {
  private let base: any ByteSource
  private let decoder: BodyDecoder
  private var input = [UInt8](repeating: 0, count: 128 << 10)
  private var unread = 0..<0
  private var mayHaveMore = false
  private var output: [UInt8] = []
  private var given = 0
  private var hasEnded = false
  /// Said again if it is read again.
  private var failure: (any Error)?

  init(_ base: any ByteSource, _ decoder: BodyDecoder) {
    self.base = base
    self.decoder = decoder
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    if let failure { throw failure }
    do { return try next(into: buffer) } catch {
      failure = error
      throw error
    }
  }

  private func next(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    while given == output.count {
      if hasEnded { return .end }
      output.removeAll(keepingCapacity: true)
      given = 0
      if unread.isEmpty, !mayHaveMore {
        switch try input.withUnsafeMutableBytes({ try base.read(into: $0) }) {
        case .pause: return .pause
        case .bytes(let count): unread = 0..<count
        case .end:
          try decoder.finish()
          hasEnded = true
          return .end
        }
      }
      let used = try input.withUnsafeBytes { all in
        try decoder.step(UnsafeRawBufferPointer(rebasing: all[unread])) { output.append(contentsOf: $0) }
      }
      unread = unread.lowerBound + used.count..<unread.upperBound
      mayHaveMore = used.isFull
    }
    let count = min(buffer.count, output.count - given)
    output.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[given..<given + count])) }
    given += count
    return .bytes(count)
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }
}
