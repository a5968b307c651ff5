import Emulators
import Glibc
import HTTPMessages
import HTTPServer
import Primitives

/// A folder that goes away with this object.
final class ScratchFolder: Sendable {
  let path: [UInt8]

  init() {
    var template = Array("/tmp/isobar-emulators-test-XXXXXX".utf8CString)
    let name = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    path = Array(name.utf8)
  }

  deinit { system("rm -rf '\(String(decoding: path, as: UTF8.self))'") }
}

/// A handler made of a closure.
struct Answering: HTTPHandler {
  let body: @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse

  func respond(to request: HTTPServerRequest) async throws -> HTTPServerResponse { try await body(request) }
}

/// A request's body from memory, in pieces of 1000 bytes.
final class MemoryRequestBody: HTTPRequestBody {
  private let bytes: [UInt8]
  let length: Int64?

  init(_ bytes: [UInt8], announced: Bool = true) {
    self.bytes = bytes
    length = announced ? Int64(bytes.count) : nil
  }

  func read(into sink: any ByteSink) async throws -> Int64 {
    for start in stride(from: 0, to: bytes.count, by: 1000) {
      _ = try bytes[start..<min(start + 1000, bytes.count)].withUnsafeBytes { try sink.write($0) }
    }
    return Int64(bytes.count)
  }
}

struct Broken: Error {}
