public import ObjectStorage
public import StoreLayers
public import Sync

/// What became of one right end.
public struct PairOutcome<Value: Sendable>: Sendable {
  /// The right end.
  public let right: StoreIdentity
  /// What was done, or why nothing could be.
  public let result: Result<Value, any Error>
}

/// What a run did.
public struct SyncReport: Sendable {
  /// What became of each right end, in order; at least one was synced.
  public let pairs: [PairOutcome<SyncSummary>]
  /// The requests that were sent, each attempt counted.
  public let requests: RequestCounts
  /// How long it took.
  public let duration: Duration

  /// The summaries of the pairs that were synced.
  public var summaries: [SyncSummary] { pairs.compactMap { try? $0.result.get() } }

  /// Files whose content was sent, over all pairs.
  public var transferred: Int { summaries.reduce(0) { $0 + $1.transferred } }
  /// Bytes of content sent, over all pairs.
  public var bytes: Int64 { summaries.reduce(0) { $0 + $1.bytes } }
  /// Files deleted, over all pairs.
  public var deleted: Int { summaries.reduce(0) { $0 + $1.deleted } }
  /// Files renamed, over all pairs.
  public var moved: Int { summaries.reduce(0) { $0 + $1.moved } }
  /// Conflicts found, over all pairs.
  public var conflicts: Int { summaries.reduce(0) { $0 + $1.conflicts } }

  /// Why right ends could not be synced, with their number.
  public var errors: [(right: Int, error: any Error)] {
    pairs.enumerated().compactMap { index, pair in
      if case .failure(let error) = pair.result { (index, error) } else { nil }
    }
  }

  /// Whether every path of every pair is in step: nothing failed, nothing was stopped, no conflict waits.
  public var isInStep: Bool {
    errors.isEmpty && summaries.allSatisfy { $0.failed == 0 && $0.waiting == 0 && $0.stoppedBy == nil }
  }
}
