/// One section of a header: the file's key for one recipient, or something that only some readers know.
public struct Stanza: Hashable, Sendable {
  /// What kind it is: the first argument.
  public let kind: String
  /// The other arguments.
  public let arguments: [String]
  /// The bytes.
  public let body: [UInt8]

  /// A stanza. The kind and the arguments are one or more printable ASCII characters each, without spaces: traps otherwise.
  public init(_ kind: String, _ arguments: [String] = [], body: [UInt8]) {
    precondition(([kind] + arguments).allSatisfy { Stanza.isArgument(Array($0.utf8)[...]) }, "a stanza's arguments are printable")
    self.kind = kind
    self.arguments = arguments
    self.body = body
  }

  /// `1*VCHAR`.
  static func isArgument(_ bytes: ArraySlice<UInt8>) -> Bool { !bytes.isEmpty && bytes.allSatisfy { (33...126).contains($0) } }

  /// Characters in a full line of the body.
  static let columns = 64

  /// The stanza as it stands in a header. The last line of the body is shorter than a full one, and may be empty.
  var encoded: [UInt8] {
    var text = Array("-> ".utf8) + Array(([kind] + arguments).joined(separator: " ").utf8) + [UInt8(ascii: "\n")]
    let body = Array(RawBase64.encode(body).utf8)
    var start = 0
    repeat {
      let end = min(start + Self.columns, body.count)
      text += body[start..<end] + [UInt8(ascii: "\n")]
      start += Self.columns
    } while start <= body.count
    return text
  }
}
