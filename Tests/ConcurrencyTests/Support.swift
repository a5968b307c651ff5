import Concurrency

/// Waits, in real time, for a condition that other tasks bring about; gives up after a minute.
func eventually(_ condition: () -> Bool) async throws -> Bool {
  for _ in 0..<60_000 {
    if condition() { return true }
    try await Task.sleep(for: .milliseconds(1))
  }
  return condition()
}

/// How long `body` took.
func elapsed(_ body: () async throws -> Void) async rethrows -> Duration {
  let start = MonotonicClock.system.now()
  try await body()
  return MonotonicClock.system.now() - start
}

/// A repeatable sequence of numbers (splitmix64).
struct Numbers: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

struct Broken: Error, Equatable {
  var number = 0
}
