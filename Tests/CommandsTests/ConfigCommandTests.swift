import Markup
import Testing

/// `config check`, `show` and `init`.
struct ConfigCommandTests {
  let folder = Folder()

  @Test func `what init writes is sound, and is never replaced`() async throws {
    let path = folder.file("new/isobar.yaml")
    #expect(await isobar("config", "init", path).code == 0)
    #expect(await isobar("config", "check", "--config", path).code == 0)
    let printed = await isobar("config", "init", "-")
    #expect(printed.output == folder.read("new/isobar.yaml"))
    folder.write("mine", to: "new/isobar.yaml")
    #expect(await isobar("config", "init", path).code == 2)
    #expect(folder.read("new/isobar.yaml") == "mine")
    let home = await isobar("config", "init", environment: ["HOME": folder.path])
    #expect(home.code == 0 && folder.exists(".config/isobar/config.yaml"))
  }

  @Test func `all that is wrong is told at once, with its place`() async throws {
    folder.write("store: {}\nlimits: {max_workers: many}\n", to: "bad.yaml")
    let outcome = await isobar("config", "check", "--config", folder.file("bad.yaml"))
    #expect(outcome.code == 2)
    #expect(outcome.errors.contains("bad.yaml:1:1") && outcome.errors.contains("bad.yaml:2:"))
    let json = await isobar("config", "check", "--json", "--config", folder.file("bad.yaml"))
    #expect(json.code == 2)
    let problems = try #require(try json.json()["problems"]?.arrayValue)
    #expect(problems.count == 2 && problems[0]["line"]?.integerValue == 1 && problems[0]["key"]?.stringValue == "store")
  }

  @Test func `flags lie over the file, and secrets are not shown`() async throws {
    folder.write("stores: {cloud: {type: s3, bucket: b, access_key_id: AK, secret_access_key: hush}}\n", to: "isobar.yaml")
    let outcome = await isobar("config", "show", "--config", folder.file("isobar.yaml"), "--log-level", "debug")
    #expect(outcome.code == 0)
    #expect(outcome.output.contains("level: debug") && !outcome.output.contains("hush"))
    let json = try await isobar("config", "show", "--json", "--config", folder.file("isobar.yaml")).json()
    #expect(json["stores"]?["cloud"]?["bucket"]?.stringValue == "b")
  }
}
