import Catalog
public import ObjectStorage
import Sync

/// Finds out whether two stores hold the same files, and changes nothing.
///
/// Both listings are read side by side, so memory does not grow with the trees. Folders and metadata are not compared.
public struct Checker: Sendable {
  private let left: any ObjectStore
  private let right: any ObjectStore
  private let options: CheckOptions

  /// A comparison of two stores.
  public init(left: any ObjectStore, right: any ObjectStore, options: CheckOptions = CheckOptions()) {
    self.left = left
    self.right = right
    self.options = options
  }

  /// Compares.
  /// - Parameter observer: told of each finding as it is made, one at a time; those of files compared at the same time in no order.
  /// - Returns: the findings in numbers. A file that cannot be read is one of them and does not stop the others.
  /// - Throws: `StorageError` if a side cannot be listed whole; `CancellationError`.
  public func run(observer: (CheckFinding) -> Void = { _ in }) async throws -> CheckSummary {
    let join = FileJoin(left: left, right: right, filter: options.filter)
    var summary = CheckSummary()
    func report(_ finding: CheckFinding) {
      summary.add(finding)
      observer(finding)
    }
    func reportProblems() {
      for (side, problem) in join.newProblems() { report(.unknown(problem.key, on: side, reason: problem.reason.text)) }
    }
    try await withThrowingTaskGroup(of: CheckFinding.self) { group in
      var running = 0
      while let pair = try await join.next() {
        reportProblems()
        if let finding = verdict(pair) {
          if let finding { report(finding) }
          continue
        }
        guard let left = pair.left, let right = pair.right else { continue }
        if running == options.concurrency, let finding = try await group.next() {
          report(finding)
          running -= 1
        }
        group.addTask { try await compare(left, right) }
        running += 1
      }
      reportProblems()
      while let finding = try await group.next() { report(finding) }
    }
    return summary
  }

  /// What the listings alone say: nil if contents must be compared, `.some(nil)` if there is nothing to report.
  private func verdict(_ pair: FileJoin.Pair) -> CheckFinding?? {
    guard let left = pair.left else {
      // A side whose folder could not be read lacks nothing for certain; the folder itself is reported.
      return .some(options.coverage == .left || pair.isUnknown.left ? nil : .missing(pair.key, on: .left))
    }
    guard let right = pair.right else { return .some(pair.isUnknown.right ? nil : .missing(pair.key, on: .right)) }
    if !left.mayEqual(right) { return .differs(pair.key, .size) }
    guard left.knowsContentSize, right.knowsContentSize else { return nil }
    if options.depth == .sizes || left.size == 0 { return .equal(pair.key, bytes: left.size) }
    return nil
  }

  private func compare(_ left: ObjectEntry, _ right: ObjectEntry) async throws -> CheckFinding {
    let comparer = Comparer(left: self.left, right: self.right)
    do {
      let (left, right) = (try await self.left.sized(left), try await self.right.sized(right))
      if left.size != right.size { return .differs(left.key, .size) }
      if options.depth == .sizes || left.size == 0 { return .equal(left.key, bytes: left.size) }
      let isEqual: Bool
      if options.depth == .contents {
        let ours = try await comparer.hash(left, on: .left, by: .sha256)
        let theirs = try await comparer.hash(right, on: .right, by: .sha256)
        isEqual = ours == theirs
      } else {
        isEqual = try await comparer.compare(left, right).equal
      }
      return isEqual ? .equal(left.key, bytes: left.size) : .differs(left.key, .content)
    } catch let error as StorageError where error.code != .cancelled {
      let side: PairSide? =
        self.left.identity == self.right.identity ? nil : error.store == self.left.identity.displayName ? .left : .right
      return .unknown(left.key, on: side, reason: error.description)
    }
  }
}

extension ListProblem.Reason {
  /// Why, for people.
  var text: String {
    switch self {
    case .notAFile(let what): what
    case .unreadable(let error): error.description
    case .invalidName(let name): name.description
    }
  }
}
