import Catalog
import ObjectStorage
import StoreLayers

/// What a run would do: operations in the order in which they would be carried out, outside memory.
public final class SyncPlan: @unchecked Sendable {
  /// What the plan amounts to.
  public private(set) var totals = PlanTotals()
  /// What takes no part; of each side the first `TreeReader.problemLimit`.
  public internal(set) var skipped: [SkippedPath] = []
  /// How many paths take no part.
  public internal(set) var skippedCount = 0
  /// Files that both sides held when they last agreed.
  public internal(set) var knownFiles = 0
  /// Files seen on each side.
  public internal(set) var files = BothSides(left: 0, right: 0)
  /// Files seen on each side that have further names (hard links): each name is synced as a file of its own.
  public internal(set) var linkedFiles = BothSides(left: 0, right: 0)
  private(set) var deletes = BothSides(left: 0, right: 0)
  /// Files whose content another replaces on a side, and files that are new there.
  private(set) var replacements = BothSides(left: 0, right: 0)
  private(set) var creations = BothSides(left: 0, right: 0)
  /// Whether carrying the plan out may write to a side.
  private(set) var writes = BothSides(left: false, right: false)
  private let spool: PlanSpool
  private let requests: BothSides<RequestCost>
  private let rules: BothSides<NameRules>
  private let listsSizes: BothSides<Bool>
  /// Names that perhaps not every store can hold.
  private(set) var oddNames = 0
  private var spellings = Spellings()

  /// What one operation on a side is expected to cost in requests.
  struct RequestCost: Sendable {
    let isRemote: Bool
    let keepsTrash: Bool
  }

  init(
    costs: BothSides<RequestCost>, rules: BothSides<NameRules> = BothSides(left: NameRules(), right: NameRules()),
    listsSizes: BothSides<Bool> = BothSides(left: true, right: true)
  ) {
    spool = PlanSpool()
    self.listsSizes = listsSizes
    requests = costs
    self.rules = rules
  }

  /// The operations of one phase, in key order; those that delete folders from the innermost out.
  public func operations(phase: UInt8) throws -> OperationCursor {
    OperationCursor(cursor: try spool.scan(phase: phase, descending: phase == Operation.Kind.deleteFolder.phase))
  }

  /// Whether there is nothing to do.
  public var isEmpty: Bool { totals.operations.values.allSatisfy { $0 == 0 } }

  /// How many phases there are.
  public static let phases: UInt8 = 6

  func append(_ operation: Operation) throws {
    var role = PlanRecord.Role.none
    var token: [UInt8]?
    var former: [UInt8]?
    let origin = operation.side.other
    switch operation.kind {
    case .transfer where operation.isNew:
      token = operation.entry(origin).flatMap { MoveToken.token(of: $0) }
      role = .created
    // What a mirror deletes may have been edited there: then it is not what was renamed at the source.
    case .delete where operation.entry(operation.side)?.version == operation.base?[operation.side].version:
      token = operation.base.flatMap { MoveToken.token(of: $0, on: origin, sized: listsSizes[origin]) }
      role = .deleted
    case .transfer where operation.entry(operation.side) == nil:
      // It may have been renamed here, and edited there under its old name.
      token = operation.base.flatMap { MoveToken.token(of: $0, on: operation.side, sized: listsSizes[operation.side]) }
      role = .revived
    case .transfer where operation.entry(operation.side)?.version == operation.base?[operation.side].version:
      token = operation.entry(origin).flatMap { MoveToken.token(of: $0) }
      former = operation.base.flatMap { MoveToken.token(of: $0, on: origin, sized: listsSizes[origin]) }
      if former == nil || former == token { token = nil }
      role = .changed
    default: break
    }
    if operation.isNew { spellings.note(operation.key, newOn: origin) }
    if token == nil { (role, former) = (.none, nil) }
    try add(operation, role: role, token: token, former: former)
  }

  /// Joins files that are new on both sides under two spellings of one name: what each side calls them is noted in `names`.
  func joinSpellings(_ names: PairNames) throws {
    if spellings.isEmpty { return }
    var found: [(one: Operation, other: ObjectKey)] = []
    let cursor = try spool.scan(phase: Operation.Kind.transfer.phase)
    while let record = try cursor.next() {
      let operation = try decode(record)
      if operation.isNew, let twin = spellings.twin(of: operation.key, newOn: operation.side.other) {
        found.append((operation, twin))
      }
    }
    for (one, other) in found {
      guard let theirs = try spool.records(phase: Operation.Kind.transfer.phase, key: other).first,
        let ours = try spool.records(phase: Operation.Kind.transfer.phase, key: one.key).first
      else { continue }
      let two = try decode(theirs)
      guard two.isNew, two.side == one.side.other else { continue }
      let (left, right) = one.side == .right ? (one, two) : (two, one)
      // The left side's spelling is the pair's.
      guard let leftEntry = left.left, var rightEntry = right.right, names[.right].add(left.key, storedAs: right.key) else {
        continue
      }
      rightEntry.key = left.key
      try drop(ours, one)
      try drop(theirs, two)
      try add(
        Operation(
          leftEntry.mayEqual(rightEntry) ? .compare : .conflict, left.key, on: .right, left: leftEntry, right: rightEntry))
    }
  }

  private func add(
    _ operation: Operation, role: PlanRecord.Role = .none, token: [UInt8]? = nil, former: [UInt8]? = nil
  ) throws {
    _ = try spool.append(
      PlanRecord(
        phase: operation.kind.phase, key: operation.key, kind: operation.kind.rawValue, bytes: operation.bytes,
        side: operation.side.rawValue, role: role, token: token, former: former, blob: OperationCoding.encode(operation)))
    tally(operation, 1)
    for step in operation.steps where !rules[step.side].allow(step.key) || Self.isLong(step.key) { oddNames += 1 }
  }

  private static func isLong(_ key: ObjectKey) -> Bool {
    key.bytes.count > 240 && (key.bytes.count > 900 || key.bytes.split(separator: UInt8(ascii: "/")).contains { $0.count > 240 })
  }

  /// Puts an operation off to a phase behind the others; it is counted already.
  func postpone(_ operation: Operation, to phase: UInt8) throws {
    try spool.append(
      PlanRecord(
        phase: phase, key: operation.key, kind: operation.kind.rawValue, bytes: operation.bytes, side: operation.side.rawValue,
        role: .none, token: nil, blob: OperationCoding.encode(operation)))
  }

  /// Joins each delete and create that are one file renamed into a move, and changes that are an exchange of names into moves.
  func findMoves() throws {
    if totals[.transfer] == 0 { return }
    let matches = try spool.moves()
    while let match = try matches.next() {
      let old = try decode(match.deleted)
      let new = try decode(match.created)
      guard let from = old.entry(new.side) else { continue }
      try drop(match.deleted, old)
      try drop(match.created, new)
      try add(Operation(.move, new.key, on: new.side, left: new.left, right: new.right, base: old.base, from: from))
    }
    let cycles = try spool.cycles()
    while let cycle = try cycles.next() {
      let changes = try cycle.map(decode)
      var moves: [Operation] = []
      for (index, change) in changes.enumerated() {
        let source = changes[(index + 1) % changes.count]
        guard let from = source.entry(change.side) else { break }
        moves.append(
          Operation(.move, change.key, on: change.side, left: change.left, right: change.right, base: source.base, from: from))
      }
      guard moves.count == changes.count, moves.count > 1 else { continue }
      for (record, change) in zip(cycle, changes) { try drop(record, change) }
      moves[0].partners = Array(moves.dropFirst())
      try add(moves[0])
    }
  }

  private func drop(_ record: PlanRecord, _ operation: Operation) throws {
    try spool.remove(record)
    tally(operation, -1)
  }

  func countPath(_ paths: Int) { totals.paths = paths }

  private func tally(_ operation: Operation, _ sign: Int) {
    for step in operation.steps { tally(step: step, sign) }
  }

  private func tally(step operation: Operation, _ sign: Int) {
    totals.operations[operation.kind, default: 0] += sign
    totals.bytes += operation.bytes * Int64(sign)
    totals.requests += estimate(operation) * sign
    if operation.kind == .delete { deletes[operation.side] += sign }
    if operation.isReplacement { replacements[operation.side] += sign }
    if operation.isNew { creations[operation.side] += sign }
    switch operation.kind {
    case .adoptFolder, .forget: break
    case .compare, .conflict, .verify: writes = BothSides(left: true, right: true)
    default:
      writes[operation.side] = true
      if operation.carriesEdit { writes[operation.side.other] = true }
    }
  }

  private func estimate(_ operation: Operation) -> Int {
    let target = requests[operation.side]
    let source = requests[operation.side.other]
    switch operation.kind {
    case .transfer:
      let kept = operation.entry(operation.side) != nil && target.isRemote && target.keepsTrash ? 1 : 0
      return (target.isRemote ? 1 : 0) + (source.isRemote ? 1 : 0) + kept
    case .move:
      let edit = operation.carriesEdit ? (target.isRemote ? 1 : 0) + (source.isRemote ? 1 : 0) : 0
      return (target.isRemote ? 2 : 0) + edit
    case .delete: return (target.isRemote ? 2 : 0) + (source.isRemote ? 1 : 0)
    case .createFolder, .deleteFolder: return target.isRemote ? 1 : 0
    case .conflict: return (target.isRemote ? 4 : 0) + (source.isRemote ? 4 : 0)
    case .compare: return (target.isRemote ? 1 : 0) + (source.isRemote ? 1 : 0)
    case .verify, .adoptFolder, .forget: return 0
    }
  }

  private func decode(_ record: PlanRecord) throws -> Operation { try OperationCursor.decode(record) }
}

/// Operations, one after the other.
public final class OperationCursor: @unchecked Sendable {
  private let cursor: PlanCursor

  init(cursor: PlanCursor) { self.cursor = cursor }

  /// The next operation; nil after the last.
  public func next() throws -> Operation? {
    guard let record = try cursor.next() else { return nil }
    return try Self.decode(record)
  }

  static func decode(_ record: PlanRecord) throws -> Operation {
    guard let kind = Operation.Kind(rawValue: record.kind), let side = PairSide(rawValue: record.side) else { throw DamagedPlan() }
    return try OperationCoding.decode(record.blob, kind: kind, key: record.key, side: side)
  }
}
