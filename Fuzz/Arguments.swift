import Arguments

private let tree = CommandDescription(
  name: "tide", abstract: "Keep folders in step",
  options: [
    OptionDescription(long: "config", short: "c", value: .value(name: "FILE", kind: .path), help: "Read this"),
    OptionDescription(long: "verbose", short: "v", help: "Say more", repeatable: true),
    OptionDescription(long: "colour", help: "Use colours", negatable: true),
  ],
  subcommands: [
    CommandDescription(
      name: "sync", abstract: "Make two places equal",
      options: [
        OptionDescription(long: "conflict", value: .value(name: "POLICY", kind: .choice(["newest", "both"])), help: "Which"),
        OptionDescription(long: "limit", short: "l", value: .value(name: "RATE", kind: .bytes), help: "Bytes per second"),
        OptionDescription(long: "jobs", short: "j", value: .value(name: "N", kind: .int), help: "At once"),
        OptionDescription(long: "stall", value: .value(name: "TIME", kind: .duration), help: "Give up"),
      ],
      operands: [
        OperandDescription(name: "LEFT", help: "one"), OperandDescription(name: "RIGHT", help: "others", arity: .atLeast(1)),
      ])
  ])

/// Words on a command line, one a line of the input: a call or an error, and an error that cannot drive a terminal.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  let words = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
  do {
    _ = try CommandLine.parse(words, root: tree, environment: { _ in nil })
  } catch {
    precondition(!"\(error)".utf8.contains { ($0 < 0x20 && $0 != 0x0A) || $0 == 0x7F }, "a message with control characters")
  }
  return 0
}
