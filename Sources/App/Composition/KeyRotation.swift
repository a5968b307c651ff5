import Concurrency
public import Crypto
import EncryptionLayer
public import ObjectStorage

/// Encrypts what is in a store for the recipients that its settings name now, object by object.
public struct KeyRotation: Sendable {
  /// What became of one object.
  public enum Outcome: Sendable {
    /// It has a new header.
    case done
    /// It was for these recipients already.
    case current
    /// It is as it was.
    case failed
  }

  /// How it went.
  public struct Report: Sendable {
    /// Objects with a new header.
    public internal(set) var rotated = 0
    /// Objects that were for these recipients already.
    public internal(set) var current = 0
    /// Objects that are as they were, and folders that could not be listed; and why.
    public internal(set) var failures: [(key: ObjectKey?, error: StorageError)] = []
  }

  let store: EncryptedStore
  let width: Int

  /// For whom everything is encrypted, as age spells them; nobody where a passphrase opens the store, and there is nothing to rotate.
  public var recipients: [String] { store.recipients }
  /// Whether the settings name no recipients, so that everything is encrypted for all identities, the old ones among them.
  public var impliesRecipients: Bool { store.impliesRecipients }
  /// Whether a passphrase opens the store.
  public var hasPassphrase: Bool { store.hasPassphrase }

  /// Encrypts the keys of a store that a passphrase opens under another one. The objects stay as they are.
  /// - Throws: `StorageError` `.unauthenticated` if the passphrase of the settings does not open the store, and others.
  public func changePassphrase(to new: SecretBytes) async throws {
    try await store.changePassphrase(to: new)
    try await store.flush()
  }

  /// Carries it out: the store's own key first, then every object. Both are durable before this returns or throws: whoever then throws the old
  /// key away must not get old headers back by a power cut.
  /// - Parameter observer: told of each object when it is done.
  /// - Throws: `StorageError` where nothing can be done at all: the identities do not open the store, or it cannot be listed.
  ///   `CancellationError`: what was done stays.
  public func run(observer: @escaping @Sendable (ObjectKey, Outcome) -> Void = { _, _ in }) async throws -> Report {
    try await store.rewrapKeys()
    try await store.flush()
    let tally = Lock(Report())
    do { try await rewrapObjects(tally, observer) } catch {
      try? await shielded { try await store.flush() }
      throw error
    }
    try await store.flush()
    return tally.withLock { $0 }
  }

  private func rewrapObjects(
    _ tally: Lock<Report>, _ observer: @escaping @Sendable (ObjectKey, Outcome) -> Void
  ) async throws {
    let listing = store.list(.all, ListOptions())
    try await withThrowingTaskGroup(of: Void.self) { group in
      var running = 0
      while let page = try await listing.next() {
        for problem in page.problems {
          // What lies there is for the old recipients still.
          if case .unreadable(let error) = problem.reason { tally.withLock { $0.failures.append((problem.key, error)) } }
        }
        for entry in page.entries where !entry.key.isFolder {
          if running >= max(width, 1) {
            try await group.next()
            running -= 1
          }
          group.addTask { try await rewrap(entry.key, tally, observer) }
          running += 1
        }
      }
      try await group.waitForAll()
    }
  }

  private func rewrap(
    _ key: ObjectKey, _ tally: Lock<Report>, _ observer: @Sendable (ObjectKey, Outcome) -> Void
  ) async throws {
    do {
      switch try await store.rewrap(key) {
      case .done:
        tally.withLock { $0.rotated += 1 }
        observer(key, .done)
      case .current:
        tally.withLock { $0.current += 1 }
        observer(key, .current)
      }
    } catch let error as StorageError {
      // Deleted or written meanwhile: a write is for the new recipients anyway.
      if error.code == .notFound { return }
      tally.withLock { $0.failures.append((key, error)) }
      observer(key, .failed)
    }
  }
}

extension OpenStore {
  /// What encrypts the store for other recipients; nil for a store that is not encrypted.
  /// - Parameter width: objects under way at once.
  public func keyRotation(width: Int) -> KeyRotation? { encryption.map { KeyRotation(store: $0, width: width) } }
}
