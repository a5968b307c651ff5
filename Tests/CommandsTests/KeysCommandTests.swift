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
}
