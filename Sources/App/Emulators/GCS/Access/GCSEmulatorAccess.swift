/// Who may use the emulator.
public enum GCSEmulatorAccess: Sendable, Hashable {
  /// Who has a token that the emulator gave out and that has not expired.
  case tokens
  /// Also who brings none, as SDKs do that are led by `STORAGE_EMULATOR_HOST`; a token that is brought must be good.
  case guests
  /// Everybody, with any token or none.
  case everybody
}
