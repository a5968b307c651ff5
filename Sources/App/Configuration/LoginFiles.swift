/// Where logins are kept: what a service gave for a person's consent, each in a file that only its owner can read.
public struct LoginFiles: Sendable {
  /// The folder: `$XDG_CONFIG_HOME/isobar/logins`; nil where there is no home.
  public let folder: String?

  /// The files of whom an environment belongs to.
  public init(_ environment: [String: String]) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    folder = (value("XDG_CONFIG_HOME") ?? value("HOME").map { $0 + "/.config" }).map { $0 + "/isobar/logins" }
  }

  /// The path of a login's file; nil where there is no home, and for what can be no name.
  public func path(_ name: String) -> [UInt8]? {
    guard let folder, End.isStoreName(name) else { return nil }
    return Array("\(folder)/\(name).json".utf8)
  }
}
