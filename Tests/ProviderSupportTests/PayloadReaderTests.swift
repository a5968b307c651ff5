import Concurrency
import Crypto
import ObjectStorage
import Primitives
import ProviderSupport
import Testing

/// Pieces of a payload whose source has to be waited for.
@Suite struct PayloadReaderTests {
  @Test(arguments: [1000, 100_000])
  func `a source that pauses fills one piece of memory, and each byte once`(_ count: Int) async throws {
    let bytes = (0..<count + 10).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let source = PausingSource(bytes, step: count / 40)
    let payload = Payload(length: Int64(bytes.count)) { _ in source }
    let reader = try PayloadReader(payload, hashes: [.sha256], key: try ObjectKey("a"), store: "test")
    #expect(try await reader.next(count) == Array(bytes[..<count]))
    let places = source.places.withLock { $0 }
    #expect(places.count == 40)
    #expect(places.allSatisfy { $0.address == places[0].address + $0.read }, "the bytes were moved")
    #expect(try await reader.next(10) == Array(bytes[count...]))
    #expect(try await reader.next(0).isEmpty)
    #expect(try await reader.finish()[.sha256] == SHA256.hash(bytes))
  }

  @Test func `the memory of a piece that is given back holds the next one, and what somebody still has stays as it was`()
    async throws
  {
    let bytes = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 * 11) }
    let source = PausingSource(bytes, step: 100_000)
    let payload = Payload(length: Int64(bytes.count)) { _ in source }
    let reader = try PayloadReader(payload, hashes: [], key: try ObjectKey("a"), store: "test")
    reader.reuse(try await reader.next(100_000))
    let second = try await reader.next(100_000)
    #expect(second == Array(bytes[100_000..<200_000]))
    reader.reuse(second)
    #expect(try await reader.next(150_000) == Array(bytes[200_000..<350_000]))
    #expect(try await reader.next(50_000) == Array(bytes[350_000...]))
    #expect(second == Array(bytes[100_000..<200_000]))
    let places = source.places.withLock { $0 }
    #expect(places[0].address == places[1].address, "fresh memory was taken")
  }
}

/// Gives a few bytes at a time, and pauses before each time.
private final class PausingSource: ByteSource {
  private struct State {
    var position = 0
    var isPaused = false
  }

  private let bytes: [UInt8]
  private let step: Int
  private let state = Lock(State())
  /// Where bytes were asked for, and how many had been read before.
  let places = Lock<[(address: Int, read: Int)]>([])

  init(_ bytes: [UInt8], step: Int) { (self.bytes, self.step) = (bytes, step) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    state.withLock { state in
      state.isPaused.toggle()
      if state.isPaused { return .pause }
      if state.position == bytes.count { return .end }
      let count = min(step, buffer.count, bytes.count - state.position)
      let (position, address) = (state.position, Int(bitPattern: buffer.baseAddress))
      places.withLock { $0.append((address, position)) }
      bytes[position..<position + count].withUnsafeBytes { buffer.copyMemory(from: $0) }
      state.position += count
      return .bytes(count)
    }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}
