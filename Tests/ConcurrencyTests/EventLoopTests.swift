import Concurrency
import Glibc
import Testing

@Suite struct EventLoopTests {
  @Test func `work given to the loop runs on its thread and its result comes back`() async throws {
    let loop = EventLoop(name: "test")
    defer { loop.shutdown() }
    #expect(!loop.isCurrent)
    let (inside, value) = try await loop.run { (loop.isCurrent, 42) }
    #expect(inside)
    #expect(value == 42)
    #expect(!loop.isCurrent)
  }

  @Test func `what the work throws comes back`() async throws {
    let loop = EventLoop(name: "test")
    defer { loop.shutdown() }
    await #expect(throws: Broken(number: 3)) { try await loop.run { throw Broken(number: 3) } }
  }

  @Test func `child tasks that prefer the loop stay on it through suspensions`() async throws {
    let loop = EventLoop(name: "test")
    defer { loop.shutdown() }
    let strays = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<100 {
        group.addTask(executorPreference: loop) {
          var strays = loop.isCurrent ? 0 : 1
          try await loop.sleep(for: .milliseconds(index % 5))
          strays += loop.isCurrent ? 0 : 1
          await Task.yield()
          return strays + (loop.isCurrent ? 0 : 1)
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(strays == 0)
  }

  @Test func `jobs sent from many threads all run`() async throws {
    let loop = EventLoop(name: "test")
    defer { loop.shutdown() }
    let count = Lock(0)
    for _ in 0..<4 {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask { for _ in 0..<500 { loop.execute { count.withLock { $0 += 1 } } } }
        }
      }
    }
    #expect(try await eventually { count.withLock { $0 } == 16_000 })
  }

  @Test func `timers fire in order of their time and never early`() async throws {
    let loop = EventLoop(name: "test")
    defer { loop.shutdown() }
    let clock = MonotonicClock.system
    let fired = Lock([(index: Int, time: Duration)]())
    // On the loop itself, so that none fires before all are scheduled. On a busy machine that can take longer than they are apart:
    // each is due between two known times, and only those whose times do not overlap have an order.
    let due = try await loop.run {
      [30, 10, 20, 0, 25, 5, 15].enumerated().map { index, delay in
        let earliest = clock.now() + .milliseconds(delay)
        loop.schedule(after: .milliseconds(delay)) { fired.withLock { $0.append((index, clock.now())) } }
        return (earliest: earliest, latest: clock.now() + .milliseconds(delay))
      }
    }
    #expect(try await eventually { fired.withLock { $0.count } == 7 })
    let order = fired.withLock { $0 }
    #expect(Set(order.map(\.index)).count == 7)
    for (place, timer) in order.enumerated() {
      #expect(timer.time >= due[timer.index].earliest)
      for later in order[(place + 1)...] { #expect(due[timer.index].earliest <= due[later.index].latest) }
    }
  }

  @Test func `random timers, some cancelled, fire exactly where the model says`() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    let loop = EventLoop(name: "test")
    defer { loop.shutdown() }
    let fired = Lock([Int]())
    let expected = try await loop.run {
      var random = Numbers(seed: seed)
      var timers: [(index: Int, delay: Int, timer: LoopTimer)] = []
      for index in 0..<1000 {
        let delay = Int.random(in: 20...60, using: &random)
        timers.append((index, delay, loop.schedule(after: .milliseconds(delay)) { fired.withLock { $0.append(index) } }))
      }
      var kept: [Int] = []
      for entry in timers {
        if Bool.random(using: &random) { entry.timer.cancel() } else { kept.append(entry.index) }
      }
      return kept
    }
    #expect(try await eventually { fired.withLock { $0.count } >= expected.count })
    try await loop.sleep(for: .milliseconds(70))
    #expect(fired.withLock { $0.sorted() } == expected)
  }

  @Test func `a timer cancelled from another thread does not fire`() async throws {
    let loop = EventLoop(name: "test")
    defer { loop.shutdown() }
    let clock = MonotonicClock.system
    var wasInTime = false
    // On a busy machine the time can be up before this thread comes to cancelling.
    for _ in 0..<20 where !wasInTime {
      let fired = Lock(false)
      let start = clock.now()
      let timer = loop.schedule(after: .milliseconds(100)) { fired.withLock { $0 = true } }
      timer.cancel()
      wasInTime = clock.now() - start < .milliseconds(100)
      try await loop.sleep(for: .milliseconds(150))
      if wasInTime { #expect(!fired.withLock { $0 }) }
    }
    #expect(wasInTime)
  }

  @Test func `a cancelled sleep ends at once`() async throws {
    let loop = EventLoop(name: "test")
    defer { loop.shutdown() }
    let task = Task(executorPreference: loop) { try await loop.sleep(for: .seconds(1000)) }
    try await Task.sleep(for: .milliseconds(20))
    let time = await elapsed {
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    #expect(time < .seconds(500))
  }

  @Test func `a sleep in a task that is cancelled already does not begin`() async throws {
    let loop = EventLoop(name: "test")
    defer { loop.shutdown() }
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await loop.sleep(for: .seconds(60))
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func `a watched pipe reports data until it is unwatched`() async throws {
    let loop = EventLoop(name: "test")
    defer { loop.shutdown() }
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let (reader, writer) = (ends[0], ends[1])
    defer {
      close(reader)
      close(writer)
    }
    let received = Lock([UInt8]())
    let result = try await loop.run {
      loop.watch(reader, .read) { _ in
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = read(reader, &buffer, 16)
        received.withLock { $0 += buffer.prefix(max(count, 0)) }
      }
    }
    #expect(result == 0)
    #expect(write(writer, "abc", 3) == 3)
    #expect(try await eventually { received.withLock { $0 } == Array("abc".utf8) })
    try await loop.run { loop.unwatch(reader) }
    #expect(write(writer, "def", 3) == 3)
    try await Task.sleep(for: .milliseconds(20))
    #expect(received.withLock { $0 } == Array("abc".utf8))
  }

  @Test func `watching a regular file is refused with its errno`() async throws {
    let loop = EventLoop(name: "test")
    defer { loop.shutdown() }
    let descriptor = open("/etc/passwd", O_RDONLY)
    defer { close(descriptor) }
    #expect(try await loop.run { loop.watch(descriptor, .read) { _ in } } == EPERM)
  }

  @Test func `a hook runs after jobs until it is removed`() async throws {
    let loop = EventLoop(name: "test")
    defer { loop.shutdown() }
    let count = Lock(0)
    let id = try await loop.run { loop.afterJobs { count.withLock { $0 += 1 } } }
    #expect(try await eventually { count.withLock { $0 } > 0 })
    try await loop.run { loop.removeHook(id) }
    let before = count.withLock { $0 }
    for _ in 0..<5 { try await loop.run {} }
    #expect(count.withLock { $0 } == before)
  }

  @Test func `shutdown ends sleeps, and tasks that still prefer the loop go on elsewhere`() async throws {
    let loop = EventLoop(name: "test")
    let sleeper = Task(executorPreference: loop) { try await loop.sleep(for: .seconds(60)) }
    try await Task.sleep(for: .milliseconds(20))
    loop.shutdown()
    loop.shutdown()
    await #expect(throws: CancellationError.self) { try await sleeper.value }
    #expect(try await eventually { !loop.execute {} })
    let late = Task(executorPreference: loop) { loop.isCurrent }
    #expect(await late.value == false)
    await #expect(throws: CancellationError.self) { try await loop.sleep(for: .seconds(60)) }
  }

  @Test func `a loop has ended only when its thread has done what libraries leave to a thread's end`() async throws {
    let loop = EventLoop(name: "test")
    let hasCleaned = Lock(false)
    try await loop.run {
      // As OpenSSL does it: a value of the thread's own, with a function that the end of the thread calls.
      var key = pthread_key_t()
      pthread_key_create(&key) { value in
        usleep(50_000)
        Unmanaged<Lock<Bool>>.fromOpaque(value!).takeRetainedValue().withLock { $0 = true }
      }
      pthread_setspecific(key, Unmanaged.passRetained(hasCleaned).toOpaque())
    }
    loop.shutdown()
    await loop.ended()
    #expect(hasCleaned.withLock { $0 })
    await loop.ended()
  }

  @Test func `the end of a loop is waited for even by a cancelled task, and from the loop itself`() async throws {
    let loop = EventLoop(name: "test")
    let work = Task(executorPreference: loop) {
      withUnsafeCurrentTask { $0?.cancel() }
      loop.shutdown()
      await loop.ended()
      return loop.execute {}
    }
    #expect(await work.value == false)
  }
}
