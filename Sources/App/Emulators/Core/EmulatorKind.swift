/// The services that can be emulated.
public enum EmulatorKind: String, CaseIterable, Hashable, Sendable {
  case azure
  case gcs
  case dropbox

  /// The service's own name.
  public var serviceName: String {
    switch self {
    case .azure: "Azure Blob Storage"
    case .gcs: "Google Cloud Storage"
    case .dropbox: "Dropbox"
    }
  }
}
