import Concurrency
import Files
import HTTPClient
import HTTPMessages
import HTTPServer
import Primitives

/// Why a source could not be read, to tell it from what a sink threw.
struct SourceFailure: Error {
  let cause: any Error
}

/// Moves the bytes of a source to a sink on the caller's task.
enum Pump {
  /// - Returns: how many there were.
  /// - Throws: `SourceFailure`, what the sink threw, `CancellationError`.
  static func move(_ source: any ByteSource, to sink: any ByteSink) async throws -> Int64 {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { buffer.deallocate() }
    var count: Int64 = 0
    while true {
      try Task.checkCancellation()
      let result: ByteSourceResult
      do { result = try source.read(into: buffer) } catch { throw SourceFailure(cause: error) }
      switch result {
      case .end: return count
      case .pause: try await wait { source.whenReady($0) }
      case .bytes(let length):
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<length])
        while try sink.write(bytes) == .pause {
          try await wait { sink.whenReady($0) }
          try Task.checkCancellation()
        }
        count += Int64(length)
      }
    }
  }

  private static func wait(_ whenReady: (@escaping @Sendable () -> Void) -> Void) async throws {
    let shot = OneShot<Void>()
    whenReady { shot.settle(.success(())) }
    try await shot.wait()
  }
}

/// The body of a request as its maker gives it.
final class PulledBody: HTTPRequestBody {
  let length: Int64?
  private let source: (any ByteSource)?
  private let count = Lock<Int64>(0)

  init(_ body: HTTPBody?) throws {
    length = body.map { $0.length } ?? 0
    source = try body?.makeSource()
  }

  /// How many bytes of it were read.
  var taken: Int64 { count.withLock { $0 } }

  func read(into sink: any ByteSink) async throws -> Int64 {
    guard let source else { return 0 }
    let moved = try await Pump.move(source, to: sink)
    count.withLock { $0 += moved }
    guard let length, taken != length else { return moved }
    throw SourceFailure(cause: HTTPError(.truncated, "the body has \(taken) bytes instead of \(length)"))
  }
}

enum AnswerBody {
  /// The bytes of an answer, and how many they are.
  static func source(_ body: HTTPServerResponse.Body) throws -> ((any ByteSource)?, length: Int64?) {
    switch body {
    case .none: return (nil, 0)
    case .bytes(let bytes): return (MemorySource(bytes[...]), Int64(bytes.count))
    case .file(let file, let range):
      return (FileSource(file, offset: range.lowerBound, length: Int64(range.count)), Int64(range.count))
    case .source(let source, let length): return (source, length)
    }
  }
}

/// Takes everything and keeps nothing.
final class Nowhere: ByteSink {
  func write(_ bytes: UnsafeRawBufferPointer) -> ByteSinkResult { .taken }
  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
  func restart() {}
}
