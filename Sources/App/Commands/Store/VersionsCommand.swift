import Arguments
import Composition
import Markup
import ObjectStorage
import Primitives

/// `isobar versions LOCATION`
enum VersionsCommand: Command {
  static let description = CommandDescription(
    name: "versions", abstract: "List the states of a file that its service keeps",
    discussion: """
      S3, Google Cloud Storage and Azure keep what is replaced and deleted where versioning is switched on, Azure keeps snapshots beside \
      that, and Dropbox keeps revisions for 30 days or longer. The newest state comes first; `isobar get --version-id` fetches any that is not a deletion, also back \
      into its own place. What only soft delete holds is not looked at.
      """,
    examples: [
      CommandExample("isobar versions s3://my-bucket/report.odt", "Since when there is which state, and its name."),
      CommandExample("isobar get --version-id 3HL4kqt s3://my-bucket/report.odt old.odt", "Fetch one of them."),
    ],
    options: [
      OptionDescription(
        long: "limit", value: .value(name: "NUMBER", kind: .int), help: "At most so many, the newest", defaultText: "100"),
      SharedOptions.json, SharedOptions.state,
    ] + SharedOptions.connection,
    operands: [OperandDescription(name: "LOCATION", help: "a file: a URL or STORE:PATH", completion: .storeEnd)],
    exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    let limit = call.arguments.int("limit") ?? 100
    guard (1...1_000_000).contains(limit) else { throw CommandError.usage("--limit takes a number from 1 to 1000000") }
    return try await Session.with(call) { session in
      let location = try await session.locate(call.arguments.operands[0])
      let versions = try await location.opened.versions(of: try location.key(), limit: limit)
      if call.output.isJSON {
        let members = PathJSON.members(try location.key().bytes) + [.init("versions", .array(versions.map(json)))]
        try call.console.printJSON(.object(JSONObject(members)))
      } else if versions.isEmpty {
        call.console.note("No version of this name is kept there. What only soft delete holds is not looked at.")
      } else {
        var table = TextTable(.left, .right, .left, .left)
        for version in versions { add(version, to: &table) }
        for line in table.lines { try call.console.print(line) }
        if versions.count >= limit, !call.output.isQuiet { call.console.note("There may be more: raise --limit.") }
      }
      return versions.isEmpty ? .pathsFailed : .done
    }
  }

  private static func add(_ version: StoredVersion, to table: inout TextTable) {
    let note = version.isDeletion ? "deleted" : version.isCurrent ? "current" : ""
    table.add(
      version.stored?.iso8601 ?? "-", version.isDeletion ? "-" : Wording.bytes(version.size),
      version.id.isEmpty ? "-" : DisplayText.escape(version.id), note)
  }

  private static func json(_ version: StoredVersion) -> JSONValue {
    var members: [JSONObject.Member] = [.init("id", version.id.isEmpty ? .null : .string(version.id))]
    if !version.isDeletion { members.append(.init("size", .integer(version.size))) }
    if let stored = version.stored { members.append(.init("stored", .string(stored.iso8601))) }
    return .object(
      JSONObject(members + [.init("current", .bool(version.isCurrent)), .init("deleted", .bool(version.isDeletion))]))
  }
}
