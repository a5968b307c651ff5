import Arguments
import Composition
import Configuration
import Crypto
import Markup
import ObjectStorage
import Primitives

/// `isobar keys passphrase`
enum KeysPassphraseCommand: Command {
  static let description = CommandDescription(
    name: "passphrase", abstract: "Change the passphrase of an encrypted store",
    discussion: """
      The objects stay as they are: they are encrypted for a key that lies in the store, and only that key is encrypted anew. Until this has \
      ended the configuration must give the old passphrase, afterwards the new one.

      Whoever knew the old passphrase and kept a copy of .isobar/encryption can still open it: where a passphrase was stolen, make a \
      new store.
      """,
    examples: [
      CommandExample("isobar keys passphrase photos: prompt:", "The new one is typed in, twice."),
      CommandExample("isobar keys passphrase photos: 'command:pass isobar/photos'", "From a password manager."),
    ], options: [SharedOptions.json, SharedOptions.state] + SharedOptions.connection,
    operands: [
      OperandDescription(
        name: "STORE", help: "a store of the configuration that a passphrase opens: NAME:", completion: .storeEnd),
      OperandDescription(
        name: "NEW", help: "where the new passphrase comes from: file:PATH, command:LINE, or prompt: for the terminal",
        completion: .none),
    ], exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    guard let source = SecretReference(commandLine: call.arguments.operands[1].text, name: "NEW") else {
      throw CommandError.usage(
        "a passphrase never stands on a command line, where others can see it",
        advice: "Say where it is: file:PATH, command:LINE or prompt:")
    }
    return try await Session.with(call) { session in
      let choice = try EndChoice(call.arguments.operands[0], environment: call.console.environment)
      let opened = try await session.open(choice)
      guard let rotation = opened.keyRotation(width: 1), rotation.hasPassphrase else {
        throw CommandError.usage(
          "\(opened.identity.displayName) is not opened by a passphrase",
          advice: "`isobar keys list` shows what opens the stores of the configuration.")
      }
      let new = try await session.offLoop { try ask(source) }
      try await rotation.changePassphrase(to: new)
      if call.output.isJSON {
        try call.console.printJSON(["store": .string(opened.identity.displayName), "changed": .bool(true)])
      } else if !call.output.isQuiet {
        call.console.note("The passphrase was changed: let the configuration give the new one.")
      }
      return .done
    }
  }

  private static func ask(_ source: SecretReference) throws -> SecretBytes {
    let new = try source.resolve()
    if source.isTyped, try source.resolve(again: true) != new {
      throw CommandError.usage("the two passphrases differ: nothing was changed")
    }
    var bytes = Array(new.reveal().utf8)
    return SecretBytes(taking: &bytes)
  }
}
