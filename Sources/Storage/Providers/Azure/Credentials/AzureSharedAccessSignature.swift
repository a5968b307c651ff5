import Crypto
public import Primitives

/// A query that allows what it says until it expires (of an account, a service, or signed with a user's delegation key). Whoever has it
/// is let in: it is never shown.
public struct AzureSharedAccessSignature: Sendable {
  /// Names and values as they stand in the query, still encoded.
  private let fields: [(name: String, value: String)]

  /// A signature as the portal shows it, with or without a question mark; nil if it is not signed or no query.
  public init?(_ secret: Secret) {
    var text = secret.reveal()[...]
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    if text.first == "?" { text = text.dropFirst() }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }) else { return nil }
    var fields: [(name: String, value: String)] = []
    for field in text.split(separator: "&") {
      guard let equals = field.firstIndex(of: "=") else { return nil }
      fields.append((String(field[..<equals]), String(field[field.index(after: equals)...])))
    }
    guard fields.contains(where: { $0.name == "sig" }) else { return nil }
    self.fields = fields
  }

  /// What is put behind a request's own query.
  var query: String { fields.map { "\($0.name)=\($0.value)" }.joined(separator: "&") }

  /// When it ends, if it says so itself rather than by a policy of the container.
  public var expiration: Timestamp? {
    guard let text = fields.first(where: { $0.name == "se" }).flatMap({ PercentEncoding.decode($0.value.utf8) }) else { return nil }
    return Timestamp(iso8601: String(decoding: text, as: UTF8.self))
  }

  /// What it allows: `rwdl`; nil if a policy of the container says it.
  public var permissions: String? { fields.first { $0.name == "sp" }?.value }

  /// A signature of our own that lets the service itself read one blob, for as long as a copy may take.
  /// - Parameter path: container and blob, not encoded.
  static func reading(_ path: [UInt8], by key: AzureSharedKey, version: String, until expiry: Timestamp) -> String {
    let end = Timestamp(seconds: expiry.seconds).iso8601
    // Permissions, start, expiry, resource, identifier, addresses, protocol, version, kind, snapshot, encryption scope, and five
    // headers to answer with ("Create a service SAS", version 2020-12-06 and later).
    let name = "/blob/\(key.account)/" + String(decoding: path, as: UTF8.self)
    let text = "r\n\n\(end)\n\(name)\n\n\n\n\(version)\nb\n\n\n\n\n\n\n"
    let parameters = [("sv", version), ("se", end), ("sr", "b"), ("sp", "r"), ("sig", key.sign(Array(text.utf8)))]
    return parameters.map { "\($0)=" + PercentEncoding.encode($1.utf8, keepSlash: false) }.joined(separator: "&")
  }
}
