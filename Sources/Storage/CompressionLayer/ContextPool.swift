import Concurrency

/// Keeps a few compressors or decompressors for the next call: each has some mebibytes that are not asked for anew.
final class ContextPool<Context: Sendable>: Sendable {
  private static var most: Int { 4 }

  private let make: @Sendable () -> Context
  private let idle = Lock<[Context]>([])

  init(_ make: @escaping @Sendable () -> Context) { self.make = make }

  func take() -> Context { idle.withLock { $0.popLast() } ?? make() }

  func give(_ context: Context) {
    idle.withLock { idle in
      if idle.count < Self.most { idle.append(context) }
    }
  }
}
