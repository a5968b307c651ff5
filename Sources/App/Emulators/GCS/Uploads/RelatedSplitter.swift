import HTTPMessages
import Markup
import Primitives

/// Takes a body of type `multipart/related` apart as it comes: a description, and media that are handed on.
struct RelatedSplitter: Sendable {
  /// Longer descriptions are refused.
  private static let headLimit = 2 << 20

  private enum Stage { case head, media, end }

  private let boundary: [UInt8]
  private let mark: [UInt8]
  private var stage = Stage.head
  /// Bytes that are not understood yet: all of the head, or what may be the beginning of the closing boundary.
  private var held: [UInt8] = []

  /// What the first part says.
  private(set) var document: [UInt8] = []
  /// The type that the second part names.
  private(set) var mediaType: String?
  /// How many bytes of media were handed on.
  private(set) var count: Int64 = 0

  static let malformed = GCSFailure.badRequest("Malformed multipart body.")

  init(boundary: [UInt8]) {
    self.boundary = Array("--".utf8) + boundary
    mark = [13, 10] + self.boundary
  }

  /// Whether the closing boundary was seen.
  var isOver: Bool { stage == .end }

  /// Takes the next bytes of the body.
  /// - Throws: `GCSFailure` for what is none of its kind, and what `give` throws.
  mutating func feed(_ bytes: UnsafeRawBufferPointer, _ give: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch stage {
    case .end: break
    case .media: try take(bytes, give)
    case .head:
      held += bytes
      guard let media = try splitHead() else {
        guard held.count <= Self.headLimit else { throw Self.malformed }
        break
      }
      stage = .media
      let rest = Array(held[media...])
      held = []
      try rest.withUnsafeBytes { try take($0, give) }
    }
  }

  /// - Returns: where the media begins; nil where more must come first.
  private mutating func splitHead() throws -> Int? {
    var rest = held[...]
    if rest.starts(with: [13, 10]) { rest = rest.dropFirst(2) }
    guard rest.count >= boundary.count + 2 else { return nil }
    guard rest.starts(with: boundary + [13, 10]) else { throw Self.malformed }
    guard let first = MIMEParts.message(rest.dropFirst(boundary.count + 2)),
      let end = MIMEParts.position(of: mark, in: first.body)
    else { return nil }
    guard let headers = MIMEParts.headers(first.head), headers["content-type"]?.lowercased().hasPrefix("application/json") ?? true
    else { throw Self.malformed }
    let next = first.body[(end + mark.count)...]
    guard next.count >= 2 else { return nil }
    guard next.starts(with: [13, 10]) else { throw Self.malformed }
    guard let second = MIMEParts.message(next.dropFirst(2)) else { return nil }
    guard let described = MIMEParts.headers(second.head) else { throw Self.malformed }
    if let coding = described["content-transfer-encoding"]?.lowercased(), coding != "binary" {
      throw GCSFailure.badRequest("Unsupported content-transfer-encoding \(coding).")
    }
    document = Array(first.body[..<end])
    mediaType = described["content-type"]
    return second.body.startIndex
  }

  private mutating func take(_ bytes: UnsafeRawBufferPointer, _ give: (UnsafeRawBufferPointer) throws -> Void) throws {
    held += bytes
    let end = held.withUnsafeBytes { MIMEParts.position(of: mark, in: $0) }
    // What could be the beginning of the boundary waits for what follows.
    let ready = end ?? max(0, held.count - mark.count + 1)
    if ready > 0 {
      try held.withUnsafeBytes { try give(UnsafeRawBufferPointer(rebasing: $0[..<ready])) }
      count += Int64(ready)
      held.removeFirst(ready)
    }
    if end != nil {
      stage = .end
      held = []
    }
  }
}
