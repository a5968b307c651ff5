import Arguments
import Composition
import Markup
import ObjectStorage
import Primitives

/// `isobar keys rotate`
enum KeysRotateCommand: Command {
  static let description = CommandDescription(
    name: "rotate", abstract: "Encrypt what is in a store for other recipients",
    discussion: """
      Gives every object of an encrypted store, its trash included, a new header for the recipients that the configuration names now. \
      Contents stay as they are and are not decrypted; they pass through this machine, or stay in the service where it copies parts \
      by itself. What is up to date is left alone, so that a run that was interrupted goes on.

      The configuration's identities must be the old and the new one together until this has ended, and its recipients those who are to read \
      the store from now on. Whoever had the old one can still \
      read what they have copied before, and the keys of single files that they kept: where a key was stolen, make a new store.

      A store that a passphrase opens has nothing to rotate: see `isobar keys passphrase`.

      Every object gets a new version: the next sync looks at each, and sends none whose hash is known.
      """,
    examples: [CommandExample("isobar keys rotate photos:", "After the store's recipients were changed.")],
    options: [SharedOptions.json, SharedOptions.state] + SharedOptions.connection,
    operands: [OperandDescription(name: "STORE", help: "an encrypted store of the configuration: NAME:", completion: .storeEnd)],
    exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    try await Session.with(call) { session in
      let choice = try EndChoice(call.arguments.operands[0], environment: call.console.environment)
      let opened = try await session.open(choice)
      guard let rotation = opened.keyRotation(width: session.runtime.limits.workers) else {
        throw CommandError.usage(
          "\(opened.identity.displayName) is not an encrypted store", advice: "`isobar keys list` shows those of the configuration."
        )
      }
      if rotation.hasPassphrase {
        throw CommandError.usage(
          "\(opened.identity.displayName) is opened by a passphrase, and its objects are encrypted for a key under it: there is nothing to rotate",
          advice: "`isobar keys passphrase` changes the passphrase.")
      }
      if rotation.impliesRecipients, rotation.recipients.count > 1 {
        throw CommandError.usage(
          "the store's settings name \(rotation.recipients.count) identities and no recipients, so that it would be encrypted for all of "
            + "them, an old one too",
          advice: "Name those who are to read it from now on: recipients: [\(rotation.recipients[0]), …]")
      }
      if !call.output.isJSON, !call.output.isQuiet {
        for recipient in rotation.recipients { call.console.note("Encrypting for \(recipient)") }
      }
      let report = try await rotation.run { key, outcome in
        guard call.output.verbosity > 0, !call.output.isJSON, outcome == .done else { return }
        call.console.note("\(key)")
      }
      if call.output.isJSON {
        try call.console.printJSON([
          "store": .string(opened.identity.displayName), "recipients": .array(rotation.recipients.map { .string($0) }),
          "rotated": .integer(Int64(report.rotated)),
          "current": .integer(Int64(report.current)),
          "failures": .array(
            report.failures.map { failure in
              .object(
                JSONObject(
                  (failure.key.map { PathJSON.members($0.bytes) } ?? []) + [.init("message", .string("\(failure.error)"))]))
            }), "requests": RunResult.requests(session.requests),
        ])
      } else {
        for failure in report.failures { call.console.printError((failure.key.map { "\($0): " } ?? "") + "\(failure.error)") }
        if !call.output.isQuiet {
          let done = Wording.count(report.rotated, "object")
          call.console.note("\(done) encrypted for other recipients, \(report.current) already were.")
        }
      }
      return report.failures.isEmpty ? .done : .pathsFailed
    }
  }
}
