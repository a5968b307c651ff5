public import Primitives

/// The content of a part of an encrypted file, opened chunk by chunk as it is asked for. Nothing is given that was not verified.
///
/// Unchecked: read by one caller at a time, as every `ByteSource`.
public final class OpeningSource: ByteSource, @unchecked Sendable {
  private let cipher: ChunkCipher
  private let base: any ByteSource
  private let window: PayloadLayout.Window

  private var chunk: Int64
  /// Bytes of the window that did not come yet.
  private var left: Int64
  private let held = WorkBuffer(ChunkCipher.sealedSize)
  private var heldCount = 0
  private let plain = WorkBuffer(ChunkCipher.plainSize)
  private var waiting = 0..<0
  private var skip: Int
  private var count: Int64

  /// - Parameters:
  ///   - nonce: the 16 bytes behind the header.
  ///   - base: gives the bytes of `window.file`.
  public init(key: FileKey, nonce: [UInt8], window: PayloadLayout.Window, from base: any ByteSource) {
    cipher = ChunkCipher(key: key.payloadKey(nonce: nonce))
    self.base = base
    self.window = window
    chunk = window.firstChunk
    left = Int64(window.file.count)
    skip = window.skip
    count = window.count
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    var given = 0
    while given < buffer.count {
      if !waiting.isEmpty {
        let taken = min(waiting.count, buffer.count - given)
        let part = waiting.lowerBound..<waiting.lowerBound + taken
        UnsafeMutableRawBufferPointer(rebasing: buffer[given...]).copyMemory(from: plain.read(part))
        waiting = part.upperBound..<waiting.upperBound
        given += taken
      } else if chunk == window.endChunk {
        break
      } else if try !fill() {
        return given > 0 ? .bytes(given) : .pause
      }
    }
    return given > 0 ? .bytes(given) : .end
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }

  /// Collects and opens the next chunk; false if the source pauses.
  private func fill() throws -> Bool {
    let size = heldCount + Int(min(Int64(ChunkCipher.sealedSize - heldCount), left))
    while heldCount < size {
      switch try base.read(into: held.write(heldCount..<size)) {
      case .bytes(let read):
        heldCount += read
        left -= Int64(read)
      case .pause: return false
      case .end: throw AgeError(.payload, "the file was cut")
      }
    }
    let length = size - (ChunkCipher.sealedSize - ChunkCipher.plainSize)
    guard length > 0 || length == 0 && chunk == 0 && window.lastChunk == 0,
      cipher.open(held.read(0..<size), chunk: chunk, isLast: chunk == window.lastChunk, into: plain.memory)
    else { throw AgeError(.payload, "chunk \(chunk + 1) of the content was changed, or the file was cut or continued there") }
    heldCount = 0
    chunk += 1
    let start = min(skip, length)
    skip -= start
    let end = start + Int(min(Int64(length - start), count))
    count -= Int64(end - start)
    waiting = start..<end
    return true
  }
}
