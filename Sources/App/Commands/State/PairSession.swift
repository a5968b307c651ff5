import Arguments
import Catalog
import Composition
import Configuration
import ObjectStorage
import Sync

/// Works on a pair that was synced before, without being told its ends again.
enum PairSession {
  /// Opens the pair that `--pair` means (the only one there is where it is not given), its ends, and its state with the lease.
  static func with<Value: Sendable>(
    _ call: Call, _ body: @escaping @Sendable (Session, PairListing, OpenPair) async throws -> Value
  ) async throws -> Value {
    let state = try StateAccess(call)
    return try await with(call, state, try state.one(call), body)
  }

  /// The same for a pair that was found already.
  static func with<Value: Sendable>(
    _ call: Call, _ state: StateAccess, _ listing: PairListing,
    _ body: @escaping @Sendable (Session, PairListing, OpenPair) async throws -> Value
  ) async throws -> Value {
    guard let memory = state.memory(of: listing) else {
      throw CommandError.usage(
        "it is not known how the ends of \(listing.title) are reached", advice: "Sync the pair once; then this works.")
    }
    return try await Session.with(call, memory: memory) { session in
      let request = try request(memory, session)
      let left = try await session.open(request.left, symlinks: request.symlinks)
      let right = try await session.open(request.rights[0], symlinks: request.symlinks)
      let opener = PairOpener(state: state.directory)
      let id = PairOpener.id(left: left, right: right, direction: memory.direction)
      guard id == listing.id else {
        throw CommandError.usage(
          "\(left.identity.displayName) and \(right.identity.displayName) are not the ends that \(listing.title) was synced with",
          advice: "Check --endpoint and the configuration.")
      }
      let pair = try opener.open(left: left, right: right, options: request.options)
      defer { pair.close() }
      return try await body(session, listing, pair)
    }
  }

  private static func request(_ memory: PairMemory, _ session: Session) throws -> RunRequest {
    let environment = session.call.console.environment
    let left = try EndChoice(memory.left, environment: environment)
    let right = try EndChoice(memory.right, environment: environment)
    let options = memory.name.flatMap { session.settings.pair(named: $0)?.options } ?? session.settings.defaults
    return try RunRequest(session, left: left, right: right, options, direction: memory.direction, name: memory.name)
  }
}
