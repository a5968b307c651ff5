import Concurrency

/// Locks for places in the folder: a place always has the same lock, different places mostly different ones.
struct KeyLocks: Sendable {
  private let locks = (0..<64).map { _ in Lock(()) }

  /// Runs `body` while nobody else has one of `paths`. Taken in one order, so that two callers never wait for each other.
  func hold<Result>(_ paths: [[UInt8]], _ body: () throws -> Result) rethrows -> Result {
    try hold(Set(paths.map(slot)).sorted()[...], body)
  }

  private func hold<Result>(_ slots: ArraySlice<Int>, _ body: () throws -> Result) rethrows -> Result {
    guard let first = slots.first else { return try body() }
    return try locks[first].withLock { _ in try hold(slots.dropFirst(), body) }
  }

  private func slot(_ path: [UInt8]) -> Int {
    var hash: UInt32 = 2_166_136_261
    for byte in path { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return Int(hash % UInt32(locks.count))
  }
}
