import Glibc

extension EventLoop {
  /// Calls `handler` on the loop whenever one of `events` is there on `descriptor` (level-triggered), until `unwatch`.
  ///
  /// On the loop's thread only. A second call for the same descriptor replaces events and handler.
  /// - Returns: 0, or the errno of why it cannot be watched (a regular file: EPERM).
  @discardableResult
  public func watch(
    _ descriptor: Int32, _ events: DescriptorEvents, _ handler: @escaping @Sendable (DescriptorEvents) -> Void
  ) -> Int32 {
    precondition(isCurrent, "watch is for the loop's own thread")
    generation &+= 1
    let tag = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
    let isKnown = watches[descriptor] != nil
    var result = poller.set(isKnown ? 3 : 1, descriptor, events, tag: tag)
    // A descriptor that was closed without `unwatch` and whose number is in use again has left the epoll set by itself.
    if isKnown, result == -ENOENT { result = poller.set(1, descriptor, events, tag: tag) }
    if !isKnown, result == -EEXIST { result = poller.set(3, descriptor, events, tag: tag) }
    guard result == 0 else { return -result }
    watches[descriptor] = Watch(generation: generation, handler: handler)
    return 0
  }

  /// Stops watching: the handler is not called again. On the loop's thread only, before the descriptor is closed.
  public func unwatch(_ descriptor: Int32) {
    precondition(isCurrent, "unwatch is for the loop's own thread")
    guard watches.removeValue(forKey: descriptor) != nil else { return }
    _ = poller.set(2, descriptor, [], tag: 0)
  }

  func deliver(_ tag: UInt64, _ events: DescriptorEvents) {
    let descriptor = Int32(bitPattern: UInt32(truncatingIfNeeded: tag))
    // The generation tells an event of a watch that a handler has just replaced or removed in this same round.
    guard let watch = watches[descriptor], watch.generation == UInt32(truncatingIfNeeded: tag >> 32) else { return }
    watch.handler(events)
  }

  /// Runs `action` on the loop after `delay` (resolution 1 ms, never early). From any thread.
  /// - Returns: the timer, to cancel it. It never fires if the loop shuts down first.
  @discardableResult
  public func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> LoopTimer {
    let timer = LoopTimer(loop: self, deadline: MonotonicClock.systemNanoseconds() &+ delay.wholeNanoseconds, action: action)
    if isCurrent {
      insert(timer)
    } else {
      execute { self.insert(timer) }
    }
    return timer
  }

  private func insert(_ timer: LoopTimer) {
    if timer.isCancelled { return }
    timerSequence += 1
    timer.sequence = timerSequence
    timers.insert(timer)
  }

  func cancel(_ timer: LoopTimer) {
    if isCurrent {
      timer.isCancelled = true
      timer.action = nil
      timers.remove(timer)
    } else {
      execute { self.cancel(timer) }
    }
  }

  func fireTimers() {
    guard timers.first != nil else { return }
    let now = MonotonicClock.systemNanoseconds()
    while let timer = timers.popFirst(dueAt: now) {
      let action = timer.action
      timer.action = nil
      action?()
    }
  }

  /// Suspends the calling task for at least `duration`.
  /// - Throws: `CancellationError` as soon as the task is cancelled, or when the loop shuts down.
  public func sleep(for duration: Duration) async throws {
    let sleep = Sleep()
    let isRunning = execute {
      if sleep.isOver { return }
      self.sleeps[ObjectIdentifier(sleep)] = sleep
      sleep.timer = self.schedule(after: duration) {
        self.sleeps[ObjectIdentifier(sleep)] = nil
        sleep.shot.settle(.success(()))
      }
    }
    guard isRunning else { throw CancellationError() }
    try await sleep.shot.wait(onCancel: {
      self.execute {
        sleep.isOver = true
        sleep.timer?.cancel()
        self.sleeps[ObjectIdentifier(sleep)] = nil
      }
    })
  }

  /// Ends what can only go on with this loop.
  func end() {
    let bodies = endings
    endings = []
    for ending in bodies { ending.body() }
    for sleep in sleeps.values { sleep.shot.settle(.failure(CancellationError())) }
    sleeps = [:]
  }

  /// Runs `body` on the loop after each round of jobs, before it waits: the moment to hand a round's work to the kernel at once.
  /// On the loop's thread only.
  /// - Returns: what `removeHook` takes.
  public func afterJobs(_ body: @escaping @Sendable () -> Void) -> Int {
    precondition(isCurrent, "afterJobs is for the loop's own thread")
    nextHookID += 1
    hooks.append((nextHookID, body))
    return nextHookID
  }

  /// Runs `body` on the loop when it shuts down: to fail what waits for descriptors or timers. On the loop's thread only.
  /// - Returns: what `removeHook` takes.
  public func atShutdown(_ body: @escaping @Sendable () -> Void) -> Int {
    precondition(isCurrent, "atShutdown is for the loop's own thread")
    nextHookID += 1
    endings.append((nextHookID, body))
    return nextHookID
  }

  /// Takes back a hook of either kind. On the loop's thread only.
  public func removeHook(_ id: Int) {
    precondition(isCurrent, "removeHook is for the loop's own thread")
    endings.removeAll { $0.id == id }
    hooks.removeAll { $0.id == id }
  }
}

/// One sleeping task. All but the shot belongs to the loop's thread.
final class Sleep: @unchecked Sendable {
  let shot = OneShot<Void>()
  var timer: LoopTimer?
  var isOver = false
}
