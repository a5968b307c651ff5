public import Primitives

/// One word of a command line, byte by byte.
public struct Argument: Sendable, Hashable {
  /// Exactly what was given.
  public let bytes: [UInt8]

  /// A word of `bytes`.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The word as text; invalid UTF-8 is repaired, so names of files go by `bytes`.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
  /// The word, safe to show.
  public var display: String { DisplayText.escape(bytes) }
}

/// A command line that was understood: the command and its values, all of their kind.
///
/// Look-ups are by the option's long name; a name that the command does not have, or one of another kind, is a bug of the caller
/// and traps.
public struct ParsedCommand: Sendable {
  /// What is asked for.
  public enum Request: Sendable, Equatable {
    /// To run the command.
    case run
    /// Its help. Operands and required values were not checked.
    case help
    /// The whole command tree as JSON (`help --json`).
    case helpJSON
    /// The version.
    case version
  }

  /// What is asked for.
  public internal(set) var request = Request.run
  /// The command's names below the root's; empty for the root.
  public var path: [String] { scope.path }
  /// The command.
  public var command: CommandDescription { scope.command }
  /// All operands in order.
  public internal(set) var operands: [Argument] = []
  let scope: CommandScope
  var flags: [String: [Bool]] = [:]
  var values: [String: [Argument]] = [:]

  init(scope: CommandScope) { self.scope = scope }

  private func option(_ long: String) -> OptionDescription {
    guard let option = scope.options.first(where: { $0.long == long }) else {
      preconditionFailure("\(scope.invocation) has no option --\(long)")
    }
    return option
  }

  private func valued(_ long: String) -> [Argument] {
    precondition(option(long).kind != nil, "--\(long) is a flag")
    return values[long] ?? []
  }

  /// Whether a flag is set; `fallback` where it was given neither way.
  public func flag(_ long: String, default fallback: Bool = false) -> Bool {
    precondition(option(long).kind == nil, "--\(long) takes a value")
    return flags[long]?.last ?? fallback
  }

  /// How often a flag was given (`-vv`).
  public func count(_ long: String) -> Int {
    precondition(option(long).kind == nil, "--\(long) takes a value")
    return flags[long]?.count { $0 } ?? 0
  }

  /// Whether the option was given at all, on the line or by its variable.
  public func isGiven(_ long: String) -> Bool { option(long).kind == nil ? flags[long] != nil : values[long] != nil }

  /// The option's value, byte by byte: for names of files.
  public func argument(_ long: String) -> Argument? { valued(long).last }
  /// All values of a repeatable option, in order.
  public func arguments(_ long: String) -> [Argument] { valued(long) }
  /// The option's value as text.
  public func string(_ long: String) -> String? { argument(long)?.text }
  /// All values of a repeatable option as text, in order.
  public func strings(_ long: String) -> [String] { valued(long).map(\.text) }
  /// The value of an option of kind `.int`.
  public func int(_ long: String) -> Int? { typed(long, .int) { Int($0) } }
  /// The value of an option of kind `.bytes`.
  public func byteCount(_ long: String) -> ByteCount? { typed(long, .bytes) { ByteCount(parsing: $0) } }
  /// The value of an option of kind `.duration`.
  public func duration(_ long: String) -> Duration? { typed(long, .duration) { DurationText.parse($0) } }

  private func typed<Value>(_ long: String, _ kind: ValueKind, _ convert: (String) -> Value?) -> Value? {
    precondition(option(long).kind == kind, "--\(long) is of another kind")
    // The parser has let no other values through.
    return valued(long).last.flatMap { convert($0.text) }
  }

  /// The operands that belong to the description of this name, in order.
  public func operands(_ name: String) -> [Argument] {
    guard let index = command.operands.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("\(scope.invocation) has no operand \(name)")
    }
    var start = 0
    var spare = operands.count - command.operands.map(\.arity.minimum).reduce(0, +)
    for (position, operand) in command.operands.enumerated() {
      let extra = min(max(spare, 0), operand.arity.maximum.map { $0 - operand.arity.minimum } ?? .max)
      let count = operand.arity.minimum + extra
      if position == index { return Array(operands.dropFirst(start).prefix(count)) }
      spare -= extra
      start += count
    }
    return []
  }

  /// The first operand of the description of this name.
  public func operand(_ name: String) -> Argument? { operands(name).first }
}
