import Catalog
public import Configuration
import Primitives

/// What is done for a pair from time to time, beside syncing it.
public struct PairUpkeep: Hashable, Sendable {
  /// How long the trash keeps things; nil for ever.
  public var trashRetention: Duration?
  /// Contents are read when the last time is this long ago; nil for never.
  public var rehashEvery: Duration?

  /// By default nothing is done.
  public init(trashRetention: Duration? = nil, rehashEvery: Duration? = nil) {
    self.trashRetention = trashRetention
    self.rehashEvery = rehashEvery
  }

  /// What a configured pair asks for; 30 days of trash where it does not say.
  public init(_ options: PairOptions) {
    var every: Duration?
    if case .every(let duration)? = options.rehash { every = duration }
    self.init(trashRetention: options.trashRetention ?? .seconds(30 * 86_400), rehashEvery: every)
  }

  /// The moments of the last times, kept with the pair's state.
  enum Mark: String {
    case rehashed = "upkeep.rehashed"
    case emptied = "upkeep.trash-emptied"
  }

  /// Whether contents are to be read in a run at `now`. A pair that was never read counts from its first run, which read all it met.
  func needsRehash(_ catalog: PairCatalog, now: Timestamp) throws -> Bool {
    guard let rehashEvery else { return false }
    return Self.isDue(try catalog.moment(.rehashed) ?? catalog.pair.created, every: rehashEvery, now: now)
  }

  /// Whether the trash is to be looked through in a run at `now`: once a day, or oftener where things are kept for less than ten.
  func needsEmptying(_ catalog: PairCatalog, now: Timestamp) throws -> Bool {
    guard let trashRetention else { return false }
    guard let last = try catalog.moment(.emptied) else { return true }
    return Self.isDue(last, every: min(trashRetention / 10, .seconds(86_400)), now: now)
  }

  /// A last time that is to come was told by a wrong clock, and says nothing.
  private static func isDue(_ last: Timestamp, every: Duration, now: Timestamp) -> Bool { last > now || now - last >= every }
}

extension PairCatalog {
  func moment(_ mark: PairUpkeep.Mark) throws -> Timestamp? {
    try meta(mark.rawValue).flatMap { String(validating: $0, as: UTF8.self) }.flatMap { Timestamp(iso8601: $0) }
  }

  func set(_ mark: PairUpkeep.Mark, _ moment: Timestamp) throws { try setMeta(mark.rawValue, Array(moment.iso8601.utf8)) }
}
