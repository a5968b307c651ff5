import HTTPMessages
import Concurrency
import Primitives

/// What one direction of one request pays for its bytes before they move: a small step at a time, to one bucket after the other.
///
/// Standing in line anew for each step is what makes the shares of all requests alike.
final class Toll: Sendable {
  private enum Turn {
    case none
    /// In the line of a bucket, for so many bytes.
    case waiting(Int, TokenBucket.Place, amount: Int)
    case over
  }

  private struct State {
    /// Bytes that are paid for and have not moved.
    var paid = 0
    var moved: Int64 = 0
    let length: Int64

    /// Bytes that have not moved, as far as is known.
    var left: Int64 { length - moved }
    var turn = Turn.none
    /// Whether the last attempt to pass failed here.
    var hasRefused = false
    var resume: (@Sendable () -> Void)?
  }

  private let buckets: [TokenBucket]
  private let bodies: Lock<Int>?
  private let state: Lock<State>

  /// - Parameters:
  ///   - length: of the body, as far as is known.
  ///   - bodies: how many bodies there are that may come before somebody takes them, this one among them; nil: none.
  init(_ buckets: [TokenBucket], length: Int64?, bodies: Lock<Int>? = nil) {
    self.buckets = buckets
    self.bodies = bodies
    state = Lock(State(length: length ?? .max))
  }

  /// Whether bytes are held back now.
  var isHolding: Bool { buckets.contains { $0.rate != nil } }

  /// - Returns: how many of up to `most` bytes may move now; 0: ask `whenPaid`.
  func pass(upTo most: Int) -> Int {
    state.withLock { state in
      guard has(1, of: min(most, step), &state) else { return 0 }
      let count = min(most, state.paid)
      state.paid -= count
      state.moved += Int64(count)
      return count
    }
  }

  /// Whether exactly so many bytes may move now; if not, ask `whenPaid`.
  func pass(_ count: Int) -> Bool {
    state.withLock { state in
      // What was paid for before the answer began pays for the end: the other end is that much ahead until then.
      let needed = max(count, min(count + ahead(state), Int(clamping: state.left)))
      guard has(needed, of: max(needed - state.paid, step / 4), &state) else { return false }
      state.paid -= count
      state.moved += Int64(count)
      return true
    }
  }

  /// Takes back bytes that passed and did not move.
  func keep(_ count: Int) {
    state.withLock { state in
      state.paid += count
      state.moved -= Int64(count)
    }
  }

  /// Calls `resume` when what was asked for is paid; `orElse` if it is not this toll that is waited for.
  func whenPaid(_ resume: @escaping @Sendable () -> Void, orElse: () -> Void) {
    enum Next { case later, now, elsewhere }
    let next: Next = state.withLock { state in
      guard state.hasRefused else { return .elsewhere }
      if case .none = state.turn { return .now }
      state.resume = resume
      return .later
    }
    switch next {
    case .later: break
    case .now: resume()
    case .elsewhere: orElse()
    }
  }

  /// Waits until it is paid for what may come before anybody takes it.
  func prepay(label: String) async throws {
    let isPaid = state.withLock { state in
      let amount = ahead(state)
      return has(amount, of: amount, &state)
    }
    if isPaid { return }
    let shot = OneShot<Void>()
    whenPaid({ shot.settle(.success(())) }, orElse: { shot.settle(.success(())) })
    do { try await shot.wait() } catch { throw HTTPError(.cancelled, "cancelled", label: label, cause: error) }
  }

  /// What the other end may send before somebody takes it: little where many bodies share the rate, enough for a distance of a fifth of
  /// a second where one has it. It grows as a body moves: where many begin at once, the first do not know of the others.
  var window: Int { window(after: state.withLock { $0.moved }) }

  private func window(after moved: Int64) -> Int {
    guard let rate else { return 1 << 30 }
    let share = max(32 << 10, Int(min(rate / 5, 1e9)) / max(1, bodies?.withLock { $0 } ?? 1))
    return min(share, Int(clamping: 64 << 10 + moved / 4))
  }

  /// What is paid for before it is taken: about as much as measurements find on its way and in buffers, most of a window being overhead.
  private func ahead(_ state: borrowing State) -> Int {
    guard bodies != nil, let rate else { return 0 }
    return min(window(after: state.moved) / 4 + 64 << 10, Int(rate / 10), Int(clamping: max(0, state.left)))
  }

  private var rate: Double? { buckets.compactMap(\.rate).min() }

  /// Pays for bytes that have moved already, whoever has to wait for it.
  func owe(_ count: Int) { for bucket in buckets { bucket.owe(count) } }

  /// Leaves the line and gives back what was not used. Nothing passes any more.
  func end() {
    let (waiting, left): ((Int, TokenBucket.Place, Int)?, Int) = state.withLock { state in
      defer { (state.turn, state.paid, state.resume) = (.over, 0, nil) }
      if case .waiting(let index, let place, let amount) = state.turn { return ((index, place, amount), state.paid) }
      return (nil, state.paid)
    }
    for bucket in buckets { bucket.giveBack(left) }
    guard let (index, place, amount) = waiting else { return }
    // Those before this one have been paid; this one, too, if it is too late to leave.
    let hasLeft = buckets[index].leave(place)
    for bucket in buckets[..<(hasLeft ? index : index + 1)] { bucket.giveBack(amount) }
  }

  private var step: Int { buckets.map(\.step).min() ?? 1 << 20 }

  /// Whether `count` bytes are paid for; if not, pays `amount` or stands in line for them.
  private func has(_ count: Int, of amount: Int, _ state: inout State) -> Bool {
    if state.paid < count, case .none = state.turn { _ = pay(amount, &state) }
    state.hasRefused = state.paid < count
    return !state.hasRefused
  }

  /// - Returns: whether all buckets gave; else this stands in line.
  private func pay(_ amount: Int, from first: Int = 0, _ state: inout State) -> Bool {
    for index in first..<buckets.count {
      let place = buckets[index].take(amount) { [weak self] in self?.paid(index, amount) }
      if let place {
        state.turn = .waiting(index, place, amount: amount)
        return false
      }
    }
    state.turn = .none
    state.paid += amount
    return true
  }

  /// A bucket has given.
  private func paid(_ index: Int, _ amount: Int) {
    let resume: (@Sendable () -> Void)? = state.withLock { state in
      guard case .waiting(index, _, _) = state.turn, pay(amount, from: index + 1, &state) else { return nil }
      defer { state.resume = nil }
      return state.resume
    }
    resume?()
  }
}

/// Gives a body as fast as it is paid for.
final class TolledSource: ByteSource {
  private let base: any ByteSource
  private let toll: Toll

  init(_ base: any ByteSource, _ toll: Toll) { (self.base, self.toll) = (base, toll) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    let count = toll.pass(upTo: buffer.count)
    if count == 0 { return .pause }
    let result = try base.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(count)))
    if case .bytes(let read) = result { toll.keep(count - read) } else { toll.keep(count) }
    return result
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { toll.whenPaid(resume) { base.whenReady(resume) } }
}

/// Takes a body as fast as it is paid for.
final class TolledSink: ByteSink {
  private let base: any ByteSink
  private let toll: Toll

  init(_ base: any ByteSink, _ toll: Toll) { (self.base, self.toll) = (base, toll) }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    guard toll.pass(bytes.count) else { return .pause }
    let result = try base.write(bytes)
    if result == .pause { toll.keep(bytes.count) }
    return result
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { toll.whenPaid(resume) { base.whenReady(resume) } }

  func restart() throws { try base.restart() }
}
