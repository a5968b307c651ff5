import Concurrency
import Primitives
import Testing

@testable import Composition

/// A server that is as fast for up to `knee` requests at once as for one, and refuses those above `refuses`.
private struct ModelServer {
  var latency = 0.05
  var knee = 40
  var refuses = Int.max
}

/// Clients that always have more to ask for, on a clock that is moved from event to event.
private struct World {
  var limit: AdaptiveLimit
  var server: ModelServer
  var random: SeededRandom
  private var now = 0.0
  private var running: [(end: Double, begun: Double, wait: Double, isRefused: Bool)] = []
  var refused = 0
  var answered = 0

  init(_ limit: AdaptiveLimit, _ server: ModelServer, seed: UInt64) {
    (self.limit, self.server) = (limit, server)
    random = SeededRandom(seed: seed)
  }

  /// - Returns: the limits of the time's second half.
  mutating func run(seconds: Double, demand: Int = .max) -> [Int] {
    let (middle, end) = (now + seconds / 2, now + seconds)
    var limits: [Int] = []
    while now < end {
      while running.count < min(limit.limit, demand) {
        let isRefused = running.count >= server.refuses
        let noise = Double.random(in: 0.8...1.2, using: &random)
        let wait = isRefused ? 0.005 : server.latency * max(1, Double(running.count + 1) / Double(server.knee)) * noise
        running.append((now + wait, now, wait, isRefused))
      }
      let index = running.indices.min { running[$0].end < running[$1].end }!
      let request = running.remove(at: index)
      now = request.end
      if request.isRefused { refused += 1 } else { answered += 1 }
      _ = limit.ended(
        AdaptiveLimit.Sample(
          kind: 1, begun: .seconds(request.begun), wait: request.isRefused ? nil : .seconds(request.wait),
          isRefused: request.isRefused),
        at: .seconds(now), isReached: running.count + 1 >= limit.limit)
      if now >= middle { limits.append(limit.limit) }
    }
    return limits
  }
}

@Suite struct AdaptiveLimitTests {
  private func world(_ server: ModelServer, start: Int = 16, most: Int = 128) -> World {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    return World(AdaptiveLimit(start: start, most: most), server, seed: seed)
  }

  @Test(arguments: [10, 16, 24, 40, 70]) func `it finds the number from which on more at once is no faster`(knee: Int) {
    var world = world(ModelServer(knee: knee))
    let limits = world.run(seconds: 60)
    #expect(limits.min()! >= min(knee, 16))
    #expect(limits.max()! <= max(knee * 8 / 5, 24))
  }

  @Test func `it never goes above the most, and grows only if somebody waits`() {
    var eager = world(ModelServer(knee: 1000), most: 64)
    #expect(eager.run(seconds: 60).allSatisfy { $0 == 64 })
    var idle = world(ModelServer(knee: 1000), most: 64)
    #expect(idle.run(seconds: 60, demand: 10).allSatisfy { $0 == 16 })
  }

  @Test func `a server that refuses gets less, at once, and is seldom asked too much afterwards`() {
    var world = world(ModelServer(knee: 1000, refuses: 20))
    let limits = world.run(seconds: 120)
    #expect(limits.max()! <= 22)
    #expect(limits.min()! >= 9)
    #expect(Double(world.refused) < Double(world.answered) * 0.005)
  }

  @Test func `it recovers when the server does`() {
    var world = world(ModelServer(knee: 40))
    _ = world.run(seconds: 60)
    world.server.knee = 20
    let slow = world.run(seconds: 60)
    #expect(slow.max()! <= 34)
    world.server.refuses = 4
    #expect(world.run(seconds: 20).max()! <= 8)
    world.server = ModelServer(knee: 40)
    #expect(world.run(seconds: 240).max()! >= 40)
  }

  @Test func `a way that has become longer is no queue`() {
    var world = world(ModelServer(knee: 1000), most: 64)
    _ = world.run(seconds: 60)
    world.server.latency = 0.2
    #expect(world.run(seconds: 120).min()! >= 56)
  }

  @Test func `requests that were under way together are refused once`() {
    var limit = AdaptiveLimit(start: 16, most: 64)
    for index in 0..<16 {
      _ = limit.ended(
        AdaptiveLimit.Sample(kind: 1, begun: .seconds(1), isRefused: true), at: .seconds(2) + .milliseconds(index), isReached: true)
    }
    #expect(limit.limit == 8)
  }
}

@Suite struct RequestGateTests {
  @Test(arguments: 0..<10) func `a file with many parts leaves room for small ones`(round: Int) async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let size = Int.random(in: 2...6, using: &random)
    let gate = RequestGate(AdaptiveLimit(start: size, most: size))
    let large = 0
    var inside = [RequestGate.Entry]()
    for _ in 0..<size { inside.append(try await gate.enter(group: large)) }
    // More parts stand in line before the small files do.
    var tasks: [Task<RequestGate.Entry, any Error>] = []
    for group in [0, 0, 0] + (1...size).map({ $0 }) {
      let before = gate.waiting
      tasks.append(Task { try await gate.enter(group: group) })
      while gate.waiting == before { await Task.yield() }
    }
    for entry in inside.shuffled(using: &random).dropLast() { gate.leave(entry, nil) }
    #expect(gate.inside.filter { $0 == large }.count == 1)
    #expect(Set(gate.inside).count == size)
    for task in tasks { task.cancel() }
    for task in tasks { if let entry = try? await task.value { gate.leave(entry, nil) } }
    #expect(gate.waiting == 0)
    #expect(gate.inside == [large])
  }
}
