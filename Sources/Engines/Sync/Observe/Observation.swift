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

  /// Whether something is certainly there.
  public var isPresent: Bool {
    switch self {
    case .present, .implicitFolder: true
    case .absent, .unknown: false
    }
  }
}
