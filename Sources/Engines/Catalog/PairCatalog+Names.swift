public import ObjectStorage

/// An object that a side cannot hold by its own name, and the name that it has there.
public struct StoredName: Hashable, Sendable {
  /// What the pair calls it.
  public let shown: ObjectKey
  /// Its name on that side.
  public let stored: ObjectKey

  /// A name and the one that stands for it.
  public init(shown: ObjectKey, stored: ObjectKey) {
    self.shown = shown
    self.stored = stored
  }
}

extension PairCatalog {
  private static func place(_ side: PairSide) -> String { "isobar.names.\(side)" }

  /// The names that stand for others on a side, as they were kept last.
  public func storedNames(_ side: PairSide) throws -> [StoredName] {
    try catalogued {
      guard let value = try metaValue(Self.place(side)) else { return [] }
      do {
        return try value.withUnsafeBytes { bytes in
          var reader = RecordReader(bytes)
          var names: [StoredName] = []
          for _ in 0..<(try reader.unsigned()) {
            names.append(
              StoredName(shown: try ObjectKey(Array(try reader.block())), stored: try ObjectKey(Array(try reader.block()))))
          }
          try reader.end()
          return names
        }
      } catch {
        throw corrupt("the names on the \(side) side")
      }
    }
  }

  /// Keeps the names that stand for others on a side, instead of those before.
  public func setStoredNames(_ side: PairSide, _ names: [StoredName]) throws {
    try requireWritable()
    var writer = RecordWriter()
    writer.unsigned(UInt64(names.count))
    for name in names {
      writer.block(name.shown.bytes)
      writer.block(name.stored.bytes)
    }
    try catalogued { try durably { try setMetaValue(Self.place(side), names.isEmpty ? nil : writer.bytes) } }
  }
}
