import Files
import Primitives

/// A range of several blobs, one after another. Used by one caller at a time.
final class DropboxContentSource: ByteSource, @unchecked Sendable {
  private var waiting: ArraySlice<(blob: Blob, range: Range<Int64>)>
  private var current: FileSource?
  private let blobs: BlobFolder

  init(_ pieces: [Blob], _ range: Range<Int64>, _ blobs: BlobFolder) {
    self.blobs = blobs
    var parts: [(blob: Blob, range: Range<Int64>)] = []
    var start: Int64 = 0
    for piece in pieces {
      let part = range.clamped(to: start..<start + piece.size)
      if !part.isEmpty { parts.append((piece, part.lowerBound - start..<part.upperBound - start)) }
      start += piece.size
    }
    waiting = parts[...]
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    while true {
      if let current {
        let result = try current.read(into: buffer)
        if result != .end { return result }
      }
      guard let next = waiting.popFirst() else { return .end }
      current = FileSource(try blobs.open(next.blob), offset: next.range.lowerBound, length: Int64(next.range.count))
    }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}
