import Concurrency
import ObjectStorage

/// The guarantees of `ObjectStore` as checks that any store can be put to.
///
///     @Test(arguments: stores, StoreConformance.checks)
///     func `a store keeps the contract`(_ store: StoreUnderTest, _ check: ConformanceCheck) async throws {
///       try await StoreConformance.run(check, on: store)
///     }
public enum StoreConformance {
  /// All checks, by guarantee.
  public static let checks: [ConformanceCheck] =
    (visibilityChecks + atomicityChecks + listingChecks + versionChecks + conditionChecks + copyChecks + byteChecks + sourceChecks
      + nameChecks + missingChecks + rangeChecks + cancellationChecks + folderChecks + metadataChecks + multipartChecks
      + keptAsideChecks + deleteChecks)

  /// How a check went.
  public enum Outcome: Hashable, Sendable {
    case kept
    /// The store says that it cannot do what the check needs.
    case notApplicable(String)
    /// Not kept, as an exception of the store says.
    case excepted(String)
  }

  /// Runs one check.
  /// - Throws: `ConformanceFailure`, which names store and guarantee: if the guarantee is not kept, if the check took more than
  ///   `deadline`, and if an exception is listed that is not needed (any more).
  @discardableResult
  public static func run(
    _ check: ConformanceCheck, on subject: StoreUnderTest, deadline: Duration = .seconds(180)
  ) async throws -> Outcome {
    let exception = subject.exceptions.first { $0.guarantee == check.guarantee && $0.check.map { $0 == check.name } ?? true }
    func failure(_ message: String) -> ConformanceFailure {
      ConformanceFailure(store: subject.name, check: check.description, message: message)
    }
    var problem: String?
    do {
      let store = try await subject.make()
      do {
        let context = try await CheckContext(subject, check, store)
        try await withDeadline(deadline) { try await check.body(context) }
      } catch let notApplicable as NotApplicable {
        await store.close()
        await subject.cleanUp(store)
        return .notApplicable(notApplicable.reason)
      } catch {
        problem = (error as? ConformanceFailure)?.message ?? "unexpected error: \(error)"
      }
      await store.close()
      await subject.cleanUp(store)
    } catch {
      throw failure("the store could not be made: \(error)")
    }
    switch (problem, exception) {
    case (nil, nil): return .kept
    case (let problem?, nil): throw failure(problem)
    case (_?, let exception?): return .excepted(exception.reason)
    case (nil, let exception?):
      // An exception for a whole guarantee need not be true of each of its checks.
      if exception.isIntermittent || exception.check == nil { return .kept }
      throw failure("it is kept, although an exception is listed: \(exception.reason)")
    }
  }
}
