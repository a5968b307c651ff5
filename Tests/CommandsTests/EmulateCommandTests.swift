import Commands
import Concurrency
import HTTPClient
import HTTPMessages
import Markup
import Testing

/// `isobar emulate`, served from this process.
struct EmulateCommandTests {
  /// Runs the command until `body` is done with what it printed.
  private func emulate(
    _ words: [String], _ body: (JSONValue) async throws -> Void
  ) async throws -> (code: Int32, errors: String) {
    let (output, errors) = (Collector(), Collector())
    let console = Console(environment: [:], output: { output.append($0) }, errors: { errors.append($0) })
    let program = Task { await Program.run((["emulate"] + words).map { Array($0.utf8) }, console: console) }
    var printed: JSONValue?
    for _ in 0..<60_000 where printed == nil {
      printed = try? JSONValue.parse(output.bytes)
      if printed == nil { try await Task.sleep(for: .milliseconds(1)) }
    }
    do { try await body(try #require(printed, "\(String(decoding: errors.bytes, as: UTF8.self))")) } catch {
      program.cancel()
      _ = await program.value
      throw error
    }
    program.cancel()
    return (await program.value, String(decoding: errors.bytes, as: UTF8.self))
  }

  private func send(_ method: HTTPMethod, _ url: String, body: HTTPBody? = nil) async throws -> HTTPResponse {
    let loop = EventLoop(name: "emulate-test")
    defer { loop.shutdown() }
    let client = CurlTransport(loop: loop, options: HTTPClientOptions(proxy: .none))
    let answer = try await client.send(HTTPRequest(method: method, url: url, body: body), into: .memory(limit: 1 << 20))
    await client.close()
    return answer
  }

  @Test func `a service answers at the address that is printed, until it is stopped`() async throws {
    let folder = Folder()
    for round in 0..<2 {
      let ended = try await emulate(["gcs", "--json", "--data", folder.file("data")]) { printed in
        let address = try #require(printed["address"]?.stringValue)
        #expect(printed["service"]?.stringValue == "gcs")
        #expect(printed["environment"]?["STORAGE_EMULATOR_HOST"]?.stringValue == address)
        #expect(address == "http://127.0.0.1:\(try #require(printed["port"]?.integerValue))")
        if round == 0 {
          let made = try await send(
            .post, "\(address)/storage/v1/b?project=p", body: .bytes(Array(#"{"name":"kept-bucket"}"#.utf8)))
          #expect(made.status == 200)
        }
        #expect(try await send(.get, "\(address)/storage/v1/b/kept-bucket").status == 200)
      }
      #expect(ended.code == 0)
      #expect(ended.errors == "")
    }
  }

  @Test func `things go wrong as asked, and what did is told`() async throws {
    let words = ["dropbox", "--json", "--errors", "100%", "--seed", "5", "-v"]
    let ended = try await emulate(words) { printed in
      #expect(printed["seed"]?.integerValue == 5)
      let address = try #require(printed["address"]?.stringValue)
      for _ in 0..<10 {
        let answer = try? await send(.post, "\(address)/2/users/get_current_account?secret=1")
        #expect(answer == nil || [429, 503].contains(answer?.status))
      }
    }
    #expect(ended.code == 0)
    #expect(ended.errors.contains("POST /2/users/get_current_account "))
    #expect(!ended.errors.contains("secret"))
  }

  @Test func `what makes no sense is refused before anything is made`() async throws {
    #expect(await isobar("emulate", "aws").code == 2)
    #expect(await isobar("emulate", "gcs", "--errors", "often").code == 2)
    #expect(await isobar("emulate", "gcs", "--errors", "101%").code == 2)
    #expect(await isobar("emulate", "gcs", "--port", "70000").code == 2)
    let outcome = await isobar("emulate", "gcs", "--listen", "nowhere", "--json")
    #expect(outcome.code == 2)
    #expect(try outcome.json()["error"]?["code"]?.stringValue == "bad_address")
  }

  @Test func `a port that is taken is said to be`() async throws {
    _ = try await emulate(["gcs", "--json"]) { printed in
      let port = try #require(printed["port"]?.integerValue)
      let outcome = await isobar("emulate", "gcs", "--port", "\(port)")
      #expect(outcome.code == 2)
      #expect(outcome.errors.contains("another program does"))
    }
  }
}
