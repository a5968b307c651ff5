import Compression
import Crypto
import ObjectStorage

/// What must come out of a stored object, or of some of its frames, and how much of that is wanted.
struct DecodedBody: Sendable {
  /// Bytes that come out in all.
  let length: Int64
  /// Which of them are wanted.
  let wanted: Range<Int64>
  /// The SHA-256 of all that comes out; nil if nobody knows it.
  let sha256: [UInt8]?
  /// Makes the error of the object that is read.
  let fail: @Sendable (String) -> StorageError
}

/// Takes a stored object apart, step by step, and checks what comes out. Used by one caller at a time.
final class BodyDecoder: @unchecked Sendable {
  private let body: DecodedBody
  private let decompressor: Decompressor
  private let hash: HashStream?

  init(_ body: DecodedBody, _ decompressor: Decompressor) {
    self.body = body
    self.decompressor = decompressor
    hash = body.sha256 == nil ? nil : HashStream([.sha256])
    restart()
  }

  func restart() {
    decompressor.restart(DecompressionLimits(outputLength: body.length))
    hash?.reset()
  }

  /// Takes some of the bytes and gives the wanted part of at most one piece to `taker`; see `Decompressor.step`.
  func step(
    _ bytes: UnsafeRawBufferPointer, _ taker: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> (count: Int, isFull: Bool) {
    let before = decompressor.outputLength
    do {
      return try decompressor.step(bytes) { piece in
        hash?.update(piece)
        let place = before..<before + Int64(piece.count)
        let part = place.clamped(to: body.wanted)
        guard !part.isEmpty else { return }
        try taker(UnsafeRawBufferPointer(rebasing: piece[Int(part.lowerBound - before)..<Int(part.upperBound - before)]))
      }
    } catch let error as CompressionError { throw failure(error) }
  }

  /// Checks that everything came.
  func finish() throws {
    do { try decompressor.finish() } catch { throw failure(error) }
    guard decompressor.outputLength == body.length else {
      throw body.fail("its content has \(decompressor.outputLength) bytes instead of \(body.length)")
    }
    guard hash == nil || hash?.finish()[.sha256] == body.sha256 else {
      throw body.fail("its content has not the hash with which it was written")
    }
  }

  private func failure(_ error: CompressionError) -> StorageError {
    var failure = body.fail("\(error)")
    failure.cause = error
    return failure
  }
}
