public import Catalog
public import ObjectStorage

/// Stops a run that would delete more than anyone means to: an unmounted disk, a wrong folder, a wiped bucket.
public struct DeleteGuard: Hashable, Sendable {
  /// The most deletes a run may do on one side; nil for any number.
  public var count: Int?
  /// The most deletes a run may do on one side, in percent of the files both sides last agreed on; nil for any share.
  public var percent: Double?

  /// Small runs are not judged by their share: three of four files are no catastrophe.
  public static let percentAppliesAbove = 10

  /// By default half of the files.
  public init(count: Int? = nil, percent: Double? = 50) {
    self.count = count
    self.percent = percent
  }

  /// No guard.
  public static let off = DeleteGuard(count: nil, percent: nil)

  /// Why `deletes` of `known` files on `side` must not go on; nil if they may.
  public func objection(deletes: Int, known: Int, side: PairSide) -> GuardStop? {
    if let count, deletes > count {
      return GuardStop(.tooManyDeletes(side: side, deletes: deletes, known: known, limit: "\(count) files"))
    }
    if let percent, deletes > Self.percentAppliesAbove, Double(deletes) * 100 > Double(known) * percent {
      return GuardStop(.tooManyDeletes(side: side, deletes: deletes, known: known, limit: "\(percent.formatted) % of the files"))
    }
    return nil
  }
}

extension Double {
  fileprivate var formatted: String { self == rounded() ? String(Int(self)) : String(self) }
}

/// A run that a guard stopped before it changed anything.
public struct GuardStop: Error, Hashable, Sendable, CustomStringConvertible {
  /// What the guard saw.
  public enum Reason: Hashable, Sendable {
    /// More deletes than the guard allows.
    case tooManyDeletes(side: PairSide, deletes: Int, known: Int, limit: String)
    /// A side is empty although both held files when they last agreed.
    case emptySide(PairSide, name: String, known: Int)
    /// A side's root is not the one this pair was made with.
    case replacedRoot(PairSide, name: String)
    /// Very many files of a side were replaced by what looks like chance, where readable content was.
    case scrambled(PairSide, changed: Int, known: Int, example: ObjectKey)
    /// The state of the pair is older than the last run: a copy from a backup.
    case rolledBackState
  }

  /// What the guard saw.
  public let reason: Reason

  /// A stop.
  public init(_ reason: Reason) { self.reason = reason }

  public var description: String {
    switch reason {
    case .tooManyDeletes(let side, let deletes, let known, let limit):
      "this run would delete \(deletes) of \(known) files on the \(side) side, and the guard allows \(limit). Nothing was changed. "
        + "If it is what you want, run again with --force, or allow more with --max-delete."
    case .emptySide(let side, let name, let known):
      "the \(side) side (\(name)) is empty, but held \(known) files at the last sync. Nothing was changed. Is the disk mounted, "
        + "the path right? If everything was really deleted there, run again with --force."
    case .replacedRoot(let side, let name):
      "the \(side) side (\(name)) is not the folder this pair was synced with: it was replaced or is not mounted. Nothing was "
        + "changed. If the new folder is right, run again with --force."
    case .scrambled(let side, let changed, let known, let example):
      "\(changed) of \(known) files on the \(side) side were replaced, and what is in them now looks encrypted (\(example)). Nothing was "
        + "changed: the \(side.other) side still has the versions from before. If you did not do this, stop using the \(side) side and "
        + "look for malicious software. If it is what you want, run again with --force."
    case .rolledBackState:
      "the state of this pair is older than its last run (restored from a backup?). Run `isobar state rebuild`: both sides are "
        + "compared anew and nothing is deleted."
    }
  }
}
