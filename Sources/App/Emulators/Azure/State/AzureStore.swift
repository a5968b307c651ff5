import Concurrency
import Files
import Markup
import Primitives

/// What the account holds. A look and the change that depends on it happen in one transaction, with nobody in between.
final class AzureStore: Sendable {
  let depot: EmulatorDepot
  let behaviour: AzureBehaviour
  private let clock: WallClock
  /// Files that are being read, and those among them that nothing refers to any more.
  private let readers = Lock<(counts: [String: Int], unwanted: [String: Blob])>(([:], [:]))

  init(_ depot: EmulatorDepot, _ behaviour: AzureBehaviour, clock: WallClock) {
    self.depot = depot
    self.behaviour = behaviour
    self.clock = clock
  }

  func now() -> Timestamp { clock.now() }

  /// Runs `body` alone. What it throws takes back what it changed.
  /// - Parameter received: a file that `body` may make part of a blob; it is removed if nothing has it then.
  func transaction<Result>(receiving received: Blob? = nil, _ body: (AzureTransaction) throws -> Result) throws -> Result {
    var unwanted: [Blob] = []
    do {
      let result = try depot.table.transaction { rows in
        let transaction = AzureTransaction(rows, behaviour, now: now())
        if let received { transaction.consider(received) }
        let result = try body(transaction)
        unwanted = try transaction.finish()
        return result
      }
      remove(unwanted)
      return result
    } catch {
      if let received { remove([received]) }
      throw error
    }
  }

  /// Keeps files from being removed until `release`. Called within the transaction that found them.
  func retain(_ extents: [AzureExtent]) {
    readers.withLock { readers in
      for case let file? in extents.map(\.file) { readers.counts[file.id, default: 0] += 1 }
    }
  }

  func release(_ extents: [AzureExtent]) {
    let gone = readers.withLock { readers in
      var gone: [Blob] = []
      for case let file? in extents.map(\.file) {
        readers.counts[file.id, default: 1] -= 1
        guard readers.counts[file.id] == 0 else { continue }
        readers.counts[file.id] = nil
        if let unwanted = readers.unwanted.removeValue(forKey: file.id) { gone.append(unwanted) }
      }
      return gone
    }
    drop(gone)
  }

  private func remove(_ files: [Blob]) {
    let free = readers.withLock { readers in
      files.filter { file in
        guard readers.counts[file.id] != nil else { return true }
        readers.unwanted[file.id] = file
        return false
      }
    }
    drop(free)
  }

  /// Removes files that nothing refers to. One that was read meanwhile may have become part of another blob: it stays.
  private func drop(_ files: [Blob]) {
    guard !files.isEmpty else { return }
    let unwanted = try? depot.table.transaction { rows in
      try files.filter { try AzureTransaction.count(of: $0, in: rows) == 0 }
    }
    for file in unwanted ?? [] { depot.blobs.remove(file) }
  }
}
