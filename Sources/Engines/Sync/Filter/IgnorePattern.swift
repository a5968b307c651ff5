import Primitives

/// One pattern with the meaning of a line in `.gitignore` (<https://git-scm.com/docs/gitignore>), matched on bytes.
///
/// `*` matches within a component, `**` across components, `?` one byte that is no slash, `[a-z]` a set. A pattern with a slash
/// before its end is anchored at the root; a closing slash matches folders only; a leading `!` takes back.
public struct IgnorePattern: Hashable, Sendable {
  /// Whether the pattern takes back what earlier ones matched.
  public let negated: Bool
  /// Whether it matches folders only.
  public let foldersOnly: Bool
  private let components: [Component]

  private enum Component: Hashable {
    case anyDepth
    case glob([Token])
  }

  private enum Token: Hashable {
    case byte(UInt8)
    case anyByte
    case anyRun
    case set(negated: Bool, ranges: [ClosedRange<UInt8>])
  }

  /// The pattern of one line; nil for an empty line or a comment.
  /// - Throws: `InvalidPattern` for a set without its `]`, or a pattern beyond 1,024 bytes.
  public init?(_ line: [UInt8]) throws(InvalidPattern) {
    var bytes = line[...]
    guard bytes.count <= 1024 else { throw InvalidPattern(text: DisplayText.escape(line), reason: "it is longer than 1024 bytes") }
    while let last = bytes.last, last == 0x20 || last == 0x0D || last == 0x0A,
      !(last == 0x20 && bytes.dropLast().last == UInt8(ascii: "\\"))
    {
      bytes = bytes.dropLast()
    }
    guard let first = bytes.first, first != UInt8(ascii: "#") else { return nil }
    negated = first == UInt8(ascii: "!")
    if negated { bytes = bytes.dropFirst() }
    foldersOnly = bytes.last == UInt8(ascii: "/")
    if foldersOnly { bytes = bytes.dropLast() }
    guard !bytes.isEmpty else { return nil }
    let anchored = bytes.contains(UInt8(ascii: "/"))
    if bytes.first == UInt8(ascii: "/") { bytes = bytes.dropFirst() }
    var parts: [Component] = anchored ? [] : [.anyDepth]
    for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true) {
      if part.elementsEqual("**".utf8) {
        if parts.last != .anyDepth { parts.append(.anyDepth) }
      } else {
        parts.append(.glob(try Self.tokens(of: part, in: line)))
      }
    }
    guard !parts.isEmpty else { return nil }
    components = parts
  }

  /// A pattern written in code.
  public init?(_ text: String) throws(InvalidPattern) { try self.init(Array(text.utf8)) }

  private static func tokens(of part: ArraySlice<UInt8>, in line: [UInt8]) throws(InvalidPattern) -> [Token] {
    var tokens: [Token] = []
    var index = part.startIndex
    while index < part.endIndex {
      let byte = part[index]
      index += 1
      switch byte {
      case UInt8(ascii: "*"): if tokens.last != .anyRun { tokens.append(.anyRun) }
      case UInt8(ascii: "?"): tokens.append(.anyByte)
      case UInt8(ascii: "\\") where index < part.endIndex:
        tokens.append(.byte(part[index]))
        index += 1
      case UInt8(ascii: "["): tokens.append(try set(in: part, at: &index, of: line))
      default: tokens.append(.byte(byte))
      }
    }
    return tokens
  }

  private static func set(in part: ArraySlice<UInt8>, at index: inout Int, of line: [UInt8]) throws(InvalidPattern) -> Token {
    var negated = false
    var ranges: [ClosedRange<UInt8>] = []
    if index < part.endIndex, part[index] == UInt8(ascii: "!") || part[index] == UInt8(ascii: "^") {
      negated = true
      index += 1
    }
    var first = true
    while index < part.endIndex {
      var low = part[index]
      index += 1
      if low == UInt8(ascii: "]"), !first { return .set(negated: negated, ranges: ranges) }
      first = false
      if low == UInt8(ascii: "\\"), index < part.endIndex {
        low = part[index]
        index += 1
      }
      var high = low
      if index + 1 < part.endIndex, part[index] == UInt8(ascii: "-"), part[index + 1] != UInt8(ascii: "]") {
        high = part[index + 1]
        index += 2
      }
      guard low <= high else {
        throw InvalidPattern(text: DisplayText.escape(line), reason: "a range in [ ] runs backwards")
      }
      ranges.append(low...high)
    }
    throw InvalidPattern(text: DisplayText.escape(line), reason: "a [ has no closing ]")
  }

  /// Whether the pattern matches this path (relative, without a folder's closing slash).
  public func matches(_ path: ArraySlice<UInt8>, isFolder: Bool) -> Bool {
    if foldersOnly, !isFolder { return false }
    let parts = path.split(separator: UInt8(ascii: "/"))
    // A reachable set over the pattern's components instead of recursion: linear in components × parts, whatever the pattern.
    var reachable = [Bool](repeating: false, count: components.count + 1)
    reachable[0] = true
    spread(&reachable)
    for part in parts {
      var next = [Bool](repeating: false, count: components.count + 1)
      for (index, component) in components.enumerated() where reachable[index] {
        switch component {
        case .anyDepth: next[index] = true
        case .glob(let tokens): if Self.match(tokens, part) { next[index + 1] = true }
        }
      }
      spread(&next)
      reachable = next
    }
    // `dir/**` means what is below, not the folder itself.
    if components.last == .anyDepth { return reachable[components.count] && parts.count > components.count - 1 }
    return reachable[components.count]
  }

  private func spread(_ reachable: inout [Bool]) {
    for (index, component) in components.enumerated() where reachable[index] && component == .anyDepth {
      reachable[index + 1] = true
    }
  }

  /// Wildcard match with one backtracking point: O(n·m) at worst.
  private static func match(_ tokens: [Token], _ name: ArraySlice<UInt8>) -> Bool {
    var token = 0
    var index = name.startIndex
    var retry: (token: Int, index: Int)?
    while true {
      if token < tokens.count, tokens[token] == .anyRun {
        retry = (token, index)
        token += 1
        continue
      }
      if index == name.endIndex {
        if token == tokens.count { return true }
      } else if token < tokens.count, one(tokens[token], name[index]) {
        token += 1
        index += 1
        continue
      }
      guard let point = retry, point.index < name.endIndex else { return false }
      retry = (point.token, point.index + 1)
      token = point.token + 1
      index = point.index + 1
    }
  }

  private static func one(_ token: Token, _ byte: UInt8) -> Bool {
    switch token {
    case .byte(let wanted): wanted == byte
    case .anyByte: true
    case .anyRun: false
    case .set(let negated, let ranges): ranges.contains { $0.contains(byte) } != negated
    }
  }
}

/// A pattern that means nothing.
public struct InvalidPattern: Error, Hashable, Sendable, CustomStringConvertible {
  /// The pattern, made safe to show.
  public let text: String
  /// What is wrong with it.
  public let reason: String
  public var description: String { "the pattern “\(text)” cannot be used: \(reason)" }
}
