import Concurrency
import Emulators
import HTTPClient
import HTTPMessages
import HTTPServer
import Primitives
import Testing

@Suite struct FaultTests {
  private let counter = Lock(0)

  private func handler(_ faults: EmulatorFaults, seed: UInt64 = 1, clock: MonotonicClock = .system) -> FaultyHandler {
    let counter = counter
    return FaultyHandler(
      Answering { request in
        counter.withLock { $0 += 1 }
        try await request.body.read(into: MemorySink(limit: 100))
        return HTTPServerResponse(200, body: .bytes([UInt8](repeating: 1, count: 1000)))
      }, faults, seed: seed, clock: clock)
  }

  private func get(_ handler: FaultyHandler, _ target: String = "/a", method: HTTPMethod = .get) async -> String {
    do {
      let answer = try await InProcessTransport(handler).send(
        HTTPRequest(method: method, url: "http://localhost\(target)"), into: .memory(limit: 10_000))
      return "\(answer.status) \(answer.headers["retry-after"] ?? "-") \(answer.body.count)"
    } catch let error as HTTPError {
      return error.code.rawValue
    } catch {
      return "\(error)"
    }
  }

  @Test func `without faults nothing is changed`() async {
    let handler = handler(EmulatorFaults())
    for _ in 0..<100 { #expect(await get(handler) == "200 - 1000") }
    #expect(handler.fired == [:])
    #expect(EmulatorFaults().isNone)
  }

  @Test func `what the script says goes wrong where it says so, once`() async {
    let handler = handler(
      EmulatorFaults(script: [
        ScriptedFault(.get, "/a", occurrence: 2, .refusal(status: 429, retryAfter: 7)),
        ScriptedFault(nil, "/b", .resetBefore), ScriptedFault(nil, "/c", .resetAfter),
        ScriptedFault(nil, "/d", containing: "part=2", .truncation(after: 300)),
        ScriptedFault(nil, "/e", .truncation(after: 5000)),
      ]))
    #expect(await get(handler, "/a") == "200 - 1000")
    #expect(await get(handler, "/a", method: .put) == "200 - 1000")
    #expect(await get(handler, "/a1") == "429 7 0")
    #expect(counter.withLock { $0 } == 2)
    #expect(await get(handler, "/b") == "connection_reset")
    #expect(counter.withLock { $0 } == 2)
    #expect(await get(handler, "/c") == "connection_reset")
    #expect(counter.withLock { $0 } == 3)
    #expect(await get(handler, "/d?part=1") == "200 - 1000")
    #expect(await get(handler, "/d?part=2") == "truncated")
    #expect(handler.unfired.count == 1)
    #expect(await get(handler, "/e") == "truncated")
    #expect(handler.unfired.isEmpty)
    for target in ["/a", "/b", "/c", "/d?part=2", "/e"] { #expect(await get(handler, target) == "200 - 1000") }
    #expect(handler.fired == [.refusal: 1, .resetBefore: 1, .resetAfter: 1, .truncation: 2])
    handler.add(ScriptedFault(nil, "/", .resetBefore))
    #expect(await get(handler) == "connection_reset")
  }

  @Test func `what the script says waits for a request to which it can happen`() async {
    let handler = handler(
      EmulatorFaults(
        refusals: 1,
        script: [
          ScriptedFault(nil, "/", .truncation(after: 5)), ScriptedFault(nil, "/", .resetAfter),
          ScriptedFault(nil, "/", .resetBefore),
        ]))
    #expect(await get(handler, method: .head).hasPrefix("200"))
    #expect(handler.unfired.count == 3)
    #expect(await get(handler) == "connection_reset")
    #expect(await get(handler) == "connection_reset")
    #expect(await get(handler) == "truncated")
    #expect(handler.unfired.isEmpty && handler.fired == [.truncation: 1, .resetAfter: 1, .resetBefore: 1])
    _ = await get(handler)
    #expect(handler.fired[.refusal] == 1)
  }

  @Test func `an answer of unknown length breaks too`() async {
    let handler = FaultyHandler(
      Answering { _ in
        HTTPServerResponse(200, body: .source(MemorySource([UInt8](repeating: 1, count: 1000)[...]), length: nil))
      }, EmulatorFaults(script: [ScriptedFault(nil, "/", .truncation(after: 5000))]), seed: 1)
    #expect(await get(handler) == "truncated")
    #expect(await get(handler) == "200 - 1000")
  }

  @Test func `the same seed and requests give the same faults, another seed others`() async {
    let faults = EmulatorFaults.mixed(rate: 0.5)
    func run(_ seed: UInt64) async -> [String] {
      let handler = handler(faults, seed: seed)
      var results: [String] = []
      for _ in 0..<200 { results.append(await get(handler)) }
      return results
    }
    let first = await run(1)
    #expect(await run(1) == first)
    #expect(await run(2) != first)
    #expect(Set(first) == ["200 - 1000", "503 1 0", "429 1 0", "connection_reset", "truncated"])
  }

  @Test func `faults come as often as they were asked for`() async {
    let handler = handler(
      EmulatorFaults(refusals: 0.1, statuses: [500], retryAfter: nil, resetsBefore: 0.05, resetsAfter: 0.05, truncations: 0.05),
      seed: 3)
    for _ in 0..<4000 { _ = await get(handler) }
    let fired = handler.fired
    // Four thousand draws: these bounds are more than five standard deviations wide, and the seed is fixed.
    #expect((300...500).contains(fired[.refusal] ?? 0))
    for kind in [FaultKind.resetBefore, .resetAfter, .truncation] { #expect((120...280).contains(fired[kind] ?? 0)) }
  }

  @Test func `an answer takes as long as was asked for`() async throws {
    let time = ManualClock()
    let handler = handler(
      EmulatorFaults(latency: .seconds(5), jitter: .seconds(2), script: [ScriptedFault(nil, "/", .delay(.seconds(100)))]),
      clock: time.clock)
    let answer = Task { await get(handler) }
    try await time.waitForSleepers()
    time.advance(by: .seconds(104))
    #expect(time.sleeperCount == 1)
    time.advance(by: .seconds(3))
    #expect(await answer.value == "200 - 1000")
  }
}
