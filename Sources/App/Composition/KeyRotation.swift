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
    let report: Report
    do { report = try await rewrapObjects(observer) } catch {
      try? await shielded { try await store.flush() }
      throw error
    }
    try await store.flush()
    return report
  }

  private func rewrapObjects(_ observer: @escaping @Sendable (ObjectKey, Outcome) -> Void) async throws -> Report {
    var report = Report()
    let listing = store.list(.all, ListOptions())
    try await withThrowingTaskGroup(of: (ObjectKey, Result<EncryptedStore.Rewrapping, any Error>).self) { group in
      var waiting = 0
      func take(_ result: (key: ObjectKey, outcome: Result<EncryptedStore.Rewrapping, any Error>)) throws {
        waiting -= 1
        switch result.outcome {
        case .success(.done):
          report.rotated += 1
          observer(result.key, .done)
        case .success(.current):
          report.current += 1
          observer(result.key, .current)
        case .failure(let error as StorageError):
          // Deleted or written meanwhile: a write is for the new recipients anyway.
          if error.code == .notFound { return }
          report.failures.append((result.key, error))
          observer(result.key, .failed)
        case .failure(let error): throw error
        }
      }
      while let page = try await listing.next() {
        for problem in page.problems {
          // What lies there is for the old recipients still.
          if case .unreadable(let error) = problem.reason { report.failures.append((problem.key, error)) }
        }
        for entry in page.entries where !entry.key.isFolder {
          while waiting >= max(width, 1), let result = try await group.next() { try take(result) }
          let (store, key) = (store, entry.key)
          group.addTask {
            do { return (key, .success(try await store.rewrap(key))) } catch { return (key, .failure(error)) }
          }
          waiting += 1
        }
      }
      while let result = try await group.next() { try take(result) }
    }
    return report
  }
}

extension OpenStore {
  /// What encrypts the store for other recipients; nil for a store that is not encrypted.
  /// - Parameter width: objects under way at once.
  public func keyRotation(width: Int) -> KeyRotation? { encryption.map { KeyRotation(store: $0, width: width) } }
}
