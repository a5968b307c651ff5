import Primitives

/// A value in a YAML file, which knows where it stands, so that whoever reads it can say what is wrong where.
public struct YAMLNode: Hashable, Sendable {
  /// How a scalar is written: only a plain one may mean a number, a truth value or nothing.
  public enum ScalarStyle: Hashable, Sendable {
    case plain
    /// In single or double quotes.
    case quoted
    /// After `|` or `>`.
    case block
  }

  /// A text.
  public struct Scalar: Hashable, Sendable {
    /// The text, escapes resolved.
    public var text: String
    /// How it is written.
    public var style: ScalarStyle
  }

  /// One key of a mapping with its value.
  public struct Entry: Hashable, Sendable {
    /// The key, always a scalar.
    public var key: String
    /// Where the key stands.
    public var keyPlace: TextPlace
    /// Its value.
    public var value: YAMLNode
  }

  /// What a node is.
  public enum Content: Hashable, Sendable {
    case scalar(Scalar)
    case sequence([YAMLNode])
    /// In the order written; no key twice.
    case mapping([Entry])
  }

  /// What it is.
  public var content: Content
  /// Where it begins.
  public var place: TextPlace
  let path: YAMLPath

  /// The keys that lead to it from the top: `pairs[0].left`; empty for the top itself. Made when asked for.
  public var keyPath: String { path.description }

  /// Whether it is nothing: an empty plain scalar, `~` or `null`.
  public var isNull: Bool {
    guard case .scalar(let scalar) = content, scalar.style == .plain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
  }

  /// The scalar, if it is one.
  public var scalar: Scalar? { if case .scalar(let scalar) = content { scalar } else { nil } }

  /// What it is, in words for a message: "a list".
  public var kind: String {
    switch content {
    case .scalar: isNull ? "nothing" : "a text"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }

  /// The value of `key`; nil if there is none, or this is no mapping.
  public subscript(key: String) -> YAMLNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// An error about this node: names its key path and place.
  public func error(_ message: String, code: MarkupError.Code = .wrongType) -> MarkupError {
    MarkupError(code, path.prefix + message, at: place)
  }
}

extension YAMLNode {
  /// The entries of a mapping; nothing at all counts as an empty one.
  /// - Throws: `.wrongType` naming key path and place.
  public func mapping() throws(MarkupError) -> [Entry] {
    if case .mapping(let entries) = content { return entries }
    if isNull { return [] }
    throw error("must be a mapping of keys to values, is \(kind)")
  }

  /// The elements of a list; nothing at all counts as an empty one.
  /// - Throws: `.wrongType` naming key path and place.
  public func sequence() throws(MarkupError) -> [YAMLNode] {
    if case .sequence(let elements) = content { return elements }
    if isNull { return [] }
    throw error("must be a list, is \(kind)")
  }

  /// The value of `key`.
  /// - Throws: `.missingKey` or `.wrongType` naming key path and place.
  public func required(_ key: String) throws(MarkupError) -> YAMLNode {
    _ = try mapping()
    guard let value = self[key], !value.isNull else { throw error("'\(key)' is missing", code: .missingKey) }
    return value
  }

  /// The text of a scalar, however it is written, also a number.
  /// - Throws: `.wrongType` naming key path and place.
  public func string() throws(MarkupError) -> String {
    guard let scalar, !isNull else { throw error("must be a text, is \(kind)") }
    return scalar.text
  }

  /// A whole number, written plainly in decimal.
  /// - Throws: `.wrongType` naming key path and place.
  public func integer() throws(MarkupError) -> Int64 {
    guard let scalar, scalar.style == .plain, let value = Int64(scalar.text) else { throw mismatch("a whole number") }
    return value
  }

  /// A truth value, written plainly: `true` or `false`, as in YAML 1.2. The words of YAML 1.1 (`yes`, `off`) are refused, since
  /// no two programs agree on them.
  /// - Throws: `.wrongType` naming key path and place.
  public func boolean() throws(MarkupError) -> Bool {
    guard let scalar, scalar.style == .plain else { throw mismatch("true or false") }
    switch scalar.text {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default: throw mismatch("true or false")
    }
  }

  /// The text made into something else.
  /// - Parameter expectation: what it must be, for the message: "a duration such as 30s or 1h30m".
  /// - Throws: `.wrongType` naming key path, place and expectation, if `convert` gives nil.
  public func converted<Value>(_ expectation: String, _ convert: (String) -> Value?) throws(MarkupError) -> Value {
    guard let scalar, !isNull, let value = convert(scalar.text) else { throw mismatch(expectation) }
    return value
  }

  private func mismatch(_ expectation: String) -> MarkupError {
    // The text itself is left out: it may be a secret in the wrong place.
    error("must be \(expectation)" + (scalar == nil || isNull ? ", is \(kind)" : ""))
  }
}

/// The way from the top to a node. Shared by all below it: as text in every node, one long key could take the memory of the file
/// squared.
indirect enum YAMLPath: Hashable, Sendable, CustomStringConvertible {
  case top
  case key(String, in: YAMLPath)
  case index(Int, in: YAMLPath)

  var description: String {
    switch self {
    case .top: return ""
    case .index(let index, let list): return "\(list.description)[\(index)]"
    case .key(let key, let mapping):
      let shown = DisplayText.escape(key.count > 64 ? "\(key.prefix(64))…" : key)
      return mapping == .top ? shown : "\(mapping.description).\(shown)"
    }
  }

  /// The path as the beginning of a message.
  var prefix: String { self == .top ? "" : "\(description): " }
}
