import HTTPServer
import Primitives

/// A body at hand.
final class TextBody: HTTPRequestBody {
  private let bytes: [UInt8]
  var length: Int64? { Int64(bytes.count) }

  init(_ text: String) { bytes = Array(text.utf8) }

  func read(into sink: any ByteSink) async throws -> Int64 {
    _ = try bytes.withUnsafeBytes { try sink.write($0) }
    return Int64(bytes.count)
  }
}

/// A body that breaks off after what it has.
final class BrokenBody: HTTPRequestBody {
  struct Broken: Error {}

  private let bytes: [UInt8]
  let length: Int64?

  init(_ bytes: [UInt8], announced length: Int64) {
    self.bytes = bytes
    self.length = length
  }

  func read(into sink: any ByteSink) async throws -> Int64 {
    _ = try bytes.withUnsafeBytes { try sink.write($0) }
    throw Broken()
  }
}
