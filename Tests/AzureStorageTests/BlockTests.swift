@testable import AzureStorage
import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import Testing

/// Large objects: blocks that go on after a break, blocks that are taken over, and blocks that nobody wants any more.
@Suite struct BlockTests {
  private static let block = 256 << 10
  private static let size = 5 * block + 12_345
  private static let content: [UInt8] = {
    var random = SeededRandom(seed: 4)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size + 8)
    while bytes.count < size { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
    return Array(bytes.prefix(size))
  }()

  private func payload(_ name: String? = "content", _ bytes: [UInt8] = content) -> Payload {
    Payload(length: Int64(bytes.count), contentID: name.map { Array($0.utf8) }) {
      MemorySource(bytes[Int($0.lowerBound)..<Int($0.upperBound)])
    }
  }

  private func store(_ watched: Lock<WatchedTransport?> = Lock(nil)) async throws -> AzureStore {
    try await EmulatedAccount.key.store(watch: { base in
      let transport = WatchedTransport(base)
      watched.withLock { $0 = transport }
      return transport
    }) {
      $0.blockSize = Int64(Self.block)
      $0.singlePutThreshold = Int64(Self.block)
      $0.uploadConcurrency = 1
    }
  }

  @Test func `a block's name is read as it was written, and no other is`() throws {
    let id = BlockID(upload: Array(0..<16), begun: 1_800_000_000, number: 49_999, crc: .max - 1)
    #expect(id.text.utf8.count == 48 && BlockID(id.text) == id)
    #expect(BlockID("") == nil && BlockID("!") == nil && BlockID(Base64.encode([UInt8](repeating: 0, count: 36))) == nil)
    #expect(BlockID(String(id.text.dropLast(4))) == nil)
  }

  @Test func `an upload that was cut goes on where it was, and only what is missing is sent`() async throws {
    let watched = Lock<WatchedTransport?>(nil)
    let store = try await store(watched)
    let transport = try #require(watched.withLock { $0 })
    let key = try ObjectKey("large é.bin")
    _ = transport.reset()
    transport.cut(after: 3)
    await #expect(throws: StorageError.self) { try await store.write(payload(), to: key, WriteOptions()) }
    #expect(transport.reset().counts["Put Block"] == 3)
    #expect(try await store.find(key) == nil)
    transport.cut(after: nil)
    let receipt = try await store.write(payload(), to: key, WriteOptions())
    let (counts, bytes) = transport.reset()
    #expect(counts["Put Block"] == 3 && counts["Put Block List"] == 1 && counts["Get Block List"] == 1)
    #expect(bytes == Int64(Self.size - 3 * Self.block))
    #expect(receipt.hash == ContentHash(.md5, MD5.hash(Self.content)))
    let info = try await store.stat(key)
    #expect(info.hashes == [ContentHash(.md5, MD5.hash(Self.content))] && info.entry.version == receipt.version)
    #expect(try await store.readBytes(key, limit: Self.size) == Self.content)
  }

  @Test func `another content does not go on with it, and a block that holds something else is sent again`() async throws {
    let watched = Lock<WatchedTransport?>(nil)
    let store = try await store(watched)
    let transport = try #require(watched.withLock { $0 })
    let key = try ObjectKey("large")
    transport.cut(after: 4)
    await #expect(throws: StorageError.self) { try await store.write(payload(), to: key, WriteOptions()) }
    _ = transport.reset()
    transport.cut(after: nil)
    // Under the same name, as if a file had been changed behind its times: the second block differs.
    var changed = Self.content
    changed[Self.block] ^= 1
    _ = try await store.write(payload("content", changed), to: key, WriteOptions())
    #expect(transport.reset().counts["Put Block"] == 3)
    #expect(try await store.readBytes(key, limit: Self.size) == changed)
    transport.cut(after: 4)
    await #expect(throws: StorageError.self) { try await store.write(payload(), to: key, WriteOptions()) }
    _ = transport.reset()
    transport.cut(after: nil)
    _ = try await store.write(payload("other"), to: key, WriteOptions())
    #expect(transport.reset().counts["Put Block"] == 6)
  }

  @Test func `a block that fails is sent again by itself`() async throws {
    let failures = Lock(3)
    let store = try await EmulatedAccount.key.store(watch: { FailingTransport($0, failures) }) {
      $0.blockSize = Int64(Self.block)
      $0.singlePutThreshold = Int64(Self.block)
    }
    let key = try ObjectKey("large")
    _ = try await store.write(payload(nil), to: key, WriteOptions(condition: .ifAbsent))
    #expect(failures.withLock { $0 } == 0)
    #expect(try await store.readBytes(key, limit: Self.size) == Self.content)
  }

  @Test func `of two uploads of one object the first to end wins, and the other may try again`() async throws {
    let store = try await store()
    let key = try ObjectKey("contested")
    let first = try await store.startMultipart(key, WriteOptions())
    let second = try await store.startMultipart(key, WriteOptions())
    try await first.write(part: 1, .bytes([1]))
    try await second.write(part: 1, .bytes([2]))
    _ = try await first.complete()
    let error = try await #require(throws: StorageError.self) { _ = try await second.complete() }
    #expect(error.retry == .later)
    #expect(try await store.readBytes(key, limit: 10) == [1])
  }

  @Test(arguments: [0, 1])
  func `a write in parts whose answer was lost is known by its blocks`(_ unseen: Int) async throws {
    let lost = Lock(["Put Block List": 1])
    let store = try await EmulatedAccount.key.store(watch: { LosingTransport($0, lost) }) { _ in }
    let key = try ObjectKey("lost")
    let upload = try await store.startMultipart(key, WriteOptions(condition: .ifAbsent))
    try await upload.write(part: 1, .bytes([1]))
    try await upload.write(part: 2, .bytes([2]))
    lost.withLock { $0["Get Block List"] = unseen }
    if unseen > 0 {
      let error = try await #require(throws: StorageError.self) { _ = try await upload.complete() }
      #expect(error.mayHaveHappened)
    }
    let receipt = try await upload.complete()
    #expect(try await store.stat(key).entry.version == receipt.version && receipt.size == 2)
    #expect(lost.withLock { $0.values.allSatisfy { $0 == 0 } })
  }

  // MARK: Differences

  @Test func `whole blocks of the old object are taken over, and the rest is copied by the service`() async throws {
    let watched = Lock<WatchedTransport?>(nil)
    let store = try await store(watched)
    let transport = try #require(watched.withLock { $0 })
    let key = try ObjectKey("changing")
    let old = try await store.write(payload(), to: key, WriteOptions()).version
    _ = transport.reset()
    // From within the first block to within the fourth, new bytes, and the end.
    let (first, last) = (Int64(100)..<Int64(3 * Self.block + 7), Int64(4 * Self.block)..<Int64(Self.size))
    let upload = try await store.startMultipart(key, WriteOptions(condition: .ifMatches(old)))
    let hash = try await upload.copy(part: 1, from: key, range: first, ifMatches: old)
    #expect(hash == Self.crc(Self.content[Int(first.lowerBound)..<Int(first.upperBound)]))
    try await upload.write(part: 2, .bytes(Array("new".utf8)))
    #expect(
      try await upload.copy(part: 3, from: key, range: last, ifMatches: old) == Self.crc(Self.content[Int(last.lowerBound)...]))
    let receipt = try await upload.complete()
    let counts = transport.reset().counts
    #expect(counts["Put Block From URL"] == 2 && counts["Put Block"] == 1 && counts["Get Block List"] == 1)
    let expected =
      Self.content[Int(first.lowerBound)..<Int(first.upperBound)] + Array("new".utf8) + Self.content[Int(last.lowerBound)...]
    #expect(receipt.size == Int64(expected.count))
    #expect(try await store.readBytes(key, limit: Self.size + 10) == Array(expected))
  }

  private static func crc(_ bytes: ArraySlice<UInt8>) -> ContentHash {
    ContentHash(.crc64nvme, CRC.bytes(Array(bytes).withUnsafeBytes { CRC.crc64nvme($0) }))
  }

  @Test func `blocks are taken over only from the state that was seen`() async throws {
    let store = try await store()
    let key = try ObjectKey("changing")
    let old = try await store.write(payload(), to: key, WriteOptions()).version
    let upload = try await store.startMultipart(key, WriteOptions())
    try await upload.copy(part: 1, from: key, range: 0..<Int64(Self.block), ifMatches: old)
    // The same blocks with other metadata are another state.
    _ = try await store.updateMetadata(ObjectMetadata(user: ["a": "b"]), of: key, ifMatches: nil)
    let error = try await #require(throws: StorageError.self) { _ = try await upload.complete() }
    #expect(error.code == .preconditionFailed)
    let late = try await store.startMultipart(key, WriteOptions())
    let refused = try await #require(throws: StorageError.self) {
      try await late.copy(part: 1, from: key, range: 0..<10, ifMatches: old)
    }
    #expect(refused.code == .preconditionFailed)
    #expect(try await store.readBytes(key, limit: Self.size) == Self.content)
  }

  @Test func `a range is cut at the blocks that tell what is in them`() {
    func block(_ number: Int, _ size: Int64, crc: UInt64 = 7) -> ListedBlock {
      ListedBlock(id: BlockID(upload: [UInt8](repeating: 1, count: 16), begun: 1, number: number, crc: crc).text, size: size)
    }
    let foreign = ListedBlock(id: "AAAA", size: 10)
    let blocks = [block(0, 10), foreign, block(2, 10), block(3, 10, crc: 0), block(4, 5)]
    func cut(_ range: Range<Int64>) -> [String] {
      BlockPiece.cut(range, blocks).map { piece in
        switch piece {
        case .block(let id, _, let length): "\(BlockID(id)!.number):\(length)"
        case .bytes(let range): "\(range)"
        }
      }
    }
    #expect(cut(0..<45) == ["0:10", "10..<20", "2:10", "30..<40", "4:5"])
    #expect(cut(1..<30) == ["1..<20", "2:10"])
    #expect(cut(21..<29) == ["21..<29"])
    #expect(cut(20..<30) == ["2:10"])
    #expect(BlockPiece.cut(0..<10, []) == [.bytes(0..<10)])
  }

  // MARK: What nobody wants any more

  @Test func `uploads that were begun long ago are removed, others and objects are not`() async throws {
    let store = try await store()
    let (left, foreign, there) = (try ObjectKey("left/it"), try ObjectKey("foreign"), try ObjectKey("there"))
    let upload = try await store.startMultipart(left, WriteOptions())
    try await upload.write(part: 1, .bytes([1, 2, 3]))
    await upload.abort()
    var block = AzureRequest(.putBlock, .put, .blob(foreign.bytes), key: foreign)
    block.ask("comp", "block")
    block.ask("blockid", Base64.encode(Array("block-1".utf8)))
    block.setBody([1])
    try await store.client.send(block)
    _ = try await store.write(payload(), to: there, WriteOptions())
    let unfinished = try await store.startMultipart(there, WriteOptions())
    try await unfinished.write(part: 1, .bytes([9]))
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(60), isDry: false) == 0)
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(-60), isDry: true) == 1)
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(-60), isDry: false) == 1)
    #expect(try await store.removeAbandonedUploads(olderThan: .seconds(-60), isDry: true) == 0)
    #expect(try await store.blockList(foreign.bytes, key: foreign, type: "all")?.uncommitted.count == 1)
    #expect(try await store.readBytes(there, limit: Self.size) == Self.content)
    _ = try await unfinished.complete()
    #expect(try await store.readBytes(there, limit: 10) == [9])
  }

  @Test(arguments: [(7, false), (24, true), (64, true)])
  func `among blocks of another program ours take names of their length, if chance can tell them apart`(
    _ length: Int, _ isPossible: Bool
  ) async throws {
    let store = try await store()
    let key = try ObjectKey("foreign")
    let foreign = Base64.encode([UInt8](repeating: 0x41, count: length))
    var block = AzureRequest(.putBlock, .put, .blob(key.bytes), key: key)
    block.ask("comp", "block")
    block.ask("blockid", foreign)
    block.setBody([1])
    try await store.client.send(block)
    // One block alone does not know: the caller then sends the whole.
    let upload = try await store.startMultipart(key, WriteOptions())
    let refused = try await #require(throws: StorageError.self) { try await upload.write(part: 1, .bytes([1])) }
    #expect(refused.code == .invalidArgument && refused.message.contains("another program"))
    if !isPossible {
      let error = try await #require(throws: StorageError.self) { try await store.write(payload(), to: key, WriteOptions()) }
      #expect(error.message.contains("another program"))
      // What goes in one request replaces them.
      _ = try await store.write(.bytes([1]), to: key, WriteOptions())
    }
    _ = try await store.write(payload(), to: key, WriteOptions())
    #expect(try await store.readBytes(key, limit: Self.size) == Self.content)
  }
}

/// Breaks the connection for some blocks.
private final class FailingTransport: HTTPTransport {
  private let base: any HTTPTransport
  private let failures: Lock<Int>

  init(_ base: any HTTPTransport, _ failures: Lock<Int>) {
    self.base = base
    self.failures = failures
  }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    let fails =
      request.label == "Put Block"
      && failures.withLock { failures in
        failures -= failures > 0 ? 1 : 0
        return failures > 0
      }
    if fails { throw HTTPError(.connectionReset, "reset", requestMayHaveBeenSent: true) }
    return try await base.send(request, into: sink)
  }

  func close() async { await base.close() }
}
