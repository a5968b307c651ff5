import Concurrency
import HTTPMessages
import HTTPServer
import Markup
import Primitives

/// The media in a body of type `multipart/related`, whose first part describes it; taken out as the body comes.
///
/// Used by one caller at a time (unchecked), as every body.
final class RelatedBody: HTTPRequestBody, ByteSink, @unchecked Sendable {
  /// Longer descriptions are refused.
  private static let headLimit = 2 << 20

  private enum Stage { case head, media, end }

  private let inner: any HTTPRequestBody
  private let boundary: [UInt8]
  private let mark: [UInt8]
  private var sink: (any ByteSink)?
  private var stage = Stage.head
  /// Bytes that are not understood yet: all of the head, or what may be the beginning of the closing boundary.
  private var held: [UInt8] = []
  private var count: Int64 = 0

  /// What the first part says; empty before the body was read.
  private(set) var document: [UInt8] = []
  /// The type that the second part names.
  private(set) var mediaType: String?

  init(_ inner: any HTTPRequestBody, boundary: [UInt8]) {
    self.inner = inner
    self.boundary = Array("--".utf8) + boundary
    mark = [13, 10] + self.boundary
  }

  var length: Int64? { nil }

  /// - Throws: `GCSFailure` for a body that is cut or none of its kind.
  func read(into sink: any ByteSink) async throws -> Int64 {
    self.sink = sink
    defer { self.sink = nil }
    try await inner.read(into: self)
    guard stage == .end else { throw Self.malformed }
    return count
  }

  private static let malformed = GCSFailure.badRequest("Malformed multipart body.")

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    switch stage {
    case .end: break
    case .media: try take(bytes)
    case .head:
      held += bytes
      guard held.count <= Self.headLimit + bytes.count else { throw Self.malformed }
      guard let media = try splitHead() else { break }
      stage = .media
      let rest = Array(held[media...])
      held = []
      try rest.withUnsafeBytes { try take($0) }
    }
    return .taken
  }

  /// - Returns: where the media begins; nil where more must come first.
  private func splitHead() throws -> Int? {
    var rest = held[...]
    if rest.starts(with: [13, 10]) { rest = rest.dropFirst(2) }
    guard rest.count >= boundary.count else { return nil }
    guard rest.starts(with: boundary) else { throw Self.malformed }
    rest = rest.dropFirst(boundary.count)
    guard let first = MIMEParts.message(rest.dropFirst(2)), let end = MIMEParts.position(of: mark, in: first.body) else {
      return nil
    }
    let text = first.body[..<end]
    guard rest.starts(with: [13, 10]), let headers = MIMEParts.headers(first.head),
      headers["content-type"]?.lowercased().hasPrefix("application/json") ?? true
    else { throw Self.malformed }
    let next = first.body[(end + mark.count)...]
    guard next.count >= 2 else { return nil }
    guard next.starts(with: [13, 10]) else { throw Self.malformed }
    guard let second = MIMEParts.message(next.dropFirst(2)) else { return nil }
    guard let described = MIMEParts.headers(second.head) else { throw Self.malformed }
    if let coding = described["content-transfer-encoding"]?.lowercased(), coding != "binary" {
      throw GCSFailure.badRequest("Unsupported content-transfer-encoding \(coding).")
    }
    document = Array(text)
    mediaType = described["content-type"]
    return second.body.startIndex
  }

  private func take(_ bytes: UnsafeRawBufferPointer) throws {
    held += bytes
    let end = held.withUnsafeBytes { MIMEParts.position(of: mark, in: $0) }
    // What could be the beginning of the boundary waits for what follows.
    let ready = end ?? max(0, held.count - mark.count + 1)
    if ready > 0 {
      let result = try held.withUnsafeBytes { try sink?.write(UnsafeRawBufferPointer(rebasing: $0[..<ready])) }
      precondition(result == .taken, "media must be taken as it comes")
      count += Int64(ready)
      held.removeFirst(ready)
    }
    if end != nil {
      stage = .end
      held = []
    }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
  func restart() throws { throw Self.malformed }
}
