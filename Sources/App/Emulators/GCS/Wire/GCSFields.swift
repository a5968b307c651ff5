import Markup

/// A choice of fields of an answer, as the parameter `fields` makes it: `items(name,owner/entity),nextPageToken`.
struct GCSFields: Sendable {
  private indirect enum Choice: Sendable {
    case all
    case some([(name: String, inner: Choice)])
  }

  private let choice: Choice

  /// - Throws: `GCSFailure` for a text that is no choice.
  init(_ text: String) throws(GCSFailure) {
    var rest = Array(text.utf8)[...]
    choice = try Self.list(&rest, depth: 0)
    guard rest.isEmpty else { throw Self.failure(text) }
  }

  private static func failure(_ text: String) -> GCSFailure { .parameter("fields", "Invalid field selection \(text)") }

  private static func list(_ rest: inout ArraySlice<UInt8>, depth: Int) throws(GCSFailure) -> Choice {
    guard depth < 16 else { throw failure("") }
    var found: [(name: String, inner: Choice)] = []
    while true {
      found.append(try one(&rest, depth: depth))
      guard rest.first == UInt8(ascii: ",") else { return .some(found) }
      rest = rest.dropFirst()
    }
  }

  private static func one(_ rest: inout ArraySlice<UInt8>, depth: Int) throws(GCSFailure) -> (name: String, inner: Choice) {
    guard depth < 16 else { throw failure("") }
    let name = rest.prefix { !Array(",/()".utf8).contains($0) }
    guard !name.isEmpty else { throw failure(String(decoding: rest, as: UTF8.self)) }
    rest = rest.dropFirst(name.count)
    var inner = Choice.all
    if rest.first == UInt8(ascii: "/") {
      rest = rest.dropFirst()
      inner = .some([try one(&rest, depth: depth + 1)])
    } else if rest.first == UInt8(ascii: "(") {
      rest = rest.dropFirst()
      inner = try list(&rest, depth: depth + 1)
      guard rest.first == UInt8(ascii: ")") else { throw failure(String(decoding: name, as: UTF8.self)) }
      rest = rest.dropFirst()
    }
    return (String(decoding: name, as: UTF8.self), inner)
  }

  /// What is left of an answer.
  func apply(_ json: JSONValue) -> JSONValue { Self.apply(choice, json) }

  private static func apply(_ choice: Choice, _ json: JSONValue) -> JSONValue {
    guard case .some(let names) = choice else { return json }
    switch json {
    case .array(let elements): return .array(elements.map { apply(choice, $0) })
    case .object(let object):
      if let star = names.first(where: { $0.name == "*" }) {
        return .object(JSONObject(object.members.map { .init($0.key, apply(star.inner, $0.value)) }))
      }
      return .object(
        JSONObject(
          object.members.compactMap { member in
            names.first { $0.name == member.key }.map { .init(member.key, apply($0.inner, member.value)) }
          }))
    default: return json
    }
  }
}
