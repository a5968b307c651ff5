import Catalog
public import ObjectStorage

/// What one side holds at one path.
public enum Observation: Hashable, Sendable {
  /// Nothing.
  case absent
  /// It could not be looked at: nothing may be concluded from its absence.
  case unknown
  /// A file, or a folder that exists by itself (a real one, or an object store's marker).
  case present(ObjectEntry)
  /// A folder of an object store that exists because something lies in it.
  case implicitFolder

  /// The entry, where there is one.
  public var entry: ObjectEntry? { if case .present(let entry) = self { entry } else { nil } }

  /// The same, with the size that `side` had at the last sync if it has not changed since and the listing does not know it.
  func sized(by base: BaseEntry, on side: PairSide) -> Observation {
    guard case .present(var entry) = self, !entry.knowsContentSize, entry.version == base[side].version else { return self }
    (entry.size, entry.knowsContentSize) = (base.size, true)
    return .present(entry)
  }

  /// Whether something is certainly there.
  public var isPresent: Bool {
    switch self {
    case .present, .implicitFolder: true
    case .absent, .unknown: false
    }
  }
}
