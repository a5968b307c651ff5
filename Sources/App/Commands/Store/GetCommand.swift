import Arguments
import Composition
import Configuration
import Markup
import ObjectStorage
import Transfer

/// `isobar get SOURCE [TARGET]`
enum GetCommand: Command {
  static let description = CommandDescription(
    name: "get", abstract: "Fetch one file",
    discussion: "The target is replaced whole or not at all. For folders there is `isobar download`.",
    examples: [
      CommandExample("isobar get s3://my-bucket/reports/may.pdf", "Into this folder, under its name."),
      CommandExample("isobar get cloud:reports/may.pdf /tmp/report.pdf", "Under another name."),
      CommandExample(
        "isobar get --version-id 3HL4kqt s3://my-bucket/may.pdf s3://my-bucket/may.pdf", "Bring back a state that the service kept."
      ),
    ],
    options: [
      OptionDescription(
        long: "version-id", value: .value(name: "ID", kind: .string),
        help: "A state that the service keeps, by its name in `isobar versions`; not a deletion"),
      SingleFile.noClobber, SharedOptions.json, SharedOptions.state,
    ] + SharedOptions.connection,
    operands: [
      OperandDescription(name: "SOURCE", help: "a file: a URL or STORE:PATH", completion: .storeEnd),
      OperandDescription(
        name: "TARGET", help: "a file or folder; by default this folder, - for standard output", arity: .optional,
        completion: .storeEnd),
    ], exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    try await Session.with(call) { session in
      let source = try await session.locate(call.arguments.operands[0])
      let target = call.arguments.operand("TARGET") ?? Argument(Array("./".utf8))
      if let id = call.arguments.string("version-id") {
        guard target.bytes != [UInt8(ascii: "-")] else { throw CommandError.usage("--version-id needs a file to write to, not -") }
        try await SingleFile.copy(source, version: id, to: try await session.locate(target), session)
        return .done
      }
      if target.bytes == [UInt8(ascii: "-")] {
        try await CatCommand.write(source.store, try source.key(), ReadOptions(), to: call.console)
        return .done
      }
      try await SingleFile.copy(source, to: try await session.locate(target), session)
      return .done
    }
  }
}

/// What `get` and `put` share.
enum SingleFile {
  /// Leave what is there.
  static let noClobber = OptionDescription(long: "no-clobber", short: "n", help: "Fail rather than replace a file")

  /// Copies one file; into a folder under its own name.
  static func copy(_ source: Location, to target: Location, _ session: Session) async throws {
    let from = try source.key()
    let to = try place(of: from, target)
    let receipt = try await ObjectCopy(
      from: source.store, from, to: target.store, to, condition: condition(session.call),
      storageClass: try storageClass(session.call)
    ).run()
    try report(source.name, target, to, receipt, session)
  }

  /// Copies a state of a file that its service keeps.
  static func copy(_ source: Location, version id: String, to target: Location, _ session: Session) async throws {
    let from = try source.key()
    let to = try place(of: from, target)
    let object = try await source.opened.payload(for: from, versionID: id)
    let receipt = try await ObjectCopy(
      of: object, to: target.store, to, condition: condition(session.call), storageClass: try storageClass(session.call)
    ).run()
    try report(source.name, target, to, receipt, session)
  }

  private static func place(of source: ObjectKey, _ target: Location) throws -> ObjectKey {
    target.isFolder ? try target.file(named: source.name) : try target.key()
  }

  /// When what is there may be replaced.
  static func condition(_ call: Call) -> WriteCondition { call.arguments.flag("no-clobber") ? .ifAbsent : .always }

  /// What `--storage-class` says.
  static func storageClass(_ call: Call) throws -> StorageClass? {
    guard SettingsFlags.has("storage-class", call.arguments), let text = call.arguments.string("storage-class") else { return nil }
    guard let storageClass = StorageClass(text) else {
      throw CommandError.usage("--storage-class takes a name such as STANDARD_IA")
    }
    return storageClass
  }

  /// Tells what was copied.
  static func report(
    _ source: String, _ target: Location, _ key: ObjectKey, _ receipt: WriteReceipt, _ session: Session
  ) throws {
    let call = session.call
    if call.output.isJSON {
      var members: [JSONObject.Member] = [
        .init("source", .string(source)), .init("store", .string(target.opened.identity.displayName)),
      ]
      members += PathJSON.members(key.bytes)
      members += [
        .init("transferred", 1), .init("bytes", .integer(receipt.size)),
        .init("requests", RunResult.requests(session.requests)), .init("seconds", .number(RunResult.seconds(session.elapsed))),
      ]
      try call.console.printJSON(.object(JSONObject(members)))
    } else if !call.output.isQuiet {
      call.console.note("\(source) → \(key) (\(Wording.bytes(receipt.size)))")
    }
  }
}
