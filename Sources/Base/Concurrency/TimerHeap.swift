/// One action that an event loop runs at a moment, unless it is cancelled before.
/// Unchecked: what changes belongs to the loop's thread, as said at each.
public final class LoopTimer: @unchecked Sendable {
  let deadline: UInt64
  /// Loop thread only: equal deadlines fire in the order in which they were scheduled.
  var sequence: UInt64 = 0
  /// Loop thread only: the place in the heap, -1 when not in it.
  var index = -1
  /// Loop thread only.
  var action: (@Sendable () -> Void)?
  /// Loop thread only: cancelled before it reached the heap.
  var isCancelled = false
  private weak let loop: EventLoop?

  init(loop: EventLoop, deadline: UInt64, action: @escaping @Sendable () -> Void) {
    self.loop = loop
    self.deadline = deadline
    self.action = action
  }

  /// Takes the action back. From the loop's thread it is certain not to run any more; from another thread it may just be running.
  public func cancel() { loop?.cancel(self) }
}

/// A binary heap of timers, earliest first, from which any timer can be removed in logarithmic time.
struct TimerHeap {
  private var timers: [LoopTimer] = []

  var first: LoopTimer? { timers.first }
  var count: Int { timers.count }

  mutating func insert(_ timer: LoopTimer) {
    timer.index = timers.count
    timers.append(timer)
    siftUp(timer.index)
  }

  mutating func remove(_ timer: LoopTimer) {
    let index = timer.index
    guard index >= 0 else { return }
    timer.index = -1
    let last = timers.removeLast()
    guard last !== timer else { return }
    timers[index] = last
    last.index = index
    siftDown(index)
    siftUp(last.index)
  }

  mutating func popFirst(dueAt now: UInt64) -> LoopTimer? {
    guard let first = timers.first, first.deadline <= now else { return nil }
    remove(first)
    return first
  }

  private static func isBefore(_ left: LoopTimer, _ right: LoopTimer) -> Bool {
    (left.deadline, left.sequence) < (right.deadline, right.sequence)
  }

  private mutating func swap(_ left: Int, _ right: Int) {
    timers.swapAt(left, right)
    timers[left].index = left
    timers[right].index = right
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard Self.isBefore(timers[index], timers[parent]) else { return }
      swap(index, parent)
      index = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while true {
      let left = index * 2 + 1
      guard left < timers.count else { return }
      let right = left + 1
      let child = right < timers.count && Self.isBefore(timers[right], timers[left]) ? right : left
      guard Self.isBefore(timers[child], timers[index]) else { return }
      swap(index, child)
      index = child
    }
  }
}
