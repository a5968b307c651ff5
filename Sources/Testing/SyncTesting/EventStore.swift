package import Concurrency
package import ObjectStorage
package import StoreLayers

/// Stands between the engine and a store: counts the calls, and at one of them the machine dies or somebody edits a file.
package final class EventStore: StoreLayer {
  private struct State {
    var calls = 0
    var events: [(at: Int, before: Bool, body: @Sendable () async -> Void)] = []
  }

  package let base: any ObjectStore
  /// Shared by both ends of a pair: nothing answers any more once the machine is dead.
  package let isDead: Lock<Bool>
  private let state = Lock(State())

  package init(_ base: any ObjectStore, isDead: Lock<Bool>) { (self.base, self.isDead) = (base, isDead) }

  /// Lets `body` run right before or after the `number`-th call from now.
  package func at(_ number: Int, before: Bool, _ body: @escaping @Sendable () async -> Void) {
    state.withLock { $0.events.append(($0.calls + number, before, body)) }
  }

  package func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    let due = state.withLock { state in
      state.calls += 1
      let due = state.events.filter { $0.at == state.calls }
      state.events.removeAll { $0.at == state.calls }
      return due
    }
    for event in due where event.before { await event.body() }
    try checkAlive(call)
    let result = try await body()
    for event in due where !event.before { await event.body() }
    try checkAlive(call)
    return result
  }

  private func checkAlive(_ call: StoreCall) throws {
    if isDead.withLock({ $0 }) {
      throw StorageError(.unavailable, store: identity.displayName, key: call.key, message: "the machine is dead")
    }
  }
}
