import Compression
import Crypto

/// Makes frames of content, and hashes it, in one pass. Used by one caller at a time.
final class FrameWriter: @unchecked Sendable {
  private let compressor: Compressor
  private let frameLength: Int
  private let hash = HashStream([.sha256])
  private var content: [UInt8] = []
  private var frames: [SeekTable.Frame] = []
  private var isHashOnly = false

  /// What came out and was not taken yet.
  private(set) var output: [UInt8] = []
  /// Bytes of content taken.
  private(set) var length: Int64 = 0

  init(_ compressor: Compressor, frameLength: Int) {
    self.compressor = compressor
    self.frameLength = frameLength
  }

  /// The content, if all of it fits into one frame and `finish` was called.
  var onlyFrame: [UInt8]? { length == Int64(content.count) ? content : nil }

  func write(_ bytes: UnsafeRawBufferPointer) throws(CompressionError) {
    hash.update(bytes)
    length += Int64(bytes.count)
    if isHashOnly { return }
    var rest = bytes
    while !rest.isEmpty {
      // A frame is closed when more comes, so that content of exactly one frame is still at hand at its end.
      if content.count == frameLength { try close() }
      let piece = rest.prefix(frameLength - content.count)
      content.append(contentsOf: piece)
      rest = UnsafeRawBufferPointer(rebasing: rest[piece.endIndex...])
    }
  }

  /// Ends the last frame; where there are several, their table follows.
  func finish() throws(CompressionError) -> CompressionMark {
    if !isHashOnly {
      let only = frames.isEmpty ? content : nil
      if !content.isEmpty { try close() }
      if let only { content = only }
      if frames.count > 1 { output += SeekTable(frames).encoded }
    }
    return CompressionMark(length: length, sha256: hash.finish()[.sha256] ?? [])
  }

  /// From here on the content is only hashed; what came out is dropped.
  func onlyHash() {
    isHashOnly = true
    (content, output) = ([], [])
  }

  /// Takes what came out, at most `count` bytes of it.
  func take(_ count: Int = .max) -> [UInt8] {
    if count >= output.count {
      defer { output = [] }
      return output
    }
    let taken = Array(output.prefix(count))
    output.removeFirst(count)
    return taken
  }

  private func close() throws(CompressionError) {
    let length = content.count
    var stored = 0
    do {
      stored = try content.withUnsafeBytes { try compressor.appendFrame(of: $0, to: &output) }
    } catch let error as CompressionError { throw error } catch { preconditionFailure("only compression errors come") }
    frames.append(SeekTable.Frame(stored: UInt32(stored), content: UInt32(length)))
    content.removeAll(keepingCapacity: true)
  }
}
