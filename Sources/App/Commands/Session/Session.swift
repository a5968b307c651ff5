import Arguments
import Catalog
import Composition
import Concurrency
import Configuration
import Glibc
import Observability
import ObjectStorage
import Primitives
import StoreLayers

/// What a command that touches stores works with: the configuration with the flags laid over it, the runtime, the stores it opened.
final class Session: Sendable {
  /// The command as it was called.
  let call: Call
  /// The configuration.
  let settings: Settings
  /// What everything shares.
  let runtime: Runtime
  /// Where s3:// ends are.
  let connection: S3Connection
  private let opened = Lock<[OpenStore]>([])
  private let start = ContinuousClock.now

  /// Loads the configuration, runs `body` on the runtime's loop and closes everything.
  static func with<Value: Sendable>(
    _ call: Call, memory: PairMemory? = nil, _ body: @escaping @Sendable (Session) async throws -> Value
  ) async throws -> Value {
    let session = try Session(call, memory: memory)
    do {
      let value = try await session.runtime.run { try await body(session) }
      await session.close()
      return value
    } catch {
      session.runtime.logger.error("\(error)")
      await session.close()
      throw error
    }
  }

  private init(_ call: Call, memory: PairMemory?) throws {
    self.call = call
    settings = try SettingsFlags.load(call, memory: memory)
    // What the environment says is remembered too: the next shell may not have it.
    connection = SettingsFlags.connection(call).filled(from: memory?.connection ?? S3Connection())
      .filled(from: S3Connection(environment: settings.environment))
    runtime = Runtime(
      limits: Limits(settings.limits), logger: SettingsFlags.logger(settings), environment: settings.environment)
    runtime.logger.info("\(call.arguments.path.joined(separator: " ")) begins", ["version": .text(Version.number)])
  }

  /// From the command's begin until now.
  var elapsed: Duration { ContinuousClock.now - start }

  /// Requests of all stores so far.
  var requests: RequestCounts { opened.withLock { $0 }.reduce(RequestCounts()) { $0 + $1.counts } }

  /// Opens an end, its prefix as the root.
  func open(_ choice: EndChoice, creating: Bool = false, symlinks: SymlinkChoice? = nil) async throws -> OpenStore {
    let places = PlaceResolver(settings: settings, connection: connection)
    // Secrets may come from commands and files.
    let place = try await offLoop {
      try places.place(choice.end, creating: creating, symlinks: symlinks ?? self.settings.defaults.symlinks)
    }
    return try open(place)
  }

  /// Opens a place.
  func open(_ place: Place) throws -> OpenStore {
    let store = try StoreBuilder(runtime: runtime, stateFolder: try? stateDirectory().path).open(place)
    opened.withLock { $0.append(store) }
    return store
  }

  /// Runs what blocks on a thread of its own.
  func offLoop<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask(executorPreference: runtime.pool) { try body() }
      guard let value = try await group.next() else { preconditionFailure("a task group gives every child's result") }
      return value
    }
  }

  /// The state folder: by flag or variable, else by the configuration, else the usual place.
  func stateDirectory() throws -> StateDirectory {
    if call.arguments.command.options.contains(where: { $0.long == "state" }), let named = call.arguments.argument("state") {
      return try StateDirectory.open(named.bytes)
    }
    if let path = settings.state { return try StateDirectory.open(Array(path.utf8)) }
    return try StateDirectory.open(StateDirectory.defaultPath(environment: call.console.environment))
  }

  private func close() async {
    for store in opened.withLock({ $0 }) { await store.close() }
    await runtime.shutdown()
  }
}
