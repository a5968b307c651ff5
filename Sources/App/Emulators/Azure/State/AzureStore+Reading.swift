import Crypto
import Files
import HTTPServer
import Primitives

/// The bytes of extents.
extension AzureStore {
  /// Makes extents the body of an answer: one file goes out by the kernel. They must be retained, and are released when it is done.
  func serve(_ extents: [AzureExtent], in answer: inout AzureAnswer) throws {
    if extents.count == 1, let file = extents[0].file {
      answer.response.body = .file(try depot.blobs.open(file), extents[0].range)
    } else if extents.isEmpty {
      answer.response.body = .bytes([])
    } else {
      answer.response.body = .source(
        AzureExtentSource(extents, depot.blobs), length: extents.reduce(0) { $0 + $1.count })
    }
    answer.response.whenDone = { [self] in release(extents) }
  }

  /// The digests of what extents hold. They must be retained, and few.
  func digests(_ extents: [AzureExtent], _ algorithms: Set<HashAlgorithm>) throws -> Digests {
    let sums = HashStream(algorithms)
    let source = AzureExtentSource(extents, depot.blobs)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while case .bytes(let count) = try source.read(into: buffer) {
      sums.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    return sums.finish()
  }
}

/// The bytes of extents, one after the other; a file is open only while it is read. Used by one caller at a time.
final class AzureExtentSource: ByteSource, @unchecked Sendable {
  private var rest: ArraySlice<AzureExtent>
  private let folder: BlobFolder
  private var current: FileSource?
  private var zeros: Int64 = 0

  init(_ extents: [AzureExtent], _ folder: BlobFolder) {
    rest = extents[...]
    self.folder = folder
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    while true {
      if zeros > 0 {
        let count = Int(min(zeros, Int64(buffer.count)))
        UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]).initializeMemory(as: UInt8.self, repeating: 0)
        zeros -= Int64(count)
        return .bytes(count)
      }
      if let current {
        let result = try current.read(into: buffer)
        if result != .end { return result }
        self.current = nil
      }
      guard let next = rest.popFirst() else { return .end }
      if let file = next.file {
        current = FileSource(try folder.open(file), offset: next.range.lowerBound, length: next.count)
      } else {
        zeros = next.count
      }
    }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}
