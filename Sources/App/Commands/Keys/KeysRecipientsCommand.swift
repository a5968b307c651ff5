import Age
import Arguments
import Crypto
import Files
import Markup
import Primitives

/// `isobar keys recipients`
enum KeysRecipientsCommand: Command {
  static let description = CommandDescription(
    name: "recipients", abstract: "Show the public halves of identities",
    examples: [CommandExample("isobar keys recipients ~/.config/isobar/photos.key", "What others need to encrypt for you.")],
    options: [SharedOptions.json],
    operands: [
      OperandDescription(
        name: "FILE", help: "files of identities, of age or OpenSSH (ed25519, without a passphrase)", arity: .atLeast(1),
        completion: .path)
    ], exitCodes: ExitStatus.descriptions(0, 1, 2))

  static func run(_ call: Call) async throws -> ExitStatus {
    var recipients: [Recipient] = []
    for operand in call.arguments.operands {
      guard var bytes = SmallFile.read(operand.bytes, limit: KeyFile.maximumLength) else {
        throw CommandError.usage("\(DisplayText.escape(operand.bytes)) cannot be read")
      }
      do { recipients += try KeyFile.identities(SecretBytes(taking: &bytes)).compactMap(\.recipient) } catch let error as AgeError {
        throw CommandError.usage("\(DisplayText.escape(operand.bytes)): \(error.message)")
      }
    }
    if call.output.isJSON {
      try call.console.printJSON(["recipients": .array(recipients.map { .string("\($0)") })])
    } else {
      for recipient in recipients { try call.console.print("\(recipient)") }
    }
    return .done
  }
}
