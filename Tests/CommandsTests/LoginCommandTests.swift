import Commands
import Concurrency
import Emulators
import Glibc
import HTTPClient
import HTTPMessages
import HTTPServer
import Markup
import Testing

/// `login`: letting the program use an account.
struct LoginCommandTests {
  let folder = Folder()

  /// An emulated Dropbox on a port of this machine.
  private struct Server {
    let loop = EventLoop(name: "emulator")
    let listener: HTTPListener
    let emulator: DropboxEmulator
    let address: String

    init() throws {
      emulator = try DropboxEmulator.open(EmulatorOptions())
      listener = HTTPListener(loop: loop, handler: emulator)
      address = "http://127.0.0.1:\(try listener.start())"
    }

    /// Says yes on the page, and copies the code.
    func code(_ page: String) async throws -> String {
      let response = try await InProcessTransport(emulator).send(
        HTTPRequest(method: .get, url: page), into: .memory(limit: 1 << 16))
      let text = String(decoding: response.body, as: UTF8.self)
      return String(try #require(text.split(separator: "<code id=\"code\">").last?.split(separator: "<").first))
    }

    func close() async {
      await listener.close()
      await emulator.close()
      loop.shutdown()
    }
  }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test func `a login is kept for its owner only, under its name, and replaces an older one`() async throws {
    let server = try Server()
    let environment = ["XDG_CONFIG_HOME": folder.path]
    // The code is only known once the page was shown: a pipe holds the program until then.
    for round in 0..<3 {
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      let (input, output) = (ends[0], ends[1])
      defer { close(input) }
      let shown = Shown()
      let words =
        ["login", "dropbox", "--app-key", "isobarkey", "--endpoint", server.address, "--code", "-", "--json"]
        + (round < 2 ? [] : ["--name", "work"])
      async let outcome = shown.isobar(words, environment: environment, input: input)
      let page = try await shown.page()
      #expect(page.contains("code_challenge_method=S256") && page.contains("token_access_type=offline"))
      let code = Array((try await server.code(page) + "\n").utf8)
      #expect(write(output, code, code.count) == code.count)
      close(output)
      let ended = await outcome
      #expect(ended.code == 0, "\(ended.errors)")
      let answer = try ended.json()
      let path = folder.file("isobar/logins/\(round < 2 ? "dropbox" : "work").json")
      #expect(answer["file"]?.stringValue == path)
      #expect(answer["account"]?.stringValue?.hasPrefix("dbid:") == true)
      #expect(answer["missingScopes"]?.arrayValue == [])
      let kept = try JSONValue.parse(try #require(Disk.read(path)))
      let token = try #require(kept["refresh_token"]?.stringValue)
      #expect(kept["app_key"]?.stringValue == "isobarkey" && kept["app_secret"] == nil)
      #expect(mode(path) == 0o600)
      #expect(!ended.output.contains(token) && !ended.errors.contains(token), "round \(round)")
    }
    await server.close()
  }

  @Test func `a wrong code leaves nothing behind`() async throws {
    let server = try Server()
    folder.write("no such code\n", to: "code")
    let outcome = await isobar(
      "login", "dropbox", "--app-key", "isobarkey", "--endpoint", server.address, "--code", "file:\(folder.file("code"))",
      environment: ["HOME": folder.path])
    #expect(outcome.code != 0 && outcome.output.isEmpty)
    #expect(outcome.errors.contains("credentials"), "\(outcome.errors)")
    #expect(!folder.exists(".config/isobar/logins/dropbox.json"))
    await server.close()
  }

  @Test func `secrets have no place on the command line`() async throws {
    for words in [["--code", "abcdef"], ["--app-secret", "abcdef"]] {
      let outcome = await isobar(
        words: (["login", "dropbox", "--app-key", "k"] + words).map { Array($0.utf8) }, environment: ["HOME": folder.path])
      #expect(outcome.code == 2 && !outcome.errors.contains("abcdef"), "\(outcome.errors)")
    }
    #expect(await isobar("login", "dropbox", "--app-key", "k", "--code", "-").code == 2)
    let named = await isobar(
      "login", "dropbox", "--app-key", "k", "--code", "-", "--name", "../x", environment: ["HOME": folder.path])
    #expect(named.code == 2 && named.errors.contains("name"), "\(named.errors)")
  }
}

/// A run of the program whose standard error is looked at meanwhile.
private final class Shown: Sendable {
  private let errors = Lock<(text: [UInt8], waiter: OneShot<String>?)>(([], nil))

  func isobar(_ words: [String], environment: [String: String], input: Int32) async -> Outcome {
    let output = Collector()
    let console = Console(
      environment: environment, input: input, output: { output.append($0) },
      errors: { [self] bytes in
        note(bytes)
        return true
      })
    let code = await Program.run(words.map { Array($0.utf8) }, console: console)
    note([])
    return Outcome(
      code: code, outputBytes: output.bytes, errors: errors.withLock { String(decoding: $0.text, as: UTF8.self) })
  }

  private func note(_ bytes: [UInt8]) {
    let ready = errors.withLock { state -> (OneShot<String>, String)? in
      state.text += bytes
      guard let waiter = state.waiter, let page = Self.page(state.text) else { return nil }
      return (waiter, page)
    }
    if let (waiter, page) = ready { waiter.settle(.success(page)) }
  }

  private static func page(_ text: [UInt8]) -> String? {
    String(decoding: text, as: UTF8.self).split(whereSeparator: { $0 == "\n" || $0 == " " }).first { $0.hasPrefix("http") }.map(
      String.init)
  }

  /// The address that was shown.
  func page() async throws -> String {
    let waiter = OneShot<String>()
    errors.withLock { $0.waiter = waiter }
    note([])
    return try await withDeadline(.seconds(60)) { try await waiter.wait() }
  }
}
