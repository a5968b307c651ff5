import Concurrency
import Observability
import Testing

private enum Sample: StreamEvent, Equatable {
  case bytes(file: Int, Int)
  case done(Int)

  var retention: EventRetention {
    switch self {
    case .bytes(let file, _): .progress(key: file)
    case .done: .kept
    }
  }
}

struct EventStreamTests {
  private let stream = EventStream<Sample>()

  private func all(_ listener: EventListener<Sample>) async -> [Sample] {
    var result: [Sample] = []
    for await event in listener { result.append(event) }
    return result
  }

  @Test func `a newer state replaces the older one of its key and keeps its own place`() async {
    let listener = stream.listen()
    for event in [Sample.bytes(file: 1, 10), .bytes(file: 2, 5), .done(9), .bytes(file: 1, 20), .done(1)] { stream.emit(event) }
    stream.finish()
    #expect(await all(listener) == [.bytes(file: 2, 5), .done(9), .bytes(file: 1, 20), .done(1)])
    #expect(listener.thinned == 1)
  }

  @Test func `beyond the buffer the oldest states go and every result stays`() async {
    let listener = stream.listen(buffer: 2)
    for file in 0..<1000 {
      stream.emit(.bytes(file: file, 1))
      stream.emit(.done(file))
    }
    stream.finish()
    let events = await all(listener)
    #expect(events.filter { if case .done = $0 { true } else { false } } == (0..<1000).map { .done($0) })
    #expect(Array(events.suffix(4)) == [.bytes(file: 998, 1), .done(998), .bytes(file: 999, 1), .done(999)])
    #expect(events.count == 1002)
    #expect(listener.thinned == 998)
  }

  @Test func `every listener and observer gets every result, from its beginning on`() async {
    let seen = Lock<[Sample]>([])
    stream.emit(.done(0))
    let first = stream.listen()
    let observation = stream.observe { event in seen.withLock { $0.append(event) } }
    stream.emit(.done(1))
    let second = stream.listen()
    stream.emit(.done(2))
    observation.cancel()
    stream.emit(.done(3))
    stream.finish()
    stream.emit(.done(4))
    #expect(await all(first) == [.done(1), .done(2), .done(3)])
    #expect(await all(second) == [.done(2), .done(3)])
    #expect(await all(stream.listen()) == [])
    #expect(seen.withLock { $0 } == [.done(1), .done(2)])
  }

  @Test func `a listener that waits is woken by an event, by the end and by its cancellation`() async {
    let listener = stream.listen()
    async let events = all(listener)
    for number in 0..<50 {
      stream.emit(.done(number))
      await Task.yield()
    }
    stream.finish()
    #expect(await events == (0..<50).map { .done($0) })

    let endless = EventStream<Sample>()
    let waiting = endless.listen()
    let task = Task { await all(waiting) }
    await Task.yield()
    task.cancel()
    #expect(await task.value == [])
  }

  @Test func `results of many threads all arrive, in one order`() async {
    let (first, second) = (stream.listen(), stream.listen())
    async let left = all(first)
    async let right = all(second)
    await withTaskGroup { group in
      for thread in 0..<4 {
        group.addTask { [stream] in for number in 0..<500 { stream.emit(.done(thread * 1000 + number)) } }
      }
    }
    stream.finish()
    let (one, other) = await (left, right)
    #expect(one == other)
    #expect(Set(one.map { "\($0)" }).count == 2000)
  }
}
