/// The emulators that this build has.
public enum EmulatorRegistry {
  /// Those of every kind. One explicit list, so that none is found by accident.
  static let all: [any Emulator.Type] = [AzureEmulator.self, GCSEmulator.self, DropboxEmulator.self]

  /// The kinds that can be made.
  public static var kinds: [EmulatorKind] { all.map { $0.kind } }

  /// An emulator of `kind`, over the depot that `options` name.
  /// - Throws: `EmulatorError`, `FileError`, `SQLError`.
  public static func make(_ kind: EmulatorKind, _ options: EmulatorOptions) throws -> any Emulator {
    guard let type = all.first(where: { $0.kind == kind }) else {
      throw EmulatorError(.unknownKind, "this build has no emulator of \(kind.rawValue)")
    }
    return try type.open(options)
  }
}
