import HTTPMessages
import HTTPServer
import Primitives

/// What a request is about: the account, one of its containers, or a blob.
struct AzureAddress {
  /// nil: the account.
  var container: String?
  /// nil: the container.
  var blob: [UInt8]?

  /// Takes a path apart that is a request's or a copy source's, in either style: `/ACCOUNT/CONTAINER/BLOB`, or `/CONTAINER/BLOB` at a
  /// host whose name begins with the account's.
  /// - Parameter isContainer: whether the request says that a single name is a container's (`restype`), and not a blob's in `$root`.
  /// - Throws: faults for names that the service does not have.
  init(path: Substring, host: String?, account: String, isContainer: Bool) throws(AzureFault) {
    var segments = path.dropFirst().split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    if !Self.isHostStyle(host, account) {
      guard segments.first.map({ $0 == account }) ?? false else { throw .invalidOperation }
      segments = segments.dropFirst().first?.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false) ?? []
    }
    guard let first = segments.first, !first.isEmpty else {
      guard segments.count < 2 || segments[1].isEmpty else { throw .invalidURI }
      return
    }
    if segments.count == 1, !isContainer {
      container = "$root"
      blob = try AzureNames.blob(first)
      return
    }
    container = try AzureNames.container(first)
    if segments.count == 2, !segments[1].isEmpty { blob = try AzureNames.blob(segments[1]) }
  }

  /// Whether the account is in the host's name, as in `ACCOUNT.blob.core.windows.net`.
  static func isHostStyle(_ host: String?, _ account: String) -> Bool {
    host.map { $0.lowercased().hasPrefix("\(account).blob.") } ?? false
  }
}
