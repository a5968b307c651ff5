import GCSStorage
import LocalStorage
import ObjectStorage
public import Primitives
import S3Storage

/// One thing that was looked at when a service was examined.
public struct ServiceFinding: Hashable, Sendable {
  /// How it went.
  public enum Result: String, Sendable {
    /// As it should be.
    case good
    /// Isobar works around it, at a cost that `advice` names.
    case limited
    /// Isobar cannot work with this store until it is put right.
    case failed
  }

  /// What was looked at, for people.
  public let name: String
  /// How it went.
  public let result: Result
  /// What was found.
  public let text: String
  /// What it means and what can be done; nil where there is nothing to do.
  public let advice: String?

  /// A finding.
  public init(_ name: String, _ result: Result, _ text: String, advice: String? = nil) {
    self.name = name
    self.result = result
    self.text = text
    self.advice = advice
  }
}

/// What a crash left in a store.
public struct Leftovers: Hashable, Sendable {
  /// Temporary files of a folder.
  public var temporaries = 0
  /// Uploads that a bucket keeps and bills although nobody goes on with them.
  public var uploads = 0
}

extension OpenStore {
  /// Tries on the service what a sync relies on, where the provider knows how; nil for a folder or a store of the caller's own.
  /// - Throws: `CancellationError`; every failure is a finding.
  public func examineService() async throws -> [ServiceFinding]? {
    if let gcs {
      return try await gcs.diagnose().map { check in
        ServiceFinding(
          check.name, ServiceFinding.Result(rawValue: check.result.rawValue) ?? .failed, check.finding, advice: check.advice)
      }
    }
    guard let s3 else { return nil }
    return try await s3.diagnose().map { check in
      ServiceFinding(
        check.name, ServiceFinding.Result(rawValue: check.result.rawValue) ?? .failed, check.finding, advice: check.advice)
    }
  }

  /// Deletes what crashes left behind, if it is older than `age`.
  /// - Parameter isDry: only count what can be counted without deleting: unfinished uploads.
  /// - Throws: `StorageError`.
  public func removeLeftovers(olderThan age: Duration, isDry: Bool = false, now: Timestamp = .now()) async throws -> Leftovers {
    var found = Leftovers()
    if let folder, !isDry { found.temporaries = try await folder.removeStaleTemporaries(olderThan: age) }
    if let gcs { found.uploads = try await gcs.cleanupParts(olderThan: age, isDry: isDry) }
    guard let s3 else { return found }
    if isDry {
      found.uploads = try await s3.unfinishedUploads().count { $0.begun.map { $0 < now - age } ?? false }
    } else {
      // Those of processes that are known to have died, whatever their age.
      found.uploads = try await s3.abortAbandonedUploads() + s3.cleanupUploads(olderThan: age).count
    }
    return found
  }
}
