import Concurrency
import ObjectStorage
import Primitives

/// 10: cancellation.
extension StoreConformance {
  /// Runs `body`, cancels it once `stalled` was called, and expects it to end soon with a cancellation.
  private static func cancelWhenStalled(
    _ context: CheckContext, _ what: String,
    _ body: @escaping @Sendable (_ stalled: @escaping @Sendable () -> Void) async throws -> Void
  ) async throws {
    let stalled = OneShot<Void>()
    let task = Task { try await body { stalled.settle(.success(())) } }
    let ended = OneShot<(any Error)?>()
    Task {
      do {
        try await task.value
        ended.settle(.success(nil))
      } catch {
        stalled.settle(.failure(error))
        ended.settle(.success(error))
      }
    }
    do {
      try await withDeadline(.seconds(120)) { try await stalled.wait() }
    } catch {
      task.cancel()
      throw context.fail("\(what) did not get as far as its stall: \(error)")
    }
    task.cancel()
    let error: (any Error)?
    do { error = try await withDeadline(.seconds(60)) { try await ended.wait() } } catch {
      throw context.fail("\(what) did not end within a minute of its cancellation")
    }
    switch error {
    case nil: throw context.fail("\(what) succeeded although it was cancelled")
    case is CancellationError: break
    case let error as StorageError where error.code == .cancelled: break
    case let error?: throw context.fail("\(what) ended with \(error) instead of a cancellation")
    }
  }

  static let cancellationChecks = [
    ConformanceCheck(10, "a write cancelled in its body leaves nothing") { context in
      for (length, after) in [(200_000, 70_000), (17 << 20, 9 << 20)] as [(Int64, Int64)] {
        let key = try context.key("cancelled \(length)")
        let pattern = Pattern(seed: 1)
        try await cancelWhenStalled(context, "a write of \(length) bytes") { stalled in
          // One stall for all sources: parts may be read side by side.
          let payload = Payload(
            length: length,
            makeSource: { range in
              HostileSource(
                PatternSource(pattern, range), .stalling(after: max(0, min(after, range.upperBound) - range.lowerBound)),
                onStall: stalled)
            })
          _ = try await context.store.write(payload, to: key, WriteOptions())
        }
        try await context.expectMissing(key, "after the cancelled write")
      }
      try context.expectEqual(try await context.entries().map { context.name($0.key) }, [], "what cancelled writes left")
    },
    ConformanceCheck(10, "an overwrite cancelled in its body leaves the old content") { context in
      let key = try context.key("old")
      let version = try await context.write("old", key).version
      try await cancelWhenStalled(context, "an overwrite") { stalled in
        let payload = Pattern(seed: 1).payload(200_000).mapSource {
          HostileSource($0, .stalling(after: 70_000), onStall: stalled)
        }
        _ = try await context.store.write(payload, to: key, WriteOptions())
      }
      try context.expectEqual(try await context.text(key), "old", "the content")
      try context.expectEqual(try await context.store.stat(key).entry.version, version, "the version")
    },
    ConformanceCheck(10, "a read cancelled in its body ends") { context in
      let key = try context.key("read")
      try await context.write(Pattern(seed: 1).bytes(3 << 20), key)
      try await cancelWhenStalled(context, "a read") { stalled in
        let sink = HostileSink(PatternSink(Pattern(seed: 1)), .stalling(after: 1), onStall: stalled)
        _ = try await context.store.read(key, ReadOptions(), into: sink)
      }
      try await context.expectContent(key, Pattern(seed: 1), 3 << 20, "the object after it")
    },
    ConformanceCheck(10, "a cancelled task begins nothing") { context in
      let key = try context.key("never")
      let task = Task {
        // The task waits for its own cancellation.
        while !Task.isCancelled { await Task.yield() }
        _ = try await context.write("x", key)
      }
      task.cancel()
      try await context.expectFailure("a write in a cancelled task") { try await task.value }
      try await context.expectMissing(key, "after the write in a cancelled task")
    },
  ]
}
