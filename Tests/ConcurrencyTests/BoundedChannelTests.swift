import Concurrency
import Testing

@Suite struct BoundedChannelTests {
  @Test func `elements arrive in order and the end after them`() async throws {
    let channel = BoundedChannel<Int>(capacity: 3)
    let producer = Task {
      for number in 0..<1000 { try await channel.send(number) }
      channel.finish()
    }
    var received: [Int] = []
    for try await number in channel { received.append(number) }
    try await producer.value
    #expect(received == Array(0..<1000))
  }

  @Test func `a full channel suspends its sender`() async throws {
    let channel = BoundedChannel<Int>(capacity: 2)
    let sent = Lock(0)
    let producer = Task {
      for number in 0..<5 {
        try await channel.send(number)
        sent.withLock { $0 += 1 }
      }
    }
    #expect(try await eventually { sent.withLock { $0 } == 2 })
    try await Task.sleep(for: .milliseconds(20))
    #expect(sent.withLock { $0 } == 2)
    #expect(try await channel.receive() == 0)
    #expect(try await eventually { sent.withLock { $0 } == 3 })
    for expected in 1..<5 { #expect(try await channel.receive() == expected) }
    try await producer.value
  }

  @Test func `every element arrives once with many senders and receivers`() async throws {
    let channel = BoundedChannel<Int>(capacity: 4)
    let received = Lock([Int]())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask { for try await number in channel { received.withLock { $0.append(number) } } }
      }
      try await withThrowingTaskGroup(of: Void.self) { senders in
        for sender in 0..<4 {
          senders.addTask { for number in 0..<500 { try await channel.send(sender * 500 + number) } }
        }
        try await senders.waitForAll()
      }
      channel.finish()
      try await group.waitForAll()
    }
    #expect(received.withLock { $0.sorted() } == Array(0..<2000))
  }

  @Test func `a cancelled send is not delivered and the next one is`() async throws {
    let channel = BoundedChannel<Int>(capacity: 1)
    try await channel.send(1)
    let cancelled = Task { try await channel.send(2) }
    try await Task.sleep(for: .milliseconds(20))
    let kept = Task { try await channel.send(3) }
    try await Task.sleep(for: .milliseconds(20))
    cancelled.cancel()
    await #expect(throws: CancellationError.self) { try await cancelled.value }
    #expect(try await channel.receive() == 1)
    #expect(try await channel.receive() == 3)
    try await kept.value
  }

  @Test func `a cancelled receive takes no element`() async throws {
    let channel = BoundedChannel<Int>(capacity: 1)
    let cancelled = Task { try await channel.receive() }
    try await Task.sleep(for: .milliseconds(20))
    cancelled.cancel()
    await #expect(throws: CancellationError.self) { try await cancelled.value }
    try await channel.send(9)
    #expect(try await channel.receive() == 9)
  }

  @Test func `finishing with an error gives what is buffered and then the error`() async throws {
    let channel = BoundedChannel<Int>(capacity: 2)
    try await channel.send(1)
    channel.finish(throwing: Broken(number: 5))
    channel.finish()
    await #expect(throws: ChannelFinished.self) { try await channel.send(2) }
    #expect(try await channel.receive() == 1)
    await #expect(throws: Broken(number: 5)) { try await channel.receive() }
  }

  @Test func `finishing releases senders and receivers that wait`() async throws {
    let full = BoundedChannel<Int>(capacity: 1)
    try await full.send(1)
    let sender = Task { try await full.send(2) }
    let empty = BoundedChannel<Int>(capacity: 1)
    let receiver = Task { try await empty.receive() }
    try await Task.sleep(for: .milliseconds(20))
    full.finish()
    empty.finish()
    await #expect(throws: ChannelFinished.self) { try await sender.value }
    #expect(try await receiver.value == nil)
    #expect(try await full.receive() == 1)
    #expect(try await full.receive() == nil)
  }
}
