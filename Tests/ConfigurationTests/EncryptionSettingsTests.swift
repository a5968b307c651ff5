import Configuration
import Primitives
import Testing

struct EncryptionSettingsTests {
  private let disk = "stores:\n  disk: {type: local, path: /d}\n"

  @Test func `an encrypted store has its keys, and shows none`() throws {
    let settings = try configuration(
      disk + "  vault: {type: encrypt, over: \"disk:deep\", identity: \"${KEY}\", recipients: [age1x, age1y], names: encrypted}\n",
      ["KEY": "AGE-SECRET-KEY-1XYZ"])
    let vault = try #require(settings.store(named: "vault"))
    #expect(vault.type == .encrypt && vault.values.list("recipients") == ["age1x", "age1y"])
    #expect(try vault.values.secret("identity")?.resolve().reveal() == "AGE-SECRET-KEY-1XYZ")
    #expect(vault.values.text("names") == "encrypted")
    #expect(!"\(settings.redacted)".contains("XYZ") && !"\(vault)".contains("XYZ"))
  }

  @Test(arguments: [
    ("{type: encrypt, over: disk}", "identity"), ("{type: encrypt, identity: x}", "over"),
    ("{type: encrypt, over: disk, passphrase: x, identity: y}", "passphrase"),
    ("{type: encrypt, over: disk, passphrase: x, recipients: [y]}", "passphrase"),
    ("{type: encrypt, over: disk, identity: x, names: secret}", "plain, encrypted"),
    ("{type: encrypt, over: vault, identity: x}", "itself"),
    ("{type: encrypt, over: {type: compress, over: disk}, identity: x}", "smaller"),
    ("{type: encrypt, over: {type: encrypt, over: disk, identity: x}, identity: x}", "already"),
  ])
  func `what cannot be is told`(store: String, part: String) {
    let found = problems(disk + "  vault: \(store)\n")
    #expect(found.contains { "\($0)".contains(part) }, "\(found)")
  }

  @Test func `what is encrypted can be compressed before`() throws {
    let settings = try configuration(
      disk + "  small: {type: compress, over: {type: encrypt, over: disk, passphrase: x}}\n")
    #expect(settings.store(named: "small")?.type == .compress)
  }
}
