import Primitives

extension CommandLine {
  /// The words that this process was called with, without its own name, byte by byte.
  public static var argumentBytes: [[UInt8]] {
    (1..<max(1, Int(argc))).compactMap { index in
      unsafeArgv[index].map { word in
        var bytes: [UInt8] = []
        var position = 0
        while word[position] != 0 {
          bytes.append(UInt8(bitPattern: word[position]))
          position += 1
        }
        return bytes
      }
    }
  }

  /// Understands `arguments` (without the program's name) as a call of `root` or a command below it.
  ///
  /// - `--name=value` and `--name value`; `--name=` gives the empty text. `-n value`, `-nvalue`, and letters of flags together.
  /// - Options stand anywhere, also before the command that they belong to. `--` ends them; `-` alone is an operand.
  /// - `--no-name` for flags that say so. An option that is not repeatable must not be given twice, nor with its opposite.
  /// - A value that looks like one of the command's options must be joined on with `=`: it was probably forgotten.
  /// - `--help` and `-h` anywhere, `--version` on the root, and `help [COMMAND...] [--json]` unless the tree has a `help` itself.
  /// - Parameter environment: looks up a variable, for options that name one; a variable that is empty counts as not set.
  /// - Throws: `UsageError`, nothing else.
  public static func parse(
    _ arguments: [[UInt8]], root: CommandDescription, environment: (String) -> String? = { _ in nil }
  ) throws(UsageError) -> ParsedCommand {
    var parser = Parser(words: arguments, root: root)
    return try parser.parse(environment: environment)
  }

  /// The same for words that are text.
  public static func parse(
    _ arguments: [String], root: CommandDescription, environment: (String) -> String? = { _ in nil }
  ) throws(UsageError) -> ParsedCommand {
    try parse(arguments.map { Array($0.utf8) }, root: root, environment: environment)
  }
}
