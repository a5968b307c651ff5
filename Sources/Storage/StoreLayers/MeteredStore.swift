public import Concurrency
public import ObjectStorage
public import Primitives

/// Feeds a `RequestMeter` with one record per call, for a store that has no wire of its own to count on (memory, a folder).
///
/// The innermost layer, right around the provider: what is counted is attempts, with the time and the bytes of each. A provider
/// that counts its wire requests itself needs no such layer.
public final class MeteredStore: StoreLayer {
  public let base: any ObjectStore
  private let meter: RequestMeter
  private let clock: MonotonicClock

  /// A store whose calls are counted by `meter`.
  public init(_ base: any ObjectStore, meter: RequestMeter, clock: MonotonicClock = .system) {
    self.base = base
    self.meter = meter
    self.clock = clock
  }

  public func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    guard let requestClass = call.requestClass else { return try await body() }
    let start = clock.now()
    do {
      let result = try await body()
      meter.requestEnded(RequestRecord(requestClass, duration: clock.now() - start))
      return result
    } catch {
      meter.requestEnded(RequestRecord(requestClass, duration: clock.now() - start, error: Self.code(of: error)))
      throw error
    }
  }

  private static func code(of error: any Error) -> StorageError.Code {
    if let error = error as? StorageError { return error.code }
    return error is CancellationError ? .cancelled : .internalError
  }

  public func sending(_ source: any ByteSource) -> any ByteSource {
    CountingSource(source) { [meter] in meter.add(sent: $0) }
  }

  public func sending(_ sink: any ByteSink) -> any ByteSink {
    CountingSink(sink) { [meter] in meter.add(sent: $0) }
  }

  public func receiving(_ sink: any ByteSink) -> any ByteSink {
    CountingSink(sink) { [meter] in meter.add(received: $0) }
  }

  /// A source of an object's bytes is a read of its own, begun when it is first pulled.
  public func receiving(_ source: any ByteSource) -> any ByteSource {
    let isFirst = Lock(true)
    return CountingSource(source) { [meter] count in
      let isRead = isFirst.withLock { first in
        defer { first = false }
        return first
      }
      if isRead { meter.requestEnded(RequestRecord(.get)) }
      meter.add(received: count)
    }
  }
}
