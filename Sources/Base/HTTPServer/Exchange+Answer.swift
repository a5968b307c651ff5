import CMicroHTTPD
import Concurrency
import Files
import Glibc
import HTTPMessages
import Primitives

extension Exchange {
  /// Hands an answer to the daemon. The connection closes behind it if a body was to come.
  /// - Returns: false if that failed: the connection is to be broken off.
  func send(_ answer: HTTPServerResponse) -> Bool {
    guard (200...599).contains(answer.status), let response = makeResponse(answer) else {
      answer.whenDone?()
      return false
    }
    defer { MHD_destroy_response(response) }
    for field in answer.headers { add(field.name, field.value, to: response) }
    if core.isStopping { MHD_add_response_header(response, "Connection", "close") }
    phase = .answering
    guard MHD_queue_response(connection, UInt32(answer.status), response) == .YES else {
      answer.whenDone?()
      return false
    }
    whenAnswered = answer.whenDone
    return true
  }

  private func add(_ name: String, _ value: String, to response: OpaquePointer) {
    // The length is the listener's, whatever the handler says.
    if HTTPHeaders.isSameName(name, "content-length") || HTTPHeaders.isSameName(name, "transfer-encoding") { return }
    // The library refuses an empty value and a tab, to which HTTP gives the same meaning as to a space.
    let text = value.isEmpty ? " " : value.utf8.contains(9) ? String(value.map { $0 == "\t" ? " " : $0 }) : value
    MHD_add_response_header(response, name, text)
  }

  private func makeResponse(_ answer: HTTPServerResponse) -> OpaquePointer? {
    // These have no body, whatever the handler says.
    if answer.status == 204 || answer.status == 304 { return Self.response(of: []) }
    switch answer.body {
    case .none: return Self.response(of: [])
    case .bytes(let bytes): return Self.response(of: bytes)
    case .file(let file, let range):
      guard !range.isEmpty else { return Self.response(of: []) }
      // The library would wait for bytes that do not come; the source breaks off where the file ends.
      guard let size = try? file.status().size, size >= range.upperBound else {
        let source = FileSource(file, offset: range.lowerBound, length: Int64(range.count))
        return OutgoingBody.response(source, length: Int64(range.count), of: self)
      }
      // The library closes what it is given.
      let copy = fcntl(file.raw, F_DUPFD_CLOEXEC, 0)
      guard copy >= 0 else { return nil }
      let response = MHD_create_response_from_fd_at_offset64(UInt64(range.count), copy, UInt64(range.lowerBound))
      if response == nil { close(copy) }
      return response
    case .source(let source, let length):
      if length == 0 { return Self.response(of: []) }
      return OutgoingBody.response(source, length: length, of: self)
    }
  }

  private static func response(of bytes: [UInt8]) -> OpaquePointer? {
    bytes.withUnsafeBytes { cmhd_response($0.baseAddress, $0.count) }
  }
}

/// The body of an answer that is pulled from a source.
private final class OutgoingBody {
  private static let blockSize = 64 << 10

  private let source: any ByteSource
  private let exchange: Exchange
  private let length: Int64?

  private init(_ source: any ByteSource, length: Int64?, _ exchange: Exchange) {
    self.source = source
    self.length = length
    self.exchange = exchange
  }

  static func response(_ source: any ByteSource, length: Int64?, of exchange: Exchange) -> OpaquePointer? {
    let body = Unmanaged.passRetained(OutgoingBody(source, length: length, exchange))
    let response = MHD_create_response_from_callback(
      length.map { UInt64(max(0, $0)) } ?? cmhd_size_unknown, blockSize,
      { body, position, bytes, size in
        guard let body, let bytes else { return cmhd_end_with_error }
        let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size)
        return Unmanaged<OutgoingBody>.fromOpaque(body).takeUnretainedValue().give(buffer, at: Int64(clamping: position))
      }, body.toOpaque(),
      { body in if let body { Unmanaged<OutgoingBody>.fromOpaque(body).release() } })
    if response == nil { body.release() }
    return response
  }

  private func give(_ buffer: UnsafeMutableRawBufferPointer, at position: Int64) -> Int {
    if exchange.isBroken { return cmhd_end_with_error }
    var buffer = buffer
    if let length { buffer = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(clamping: length - position))) }
    do {
      switch try source.read(into: buffer) {
      case .bytes(let count): return count
      // Too early for a length that was announced: the client must not take a part for the whole.
      case .end: return length == nil ? cmhd_end_of_stream : cmhd_end_with_error
      case .pause:
        exchange.suspend()
        source.whenReady { [exchange] in exchange.core.loop.execute { exchange.resume() } }
        return 0
      }
    } catch {
      return cmhd_end_with_error
    }
  }
}
