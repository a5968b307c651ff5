import Concurrency
import Primitives

enum Waiting {
  /// Returns when a sink that paused takes bytes again.
  static func until(_ sink: any ByteSink) async throws {
    try Task.checkCancellation()
    let ready = OneShot<Void>()
    sink.whenReady { ready.settle(.success(())) }
    try await ready.wait()
  }
}
