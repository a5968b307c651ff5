import Commands
import Concurrency
import Emulators
import HTTPServer
import Markup
import Testing

/// `versions`, and `get --version-id`, on an emulated Dropbox.
struct VersionsCommandTests {
  private let folder = Folder()

  private func run(_ words: [String], _ variables: [String: String] = [:]) async -> Outcome {
    let environment = ["HOME": folder.path, "XDG_STATE_HOME": folder.file("state")].merging(variables) { $1 }
    return await isobar(words: words.map { Array($0.utf8) }, environment: environment)
  }

  @Test func `a file that was replaced and deleted comes back as it once was`() async throws {
    let loop = EventLoop(name: "emulator")
    let emulator = try DropboxEmulator.open(EmulatorOptions())
    let listener = HTTPListener(loop: loop, handler: emulator)
    let place = "dropbox://docs/a.txt?endpoint=http://127.0.0.1:\(try listener.start())&create_bucket=true"
    let token = ["DROPBOX_ACCESS_TOKEN": DropboxRules().developerToken]
    for text in ["one", "second", "3"] {
      folder.write(text, to: "a.txt")
      #expect(await run(["put", folder.file("a.txt"), place], token).code == 0)
    }
    #expect(await run(["rm", place], token).code == 0)
    let shown = await run(["versions", place, "--json"], token)
    let versions = try #require(try JSONValue.parse(Array(shown.output.utf8))["versions"]?.arrayValue)
    #expect(versions.map { $0["deleted"]?.boolValue } == [true, false, false, false])
    #expect(versions.dropFirst().map { $0["size"]?.integerValue } == [1, 6, 3])
    #expect(await run(["versions", place], token).output.split(separator: "\n").count == 4)
    let id = try #require(versions[2]["id"]?.stringValue)
    #expect(await run(["get", "--version-id", id, place, folder.file("old.txt")], token).code == 0)
    #expect(folder.read("old.txt") == "second")
    #expect(await run(["get", "--version-id", id, place, place], token).code == 0)
    #expect(await run(["cat", place], token).output == "second")
    let wrong = await run(["get", "--version-id", "0123456789abc", place, folder.file("x")], token)
    #expect(wrong.code == 1 && !folder.exists("x"), "\(wrong.errors)")
    #expect(await run(["get", "--version-id", id, place, "-"], token).code == 2)
    #expect(
      await run(["versions", "dropbox://docs/b.txt?endpoint=" + place.split(separator: "=")[1].split(separator: "&")[0]], token)
        .code == 1)
    await listener.close()
    await emulator.close()
    loop.shutdown()
  }

  @Test func `a folder keeps no versions, and says where to look`() async throws {
    folder.write("x", to: "x.txt")
    let ended = await run(["versions", folder.file("x.txt")])
    #expect(ended.code != 0 && ended.errors.contains("isobar trash"), "\(ended.errors)")
  }
}
