/// Lets a whole world run in one order under one seed.
///
/// Everything that the engine does stays on its caller's executor, but for two things: work for the blocking pool, and work that must
/// end although its caller was cancelled. In a simulated world these stay, too.
public enum SimulatedTime {
  /// The executor of the simulated world that the task lives in; nil outside of one.
  @TaskLocal public static var executor: (any TaskExecutor)?
}

/// Runs `body` to its end whether or not the caller is cancelled: for what must be put in order before an error goes on.
public func shielded<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
  let task: Task<Result, any Error> =
    if let executor = SimulatedTime.executor {
      Task(executorPreference: executor) { try await body() }
    } else {
      Task { try await body() }
    }
  return try await task.value
}
