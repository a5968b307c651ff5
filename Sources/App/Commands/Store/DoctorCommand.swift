import Arguments
import Composition
import Markup
import ObjectStorage
import Observability
import Primitives

/// `isobar doctor STORE`
enum DoctorCommand: Command {
  static let description = CommandDescription(
    name: "doctor", abstract: "Find out what a store can do and what is missing",
    discussion: """
      Tries on the store itself all that a sync relies on, and says what is missing and what that means. Writes and deletes small objects \
      below .isobar/ and leaves nothing behind.
      """,
    examples: [
      CommandExample("isobar doctor s3://my-bucket", "A bucket at Amazon."),
      CommandExample("isobar doctor s3://my-bucket --endpoint http://127.0.0.1:9000", "One of another service."),
      CommandExample("isobar doctor cloud: --json", "A store of the configuration, for a program."),
    ], options: [SharedOptions.json, SharedOptions.state] + SharedOptions.connection,
    operands: [OperandDescription(name: "STORE", help: "a folder, a URL or STORE:PATH", completion: .storeEnd)],
    exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    try await Session.with(call) { session in
      let choice = try EndChoice(call.arguments.operands[0], environment: call.console.environment)
      let opened = try await session.open(choice)
      var findings: [ServiceFinding]
      if let service = try await opened.examineService() {
        findings = service
      } else {
        findings = try await StoreExamination(opened.store).run()
      }
      findings.append(await Self.losses(opened))
      let isWell = !findings.contains { $0.result == .failed }
      // What cannot even be reached ends the examination at once.
      let status: ExitStatus = isWell ? .done : findings.count <= 2 ? .storeUnreachable : .pathsFailed
      if call.output.isJSON {
        try call.console.printJSON([
          "store": .string(opened.identity.displayName), "kind": .string(opened.identity.kind), "usable": .bool(isWell),
          "checks": .array(findings.map(\.json)), "requests": RunResult.requests(session.requests),
          "exitCode": .integer(Int64(status.code)),
        ])
      } else {
        try show(findings, opened.identity.displayName, call.console)
      }
      return status
    }
  }

  /// What a file has and this store does not keep.
  private static func losses(_ opened: OpenStore) async -> ServiceFinding {
    var lost = ["owners", "access lists", "hard links (each name becomes a file)"]
    if let can = try? await opened.store.capabilities() {
      if can.modifiedPrecision == nil { lost.append("modification times") }
      if !can.mode { lost.append("permissions") }
      if !can.userMetadata { lost.append("media types and user metadata") }
    }
    if opened.folder == nil { lost.append("extended attributes") }
    return ServiceFinding("not carried here", .good, lost.joined(separator: ", "))
  }

  private static func show(_ findings: [ServiceFinding], _ name: String, _ console: Console) throws {
    try console.print(console.outputStyle.paint(name, .bold))
    let width = findings.map { TextWidth.of($0.name) }.max() ?? 0
    for finding in findings {
      let (mark, colour): (String, TerminalStyle.Colour) =
        switch finding.result {
        case .good: ("ok     ", .green)
        case .limited: ("limited", .yellow)
        case .failed: ("FAILED ", .red)
        }
      let space = String(repeating: " ", count: width - TextWidth.of(finding.name))
      try console.print("  \(console.outputStyle.paint(mark, colour))  \(finding.name)\(space)  \(finding.text)")
      if let advice = finding.advice { try console.print("           \(String(repeating: " ", count: width))→ \(advice)") }
    }
    let failed = findings.count { $0.result == .failed }
    let limited = findings.count { $0.result == .limited }
    if failed > 0 {
      try console.print("Isobar cannot work with this store until what failed is put right.")
    } else {
      try console.print(limited > 0 ? "Isobar works with this store, with \(Wording.count(limited, "limit"))." : "All is well.")
    }
  }
}

extension ServiceFinding {
  /// The object.
  fileprivate var json: JSONValue {
    var members: [JSONObject.Member] = [
      .init("name", .string(name)), .init("result", .string(result.rawValue)), .init("finding", .string(text)),
    ]
    if let advice { members.append(.init("advice", .string(advice))) }
    return .object(JSONObject(members))
  }
}
