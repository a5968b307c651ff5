import HTTPServer
import Primitives

/// The media in a body of type `multipart/related`, whose first part describes it.
///
/// Used by one caller at a time (unchecked), as every body.
final class RelatedBody: HTTPRequestBody, ByteSink, @unchecked Sendable {
  private let inner: any HTTPRequestBody
  private var splitter: RelatedSplitter
  private var sink: (any ByteSink)?

  init(_ inner: any HTTPRequestBody, boundary: [UInt8]) {
    self.inner = inner
    splitter = RelatedSplitter(boundary: boundary)
  }

  /// What the first part says; empty before the body was read.
  var document: [UInt8] { splitter.document }
  /// The type that the second part names.
  var mediaType: String? { splitter.mediaType }
  /// Not known: the media end with a boundary.
  var length: Int64? { nil }

  /// - Throws: `GCSFailure` for a body that is cut or none of its kind.
  func read(into sink: any ByteSink) async throws -> Int64 {
    self.sink = sink
    defer { self.sink = nil }
    try await inner.read(into: self)
    guard splitter.isOver else { throw RelatedSplitter.malformed }
    return splitter.count
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    guard let sink else { preconditionFailure("a body is written to while it is read") }
    try splitter.feed(bytes) { media in
      let result = try sink.write(media)
      precondition(result == .taken, "media must be taken as it comes")
    }
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
  func restart() throws { throw RelatedSplitter.malformed }
}
