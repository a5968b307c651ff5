import Age
import Arguments
import Crypto
import Markup
import Primitives

/// `isobar keys generate`
enum KeysGenerateCommand: Command {
  static let description = CommandDescription(
    name: "generate", abstract: "Make a key for encrypted stores",
    discussion: """
      Writes a new identity, the secret half, to a file that only you can read, and shows the public half, which is the recipient. The file \
      is as age-keygen writes it. A file that is there is never replaced. Without the identity nothing that was encrypted for it can be \
      read again: keep a copy where the store is not.
      """,
    examples: [
      CommandExample(
        "isobar keys generate ~/.config/isobar/photos.key", "Then in the configuration: identity: file:~/.config/isobar/photos.key"),
      CommandExample("isobar keys generate - | pass insert -m isobar/photos", "Straight into a password manager."),
    ], options: [SharedOptions.json],
    operands: [OperandDescription(name: "FILE", help: "where to, - for standard output", completion: .path)],
    exitCodes: ExitStatus.descriptions(0, 1, 2))

  static func run(_ call: Call) async throws -> ExitStatus {
    if let why = EncryptionCiphers.whyUnavailable { throw CommandError("unsupported", "encryption \(why)", status: .pathsFailed) }
    let identity = Identity.generate()
    guard let content = KeyFile.encode(identity, created: Timestamp.now().iso8601), let recipient = identity.recipient else {
      preconditionFailure("a new identity has a spelling")
    }
    let path = call.arguments.operands[0].bytes
    var text = content.withBytes { Array($0) }
    defer { text.withUnsafeMutableBytes { Wipe.bytes($0) } }
    if path == [UInt8(ascii: "-")] {
      try call.console.write(text)
      if !call.output.isQuiet { call.console.printError("The public key is \(recipient)") }
      return .done
    }
    try call.create(path, text, advice: "Name another file: a lost key is lost data.")
    if call.output.isJSON {
      let members = PathJSON.members(path, name: "file") + [.init("recipient", .string("\(recipient)"))]
      try call.console.printJSON(.object(JSONObject(members)))
    } else if !call.output.isQuiet {
      try call.console.print("Wrote \(DisplayText.escape(path)). Keep a copy of it in a safe place.")
      try call.console.print("The public key is \(recipient)")
    }
    return .done
  }
}
