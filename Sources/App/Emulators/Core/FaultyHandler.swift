public import Concurrency
import HTTPMessages
public import HTTPServer
import Primitives

/// A handler in which things go wrong, as networks and overloaded services do.
///
/// At the end of a scripted test `unfired` must be empty: a fault that never happened tested nothing.
public final class FaultyHandler: HTTPHandler {
  private let base: any HTTPHandler
  private let refusal: @Sendable (_ status: Int, _ retryAfter: Int?) -> HTTPServerResponse
  private let clock: MonotonicClock
  private let dice: Lock<FaultDice>
  private let counts = Lock<[FaultKind: Int]>([:])

  /// - Parameters:
  ///   - seed: print it where a test fails.
  ///   - clock: waits out latencies.
  ///   - refusal: what a refused request is answered; `nil`: an empty body.
  public init(
    _ base: any HTTPHandler, _ faults: EmulatorFaults, seed: UInt64, clock: MonotonicClock = .system,
    refusal: (@Sendable (_ status: Int, _ retryAfter: Int?) -> HTTPServerResponse)? = nil
  ) {
    self.base = base
    self.clock = clock
    self.refusal = refusal ?? { .refusal(status: $0, retryAfter: $1) }
    dice = Lock(FaultDice(faults, seed: seed))
  }

  /// Around an emulator, with the faults and the seed of its options, and refusals as its service words them.
  public convenience init(_ emulator: any Emulator, _ options: EmulatorOptions, clock: MonotonicClock = .system) {
    self.init(emulator, options.faults, seed: options.seed, clock: clock) { emulator.refusal(status: $0, retryAfter: $1) }
  }

  /// How often each kind of fault has happened.
  public var fired: [FaultKind: Int] { counts.withLock { $0 } }

  /// The faults of the script that have not happened.
  public var unfired: [ScriptedFault] { dice.withLock { $0.unfired } }

  /// Adds a fault; its occurrence counts from now.
  public func add(_ fault: ScriptedFault) { dice.withLock { $0.add(fault) } }

  public func respond(to request: HTTPServerRequest) async throws -> HTTPServerResponse {
    let fate = dice.withLock { $0.next(request.method, request.target) }
    var unfired = fate.scripted
    defer { if let unfired { dice.withLock { $0.putBack(unfired) } } }
    if fate.delay > .zero {
      count(.delay)
      try await clock.sleep(fate.delay)
    }
    /// It happens now.
    func fire(_ kind: FaultKind) {
      count(kind)
      unfired = nil
    }
    if let (status, retryAfter) = fate.refusal {
      fire(.refusal)
      return refusal(status, retryAfter)
    }
    if fate.resetsBefore {
      fire(.resetBefore)
      throw HTTPDisconnect()
    }
    let answer = try await base.respond(to: request)
    if fate.resetsAfter {
      fire(.resetAfter)
      answer.whenDone?()
      throw HTTPDisconnect()
    }
    guard let after = fate.truncation, request.method != .head, let broken = try truncated(answer, after: after) else {
      return answer
    }
    fire(.truncation)
    return broken
  }

  /// nil: there is no body that could break.
  private func truncated(_ answer: HTTPServerResponse, after: Int64) throws -> HTTPServerResponse? {
    let (source, length) = try AnswerBody.source(answer.body)
    guard let source, length != 0 else { return nil }
    var answer = answer
    answer.body = .source(BreakingSource(source, after: min(after, (length ?? .max) - 1)), length: length)
    return answer
  }

  private func count(_ kind: FaultKind) { counts.withLock { $0[kind, default: 0] += 1 } }
}

/// Breaks after so many bytes. Used by one caller at a time.
private final class BreakingSource: ByteSource, @unchecked Sendable {
  private let base: any ByteSource
  private var left: Int64

  init(_ base: any ByteSource, after count: Int64) {
    self.base = base
    left = count
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    guard left > 0 else { throw HTTPDisconnect() }
    let result = try base.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(clamping: left))))
    switch result {
    // The length was not known, and is less.
    case .end: throw HTTPDisconnect()
    case .pause: break
    case .bytes(let count): left -= Int64(count)
    }
    return result
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }
}
