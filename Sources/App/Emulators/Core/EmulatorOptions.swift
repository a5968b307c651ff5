public import Primitives

/// What an emulator is made with.
public struct EmulatorOptions: Sendable {
  /// The folder that keeps what it holds, made if it is missing; nil: memory and a temporary folder, gone when it is closed.
  public var data: [UInt8]?
  /// The time of day that it stamps and compares with.
  public var clock: WallClock
  /// For what it draws by chance and a test wants to see again; never for secrets.
  public var seed: UInt64
  /// What goes wrong.
  public var faults: EmulatorFaults

  /// Options; by default nothing is kept and nothing goes wrong.
  public init(
    data: [UInt8]? = nil, clock: WallClock = .system, seed: UInt64 = 0, faults: EmulatorFaults = EmulatorFaults()
  ) {
    self.data = data
    self.clock = clock
    self.seed = seed
    self.faults = faults
  }
}
