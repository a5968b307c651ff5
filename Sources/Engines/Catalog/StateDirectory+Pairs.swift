public import Primitives
import SQL

/// One pair that a state folder knows, as far as it can be read.
public struct PairListing: Sendable {
  /// What is known of a pair.
  public enum Content: Sendable {
    /// The pair; paths in step; the newest run; paths in quarantine; conflicts that wait.
    case known(PairRecord, baseCount: Int, lastRun: RunRecord?, failures: Int, openConflicts: Int)
    /// The database cannot be read.
    case unreadable(CatalogError)
  }

  /// The pair's id.
  public let id: String
  /// Bytes of its database.
  public let size: Int64
  /// The engine at work on it, as text; nil if none is.
  public let holder: String?
  /// What is known of it.
  public let content: Content
}

extension StateDirectory {
  /// The ids of the pairs that have a database here, in order.
  public func pairIDs() throws -> [String] {
    guard let names = FilePaths.names(in: pairsPath) else {
      throw CatalogError(.failed, "the state folder cannot be read", place: displayPath)
    }
    return names.compactMap { name in
      guard let text = String(validating: name, as: UTF8.self), text.hasSuffix(".db") else { return nil }
      let id = String(text.dropLast(3))
      return PairRecord.isID(id) ? id : nil
    }
  }

  /// Every pair, for a status; also while engines work on them. A damaged one is listed as such and stops nothing.
  public func pairs(clock: WallClock = .system) throws -> [PairListing] {
    try pairIDs().map { id in
      PairListing(
        id: id, size: FilePaths.size(database(id)) ?? 0, holder: Lease.holder(of: lock(id)), content: content(of: id, clock: clock))
    }
  }

  private func content(of id: String, clock: WallClock) -> PairListing.Content {
    do {
      let catalog = try PairCatalog.openReadOnly(self, id: id, clock: clock)
      defer { catalog.close() }
      return .known(
        catalog.pair, baseCount: try catalog.baseCount(), lastRun: try catalog.runs(limit: 1).first,
        failures: try catalog.failureCount(), openConflicts: try catalog.openConflictCount())
    } catch let error as CatalogError {
      return .unreadable(error)
    } catch {
      return .unreadable(CatalogError(.failed, "the state cannot be read", place: displayPath, cause: error))
    }
  }
}
