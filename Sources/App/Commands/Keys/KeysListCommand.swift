import Arguments
import Composition
import Configuration
import Markup
import Primitives

/// `isobar keys list`
enum KeysListCommand: Command {
  static let description = CommandDescription(
    name: "list", abstract: "Show for whom the encrypted stores of the configuration are encrypted",
    discussion: "Reads the identities that the configuration names, so that a wrong one shows here. Sends no request.",
    examples: [CommandExample("isobar keys list", "Every encrypted store.")], options: [SharedOptions.json],
    exitCodes: ExitStatus.descriptions(0, 1, 2))

  static func run(_ call: Call) async throws -> ExitStatus {
    try await Session.with(call) { session in
      let places = PlaceResolver(settings: session.settings, connection: session.connection)
      var table = TextTable(.left, .left, .left)
      var objects: [JSONValue] = []
      for store in session.settings.stores where store.type == .encrypt {
        let encryption = try await session.offLoop { try places.encryptionSummary(of: store) }
        let (recipients, names) = (encryption.recipients, encryption.hidesNames ? "encrypted" : "plain")
        objects.append([
          "store": .string(store.name), "names": .string(names), "passphrase": .bool(recipients.isEmpty),
          "recipients": .array(recipients.map { .string($0) }),
        ])
        for (index, text) in (recipients.isEmpty ? ["a passphrase"] : recipients).enumerated() {
          table.add(index == 0 ? store.name : "", index == 0 ? "names \(names)" : "", text)
        }
      }
      if call.output.isJSON {
        try call.console.printJSON(["stores": .array(objects)])
      } else if objects.isEmpty {
        call.console.note("There is no encrypted store in the configuration.")
      } else {
        for line in table.lines { try call.console.print(line) }
      }
      return .done
    }
  }
}
