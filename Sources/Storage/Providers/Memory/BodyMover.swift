import Concurrency
import ObjectStorage
import Primitives

/// Moves bodies between sources, memory and sinks, waiting where they pause.
enum BodyMover {
  private static let chunk = 128 * 1024

  /// Everything `source` gives, which must be exactly `length` bytes.
  /// - Throws: `.sourceChanged` for a shorter or longer source, what the source throws, `CancellationError`.
  static func collect(_ source: any ByteSource, length: Int64, store: String, key: ObjectKey) async throws -> [UInt8] {
    let expected = Int(length)
    // Not all at once: an announced length is only a promise.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(expected, 32 << 20))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(expected, chunk) + 1, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      try Task.checkCancellation()
      // One byte more than announced is asked for, so that a source that goes on is noticed.
      let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(expected + 1 - bytes.count, buffer.count)])
      switch try source.read(into: wanted) {
      case .bytes(let count):
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: wanted[..<count]))
        if bytes.count > expected {
          throw StorageError(
            .sourceChanged, store: store, key: key, message: "the source has more than the announced \(length) bytes")
        }
      case .pause:
        let ready = OneShot<Void>()
        source.whenReady { ready.settle(.success(())) }
        try await ready.wait()
      case .end:
        if bytes.count < expected {
          throw StorageError(
            .sourceChanged, store: store, key: key, message: "the source ended after \(bytes.count) of \(length) bytes")
        }
        return bytes
      }
    }
  }

  /// Sends `bytes` to `sink`.
  /// - Throws: what the sink throws; `CancellationError`.
  static func send(_ bytes: ArraySlice<UInt8>, to sink: any ByteSink) async throws {
    var rest = bytes
    while !rest.isEmpty {
      try Task.checkCancellation()
      let piece = rest.prefix(chunk)
      switch try piece.withUnsafeBytes({ try sink.write($0) }) {
      case .taken:
        rest = rest.dropFirst(piece.count)
      case .pause:
        let ready = OneShot<Void>()
        sink.whenReady { ready.settle(.success(())) }
        try await ready.wait()
      }
    }
  }
}
