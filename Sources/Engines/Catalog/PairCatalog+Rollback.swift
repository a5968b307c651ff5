import Crypto

/// The ends of a pair remember the latest run, too: a state folder that was put back whole, with its counter, is found out by them.
extension PairCatalog {
  /// What names this state among all that the pair ever had; nil before its first run.
  public func stateID() throws -> [UInt8]? { try catalogued { try metaValue(MetaName.state) } }

  /// The same, made now if there is none.
  public func makeStateID() throws -> [UInt8] {
    if let id = try stateID() { return id }
    try requireWritable()
    let id = Random.bytes(8)
    try catalogued { try setMetaValue(MetaName.state, id) }
    return id
  }

  /// An end says that it has seen run number `seen` of this very state. If this state has not, it is an older copy: `isRolledBack`
  /// is set, and the next run gets a number behind that one.
  /// - Parameter remembering: whether that is written down.
  public func note(seenRun seen: Int64, remembering: Bool) throws {
    guard seen > epoch, storedCount > 0 else { return }
    isRolledBack = true
    guard remembering else { return }
    try requireWritable()
    try catalogued {
      try durably {
        try setMetaValue(MetaName.rolledBack, [])
        try setMetaNumber(MetaName.epoch, seen)
      }
    }
    epoch = seen
  }
}
