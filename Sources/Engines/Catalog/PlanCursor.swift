import ObjectStorage
import SQL

/// The steps of one phase in order; see `PlanSpool.scan`.
public final class PlanCursor {
  private let spool: PlanSpool
  private let phase: UInt8
  private let descending: Bool
  private var buffer: [PlanRecord] = []
  private var position = 0
  /// The place of the step given last.
  private var last: (key: [UInt8], sequence: Int64)?
  private var isOver = false
  private static let batch = 256

  init(spool: PlanSpool, phase: UInt8, descending: Bool) {
    self.spool = spool
    self.phase = phase
    self.descending = descending
  }

  /// The next step, or nil after the last.
  public func next() throws -> PlanRecord? {
    if position == buffer.count {
      guard !isOver else { return nil }
      buffer = try catalogued { try fetch() }
      position = 0
      isOver = buffer.count < Self.batch
      if buffer.isEmpty { return nil }
    }
    defer { position += 1 }
    let record = buffer[position]
    last = (record.key.bytes, record.sequence)
    return record
  }

  private func fetch() throws -> [PlanRecord] {
    guard let database = spool.existing else { return [] }
    let order = descending ? "DESC" : "ASC"
    let comparison = descending ? "<" : ">"
    let place = last == nil ? "" : "AND (key, sequence) \(comparison) (?3, ?4)"
    let statement = try database.prepare(
      "SELECT * FROM plan WHERE phase = ?1 \(place) ORDER BY key \(order), sequence \(order) LIMIT ?2")
    defer { statement.reset() }
    try statement.bind(1, Int64(phase))
    try statement.bind(2, Self.batch)
    if let last {
      try statement.bind(3, last.key)
      try statement.bind(4, last.sequence)
    }
    var records: [PlanRecord] = []
    while try statement.step() { records.append(try PlanSpool.record(of: statement, from: 0)) }
    return records
  }

  // MARK: Changes while the cursor stands

  func note(removed record: PlanRecord) {
    guard record.phase == phase, let index = buffer[position...].firstIndex(where: { $0.sequence == record.sequence }) else {
      return
    }
    buffer.remove(at: index)
  }

  func note(added record: PlanRecord) {
    guard record.phase == phase else { return }
    // What was read ahead may end before or after the new step: read again from where the cursor stands.
    buffer.removeAll(keepingCapacity: true)
    position = 0
    isOver = false
  }
}
