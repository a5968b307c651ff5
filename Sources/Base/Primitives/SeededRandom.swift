/// Random numbers that are the same for the same seed, on every machine: for tests, simulation and jitter that must be repeatable.
///
/// Never for secrets. The generator is SplitMix64 (period 2⁶⁴, one addition and two multiplications a number).
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator; print the seed wherever a failure must be repeated.
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
