import Concurrency
import Primitives
import ProviderSupport
import Testing

/// Credentials and tokens that end.
@Suite struct RenewalTests {
  private struct Token: Sendable, Equatable {
    let number: Int
    let end: Timestamp?
  }

  private struct Unreachable: Error {}

  /// Tokens of a hundred seconds, numbered, and a clock to turn.
  private final class Service: Sendable {
    let now = Lock(Timestamp(seconds: 1000))
    let given = Lock(0)
    let isDown = Lock(false)

    var renewal: Renewal<Token> {
      Renewal(margin: .seconds(20), clock: WallClock { self.now.withLock { $0 } }, expiration: \.end) {
        if self.isDown.withLock({ $0 }) { throw Unreachable() }
        let number = self.given.withLock { given in
          given += 1
          return given
        }
        return Token(number: number, end: self.now.withLock { $0 + .seconds(100) })
      }
    }
  }

  @Test func `a token is kept until shortly before its end, and many callers share one renewal`() async throws {
    let service = Service()
    let renewal = service.renewal
    let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<20 { group.addTask { try await renewal.current().number } }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(numbers == [1])
    service.now.withLock { $0 = Timestamp(seconds: 1079) }
    #expect(try await renewal.current().number == 1)
    service.now.withLock { $0 = Timestamp(seconds: 1080) }
    #expect(try await renewal.current().number == 2)
  }

  @Test func `an old token that still holds is better than none, and one that ended is none`() async throws {
    let service = Service()
    let renewal = service.renewal
    _ = try await renewal.current()
    service.isDown.withLock { $0 = true }
    service.now.withLock { $0 = Timestamp(seconds: 1090) }
    #expect(try await renewal.current().number == 1)
    service.now.withLock { $0 = Timestamp(seconds: 1101) }
    await #expect(throws: Unreachable.self) { try await renewal.current() }
  }

  @Test func `a refused token is not given again, and what it was is still known`() async throws {
    let service = Service()
    let renewal = service.renewal
    let first = try await renewal.current()
    renewal.forget { $0.number == 99 }
    #expect(try await renewal.current() == first)
    renewal.forget { $0 == first }
    #expect(renewal.last == first)
    service.isDown.withLock { $0 = true }
    await #expect(throws: Unreachable.self) { try await renewal.current() }
    service.isDown.withLock { $0 = false }
    #expect(try await renewal.current().number == 2)
  }

  @Test func `what cannot be renewed stays`() async throws {
    let renewal = Renewal(Token(number: 7, end: Timestamp(seconds: 1)))
    renewal.forget { _ in true }
    #expect(try await renewal.current().number == 7)
    #expect(!renewal.canRenew)
  }
}
