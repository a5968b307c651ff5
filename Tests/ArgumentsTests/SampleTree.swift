import Arguments

/// A small program with one of everything.
let sampleTree = CommandDescription(
  name: "tide", abstract: "Keep folders in step",
  discussion: "Tide compares two places and makes them equal.\n\nNothing is deleted without a trace.",
  options: [
    OptionDescription(
      long: "config", short: "c", value: .value(name: "FILE", kind: .path), help: "Read this configuration",
      environment: "TIDE_CONFIG"),
    OptionDescription(long: "verbose", short: "v", help: "Say more; twice for everything", repeatable: true),
    OptionDescription(
      long: "colour", help: "Use colours", defaultText: "on a terminal", negatable: true, environment: "TIDE_COLOUR"),
    OptionDescription(long: "debug-internals", help: "Show what only developers want to see", hidden: true),
  ],
  exitCodes: [ExitCodeDescription(0, "done"), ExitCodeDescription(2, "the command line or the configuration is wrong")],
  subcommands: [
    CommandDescription(
      name: "sync", abstract: "Make two places equal",
      examples: [
        CommandExample("tide sync ~/docs s3://bucket/docs", "Both ways; of conflicts both sides are kept."),
        CommandExample("tide sync --dry-run 'My docs' cloud:", "Show what would be done."),
      ],
      options: [
        OptionDescription(long: "dry-run", short: "n", help: "Show what would be done and do nothing"),
        OptionDescription(
          long: "conflict", value: .value(name: "POLICY", kind: .choice(["newest", "largest", "keep-both"])),
          help: "What to do with a file that was changed on both sides since they were last equal", defaultText: "keep-both"),
        OptionDescription(long: "limit", short: "l", value: .value(name: "RATE", kind: .bytes), help: "Bytes per second"),
        OptionDescription(
          long: "jobs", short: "j", value: .value(name: "N", kind: .int), help: "Transfers at once", defaultText: "8"),
        OptionDescription(long: "stall", value: .value(name: "TIME", kind: .duration), help: "Give up on a silent server"),
        OptionDescription(
          long: "exclude", short: "x", value: .value(name: "PATTERN", kind: .string), help: "Leave these out", repeatable: true),
      ],
      operands: [
        OperandDescription(name: "LEFT", help: "one place", completion: .storeEnd),
        OperandDescription(name: "RIGHT", help: "the others", arity: .atLeast(1), completion: .storeEnd),
      ],
      exitCodes: [
        ExitCodeDescription(0, "done"), ExitCodeDescription(1, "some files failed"), ExitCodeDescription(3, "conflicts wait"),
      ]),
    CommandDescription(
      name: "conflicts", abstract: "Show and settle conflicts",
      subcommands: [
        CommandDescription(name: "list", abstract: "List what waits"),
        CommandDescription(
          name: "resolve", abstract: "Settle one",
          operands: [
            OperandDescription(name: "SIDE", help: "which side wins", completion: .choice(["left", "right"])),
            OperandDescription(name: "PATH", help: "the files", arity: .many, completion: .path),
          ]),
      ]),
    CommandDescription(
      name: "get", abstract: "Fetch one file",
      operands: [
        OperandDescription(name: "SOURCE", help: "the file", completion: .storeEnd),
        OperandDescription(name: "TARGET", help: "where to", arity: .optional, completion: .path),
      ]),
    CommandDescription(name: "selftest", abstract: "Test the program", hidden: true),
  ])
