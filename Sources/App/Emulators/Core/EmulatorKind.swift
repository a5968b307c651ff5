/// The services that can be emulated.
public enum EmulatorKind: String, CaseIterable, Hashable, Sendable {
  case azure
  case gcs
  case dropbox
}
