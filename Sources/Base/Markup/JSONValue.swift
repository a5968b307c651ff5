/// A JSON text in memory (RFC 8259).
public enum JSONValue: Hashable, Sendable {
  case object(JSONObject)
  case array([JSONValue])
  case string(String)
  /// A number written without fraction and exponent that fits 64 bits.
  case integer(Int64)
  /// Any other number, as near as a double comes.
  case number(Double)
  case bool(Bool)
  case null

  /// The member `key` of an object; nil if there is none, or this is no object.
  public subscript(key: String) -> JSONValue? { objectValue?[key] }

  /// The element at `index` of an array; nil if there is none, or this is no array.
  public subscript(index: Int) -> JSONValue? {
    guard let array = arrayValue, array.indices.contains(index) else { return nil }
    return array[index]
  }

  /// The object, if it is one.
  public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }
  /// The array, if it is one.
  public var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  /// The string, if it is one.
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  /// The integer, if it is one.
  public var integerValue: Int64? { if case .integer(let value) = self { value } else { nil } }
  /// The truth value, if it is one.
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// Whether it is null.
  public var isNull: Bool { self == .null }

  /// The number, also if it is an integer.
  public var numberValue: Double? {
    switch self {
    case .number(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }
}

/// A JSON object: its members in the order they came.
public struct JSONObject: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  /// One key with its value.
  public struct Member: Hashable, Sendable {
    /// The key. Swift compares strings by meaning; look-ups here compare bytes.
    public var key: String
    /// Its value.
    public var value: JSONValue

    /// The member `key`: `value`.
    public init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// All members, in order.
  public private(set) var members: [Member]

  /// An object of `members`; of equal keys the last one stays, where it stands. Linear in their number.
  public init(_ members: [Member] = []) {
    var seen: Set<[UInt8]> = []
    self.members = members.reversed().filter { seen.insert([UInt8]($0.key.utf8)).inserted }.reversed()
  }

  /// For the parser, which has found the duplicates itself.
  init(unique members: [Member]) { self.members = members }

  public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements.map { Member($0.0, $0.1) }) }

  /// How many members there are.
  public var count: Int { members.count }

  /// The value of `key`. Looks through the members one by one; who asks often keeps a dictionary. Setting nil removes the member.
  public subscript(key: String) -> JSONValue? {
    get { index(of: key).map { members[$0].value } }
    set {
      switch (index(of: key), newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Member(key, value))
      case (nil, nil): break
      }
    }
  }

  private func index(of key: String) -> Int? { members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) } }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
  ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements.map { JSONObject.Member($0.0, $0.1) }))
  }
}
