import Markup
import Testing

/// `keys`: making, showing and changing the keys of encrypted stores.
struct KeysCommandTests {
  let folder = Folder()

  private func key(_ name: String) async throws -> String {
    let made = await isobar("keys", "generate", folder.file(name), "--json")
    return try #require(try made.json()["recipient"]?.stringValue)
  }

  private func configuration(_ name: String, identity: String, recipient: String? = nil) {
    let recipients = recipient.map { ", recipients: [\($0)]" } ?? ""
    folder.write(
      """
      stores:
        disk: {type: local, path: vault, create: true}
        vault: {type: encrypt, over: disk, identity: "file:\(identity)"\(recipients)}
      """, to: name)
  }

  @Test func `a new key is for its owner only, is never replaced, and is never shown`() async throws {
    let recipient = try await key("a.key")
    #expect(recipient.hasPrefix("age1"))
    let content = try #require(folder.read("a.key"))
    #expect(content.contains("AGE-SECRET-KEY-1") && content.contains(recipient))
    let again = await isobar("keys", "generate", folder.file("a.key"))
    #expect(again.code == 2 && folder.read("a.key") == content)
    let shown = await isobar("keys", "recipients", folder.file("a.key"))
    #expect(shown.code == 0 && shown.output == "\(recipient)\n")
    let printed = await isobar("keys", "generate", "-")
    #expect(printed.output.contains("AGE-SECRET-KEY-1") && !printed.errors.contains("SECRET"))
    folder.write("AGE-SECRET-KEY-1NONSENSE\n", to: "bad.key")
    let bad = await isobar("keys", "recipients", folder.file("bad.key"))
    #expect(bad.code == 2 && bad.errors.contains("line 1") && !bad.errors.contains("NONSENSE"))
  }

  @Test func `a store is filled, read, rotated, and refused to a wrong key`() async throws {
    let (old, new) = (try await key("old.key"), try await key("new.key"))
    configuration("old.yaml", identity: "old.key")
    let listed = try await isobar("keys", "list", "--json", "--config", folder.file("old.yaml")).json()
    #expect(listed["stores"]?.arrayValue?.first?["recipients"]?.arrayValue?.first?.stringValue == old)
    folder.write("some text\n", to: "plain.txt")
    let put = await isobar("put", folder.file("plain.txt"), "vault:a/b.txt", "--config", folder.file("old.yaml"))
    #expect(put.code == 0, "\(put.errors)")
    #expect(folder.read("vault/a/b.txt")?.contains("some text") == false)
    #expect(await isobar("cat", "vault:a/b.txt", "--config", folder.file("old.yaml")).output == "some text\n")

    configuration("new.yaml", identity: "new.key")
    let refused = await isobar("cat", "vault:a/b.txt", "--config", folder.file("new.yaml"))
    #expect(refused.code != 0 && refused.output.isEmpty && refused.errors.contains("identity"))

    folder.write((folder.read("old.key") ?? "") + (folder.read("new.key") ?? ""), to: "both.key")
    configuration("both.yaml", identity: "both.key", recipient: new)
    let rotated = try await isobar("keys", "rotate", "vault:", "--json", "--config", folder.file("both.yaml")).json()
    #expect(rotated["rotated"]?.integerValue == 1 && rotated["failures"]?.arrayValue?.isEmpty == true)
    #expect(await isobar("cat", "vault:a/b.txt", "--config", folder.file("new.yaml")).output == "some text\n")
    #expect(await isobar("cat", "vault:a/b.txt", "--config", folder.file("old.yaml")).code != 0)
    #expect(await isobar("keys", "rotate", folder.path, "--config", folder.file("both.yaml")).code == 2)
  }

  @Test func `a rotation says for whom, and asks for recipients where all identities would be taken`() async throws {
    let (old, new) = (try await key("old.key"), try await key("new.key"))
    folder.write("some text\n", to: "plain.txt")
    configuration("old.yaml", identity: "old.key")
    #expect(await isobar("put", folder.file("plain.txt"), "vault:a", "--config", folder.file("old.yaml")).code == 0)
    folder.write((folder.read("old.key") ?? "") + (folder.read("new.key") ?? ""), to: "both.key")
    configuration("implied.yaml", identity: "both.key")
    let refused = await isobar("keys", "rotate", "vault:", "--config", folder.file("implied.yaml"))
    #expect(refused.code == 2 && refused.errors.contains("recipients"), "\(refused.errors)")
    #expect(await isobar("cat", "vault:a", "--config", folder.file("old.yaml")).output == "some text\n")
    configuration("new.yaml", identity: "both.key", recipient: new)
    let rotated = await isobar("keys", "rotate", "vault:", "--config", folder.file("new.yaml"))
    #expect(rotated.code == 0 && rotated.output.contains(new) && !rotated.output.contains(old), "\(rotated.output)")
  }

  @Test func `a passphrase is changed, and the old one opens nothing more`() async throws {
    for (name, text) in [("old", "correct horse"), ("new", "battery staple")] {
      folder.write("\(text)\n", to: "\(name).pass")
      folder.write(
        """
        stores:
          disk: {type: local, path: vault, create: true}
          vault: {type: encrypt, over: disk, passphrase: "file:\(name).pass"}
        """, to: "\(name).yaml")
    }
    folder.write("some text\n", to: "plain.txt")
    let (old, new) = (folder.file("old.yaml"), folder.file("new.yaml"))
    #expect(await isobar("put", folder.file("plain.txt"), "vault:a", "--config", old).code == 0)
    let object = folder.read("vault/a")
    let rotated = await isobar("keys", "rotate", "vault:", "--config", old)
    #expect(rotated.code == 2 && rotated.errors.contains("isobar keys passphrase"), "\(rotated.errors)")
    let shown = await isobar("keys", "passphrase", "vault:", "battery staple", "--config", old)
    #expect(shown.code == 2 && !shown.errors.contains("battery"), "\(shown.errors)")
    let changed = await isobar("keys", "passphrase", "vault:", "file:\(folder.file("new.pass"))", "--config", old)
    #expect(changed.code == 0, "\(changed.errors)")
    #expect(await isobar("cat", "vault:a", "--config", new).output == "some text\n")
    #expect(folder.read("vault/a") == object)
    let refused = await isobar("cat", "vault:a", "--config", old)
    #expect(refused.code == 5 && refused.errors.contains("passphrase is wrong"), "\(refused.errors)")
  }

  @Test func `a secret key among the recipients is not shown`() async throws {
    _ = try await key("a.key")
    let lines = folder.read("a.key")?.split(separator: "\n").map(String.init) ?? []
    let secret = try #require(lines.last { $0.hasPrefix("AGE-SECRET-KEY-1") })
    for text in [secret.lowercased(), " " + secret, "x" + secret, secret + "x"] {
      configuration("bad.yaml", identity: "a.key", recipient: "\"\(text)\"")
      let refused = await isobar("keys", "list", "--config", folder.file("bad.yaml"))
      #expect(
        refused.code == 2 && !refused.errors.lowercased().contains(secret.lowercased().dropFirst(16).prefix(20)),
        "\(refused.errors)")
      #expect(refused.errors.contains("secret key"), "\(refused.errors)")
    }
  }
}
