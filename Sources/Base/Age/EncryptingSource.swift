import Primitives

/// The bytes of a part of an encrypted file, sealed chunk by chunk as they are asked for.
///
/// Where the taker has room for a whole chunk it is sealed straight into the taker's memory.
///
/// Unchecked: read by one caller at a time, as every `ByteSource`.
final class EncryptingSource: ByteSource, @unchecked Sendable {
  private var head: ArraySlice<UInt8>
  private let cipher: ChunkCipher
  private let base: any ByteSource
  private let layout: PayloadLayout

  /// The content that `base` gives, and where the next chunk begins.
  private let content: Range<Int64>
  private var position: Int64

  /// One byte more than a chunk, so that a source that goes on is noticed.
  private let plain = WorkBuffer(ChunkCipher.plainSize + 1)
  private var filled = 0
  private let sealed = WorkBuffer(ChunkCipher.sealedSize)
  /// What of `sealed` is still to be given.
  private var waiting = 0..<0

  private var skip: Int
  /// Bytes still to be given, the head among them.
  private var count: Int64
  /// Throws if the content is no longer what it was when it was sealed before.
  private let verify: (@Sendable () throws -> Void)?

  init(
    head: ArraySlice<UInt8>, cipher: ChunkCipher, base: any ByteSource, content: Range<Int64>, layout: PayloadLayout, skip: Int,
    count: Int64, verify: (@Sendable () throws -> Void)?
  ) {
    self.head = head
    self.cipher = cipher
    self.base = base
    self.content = content
    self.layout = layout
    self.skip = skip
    self.count = count
    self.verify = verify
    position = content.lowerBound
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    var given = 0
    while given < buffer.count, count > 0 {
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[given...])
      if !head.isEmpty {
        given += give(head.count, of: room) { taken, target in
          head.prefix(taken).withUnsafeBytes { target.copyMemory(from: $0) }
          head = head.dropFirst(taken)
        }
      } else if !waiting.isEmpty {
        given += give(waiting.count, of: room) { taken, target in
          target.copyMemory(from: sealed.read(waiting.lowerBound..<waiting.lowerBound + taken))
          waiting = waiting.lowerBound + taken..<waiting.upperBound
        }
      } else if try fill() {
        try verify?()
        given += seal(into: room)
      } else {
        // What is there is given first; the source is asked again at the next call.
        return given > 0 ? .bytes(given) : .pause
      }
    }
    return given > 0 ? .bytes(given) : .end
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }

  private func give(
    _ available: Int, of room: UnsafeMutableRawBufferPointer, _ copy: (Int, UnsafeMutableRawBufferPointer) -> Void
  ) -> Int {
    let taken = Int(min(Int64(min(available, room.count)), count))
    copy(taken, room)
    count -= Int64(taken)
    return taken
  }

  /// The content of the next chunk.
  private var next: Range<Int64> { position..<min(position + Int64(ChunkCipher.plainSize), content.upperBound) }

  /// Collects the content of the next chunk; false if the source pauses.
  private func fill() throws -> Bool {
    let wanted = next.count
    let isLast = next.upperBound == content.upperBound
    while true {
      if filled > wanted { throw AgeError(.source, "the content has more than the announced \(content.count) bytes") }
      if filled == wanted, !isLast { return true }
      switch try base.read(into: plain.write(filled..<wanted + (isLast ? 1 : 0))) {
      case .bytes(let read): filled += read
      case .pause: return false
      case .end:
        if filled < wanted {
          throw AgeError(
            .source, "the content ended after \(position - content.lowerBound + Int64(filled)) of \(content.count) bytes")
        }
        return true
      }
    }
  }

  /// Seals the collected chunk, into `room` if the whole of it is wanted and fits.
  private func seal(into room: UnsafeMutableRawBufferPointer) -> Int {
    let chunk = position / Int64(ChunkCipher.plainSize)
    let isLast = next.upperBound == layout.plainLength
    let size = filled + ChunkCipher.sealedSize - ChunkCipher.plainSize
    position = next.upperBound
    defer { filled = 0 }
    if skip == 0, room.count >= size, count >= Int64(size) {
      cipher.seal(plain.read(0..<filled), chunk: chunk, isLast: isLast, into: room)
      count -= Int64(size)
      return size
    }
    cipher.seal(plain.read(0..<filled), chunk: chunk, isLast: isLast, into: sealed.memory)
    waiting = skip..<size
    skip = 0
    return 0
  }
}
