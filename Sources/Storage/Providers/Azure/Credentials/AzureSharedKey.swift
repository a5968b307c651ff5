import Crypto
import HTTPMessages
public import Primitives

/// An account's name and one of its two keys, ready to sign: the keyed state is made once.
public struct AzureSharedKey: Sendable {
  /// The account that the key is of.
  public let account: AzureAccountName
  private let hmac: HMACSHA256

  /// A key as the portal shows it; nil if it is not Base64.
  public init?(account: AzureAccountName, key: Secret) {
    let text = key.reveal().filter { $0 != " " && $0 != "\n" && $0 != "\r" }
    guard var bytes = Base64.decode(text), !bytes.isEmpty else { return nil }
    self.account = account
    hmac = HMACSHA256(key: SecretBytes(taking: &bytes))
  }

  /// The signature of a text, in Base64.
  func sign(_ text: String) -> String { Base64.encode(hmac.code(Array(text.utf8))) }

  /// The value of `Authorization` for a request ("Authorize with Shared Key", version 2015-02-21 and later).
  /// - Parameters:
  ///   - path: as it is sent, percent-encoded, the account in front where the address has it.
  ///   - query: decoded.
  ///   - length: bytes of the body.
  func authorization(
    _ method: HTTPMethod, path: String, query: [(name: String, value: [UInt8])], headers: HTTPHeaders, length: Int64?
  ) -> String {
    "SharedKey \(account):"
      + sign(Self.stringToSign(method, account: account, path: path, query: query, headers: headers, length: length))
  }

  /// What is signed.
  static func stringToSign(
    _ method: HTTPMethod, account: AzureAccountName, path: String, query: [(name: String, value: [UInt8])], headers: HTTPHeaders,
    length: Int64?
  ) -> String {
    var text = method.name + "\n"
    for name in ["content-encoding", "content-language"] { text += (headers[name] ?? "") + "\n" }
    text += (length.map { $0 > 0 ? String($0) : "" } ?? "") + "\n"
    for name in [
      "content-md5", "content-type", "date", "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
    ] {
      text += (headers[name] ?? "") + "\n"
    }
    var own: [(place: [UInt16], name: String, value: String)] = []
    for field in headers {
      let name = field.name.utf8.contains { (0x41...0x5A).contains($0) } ? field.name.lowercased() : field.name
      if name.hasPrefix("x-ms-") { own.append((SignedHeaderOrder.place(of: name), name, field.value)) }
    }
    own.sort { SignedHeaderOrder.isBefore(($0.place, $0.name), ($1.place, $1.name)) }
    for field in own {
      text += field.name
      text += ":"
      text += field.value
      text += "\n"
    }
    text += "/\(account)\(path)"
    let sorted = query.map { (name: $0.name.lowercased(), value: String(decoding: $0.value, as: UTF8.self)) }
      .sorted { $0.name < $1.name }
    for parameter in sorted { text += "\n\(parameter.name):\(parameter.value)" }
    return text
  }
}

/// The order in which the service sorts the headers that it signs. It is that of words, not of bytes: hyphens do not count, an
/// underscore comes before digits, and digits before letters. (As Microsoft's own clients sort.)
enum SignedHeaderOrder {
  /// Whether one name, with its place, comes before another.
  static func isBefore(_ left: (place: [UInt16], name: String), _ right: (place: [UInt16], name: String)) -> Bool {
    if left.place != right.place { return left.place.lexicographicallyPrecedes(right.place) }
    return left.name < right.name
  }

  /// What a name is sorted by.
  static func place(of name: String) -> [UInt16] {
    name.utf8.compactMap { byte in
      switch byte {
      case 0x2D: nil
      case 0x5F: 1
      case 0x30...0x39: 0x100 + UInt16(byte)
      default: 0x200 + UInt16(byte)
      }
    }
  }
}
