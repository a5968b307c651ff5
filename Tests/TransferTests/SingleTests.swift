import Concurrency
import Glibc
import LocalStorage
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Sync
import Testing
import Transfer

@Suite struct SingleTests {
  private let scratch = Scratch()

  @Test func `an object becomes a file with its time, and the file an object`() async throws {
    let (remote, local) = (bucket("remote"), try scratch.folder("local"))
    try await remote.put("dir/a", "content")
    let moved = Lock<Int64>(0)
    _ = try await ObjectCopy(from: remote, ObjectKey("dir/a"), to: local, ObjectKey("b")).run { count in
      moved.withLock { $0 += count }
    }
    #expect(try await local.text("b") == "content")
    #expect(try await local.stat(ObjectKey("b")).entry.modified == Timestamp(seconds: 1_700_000_000))
    #expect(moved.withLock { $0 } == 7)
    _ = try await ObjectCopy(from: local, ObjectKey("b"), to: remote, ObjectKey("c")).run()
    #expect(try await remote.text("c") == "content")
    #expect(try await remote.stat(ObjectKey("c")).entry.modified == Timestamp(seconds: 1_700_000_000))
  }

  @Test func `a copy that breaks leaves the file as it was`() async throws {
    let remote = bucket("remote")
    try await remote.put("a", "new content")
    let broken = FaultyStore(remote, [Fault(.read, .breakBody(after: 3))])
    let local = try scratch.folder("local")
    try await local.put("a", "old")
    let failure = await error { try await ObjectCopy(from: broken, ObjectKey("a"), to: local, ObjectKey("a")).run() }
    #expect(failure is StorageError)
    #expect(broken.unfired.isEmpty)
    #expect(try await local.text("a") == "old")
    #expect(try await local.names() == ["a"])
  }

  @Test func `a condition keeps a copy from replacing what is there`() async throws {
    let (remote, local) = (bucket("remote"), try scratch.folder("local"))
    try await remote.put("a", "new")
    try await local.put("a", "old")
    let copy = try ObjectCopy(from: remote, ObjectKey("a"), to: local, ObjectKey("a"), condition: .ifAbsent)
    #expect((await error { try await copy.run() } as? StorageError)?.code == .alreadyExists)
    #expect(try await local.text("a") == "old")
  }

  @Test func `a folder is not a file`() async throws {
    let store = bucket("remote")
    let copy = try ObjectCopy(from: store, ObjectKey("a/"), to: store, ObjectKey("b"))
    #expect((await error { try await copy.run() } as? TransferError)?.code == .notAFile)
    #expect((await error { try await Remover(store).remove(ObjectKey("a/")) } as? TransferError)?.code == .notAFile)
  }

  // MARK: Streams

  @Test func `content goes through a pipe whole, however slowly it is read`() async throws {
    let store = bucket("remote")
    let text = String(repeating: "0123456789abcdef", count: 40_000)
    try await store.put("a", text)
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    async let received = BlockingPool(name: "reader", threads: 1).run {
      var bytes: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 5000)
      // By length, not to the end: programs that other tests start meanwhile may have inherited the writing end.
      while bytes.count < text.utf8.count {
        let count = Glibc.read(reading, &chunk, chunk.count)
        if count <= 0 { break }
        bytes += chunk[..<count]
      }
      return bytes
    }
    let sink = DescriptorSink(descriptor: writing, buffer: 1000)
    _ = try await store.read(ObjectKey("a"), ReadOptions(), into: sink)
    try await sink.finish()
    close(writing)
    #expect(try await received == Array(text.utf8))
    close(reading)
    #expect(throws: TransferError.self) { try sink.restart() }
  }

  @Test func `a reader that goes away ends the transfer with an error`() async throws {
    signal(SIGPIPE, SIG_IGN)
    let store = bucket("remote")
    try await store.put("a", String(repeating: "x", count: 300_000))
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    let sink = DescriptorSink(descriptor: ends[1], buffer: 1000)
    let failure = await error {
      _ = try await store.read(ObjectKey("a"), ReadOptions(), into: sink)
      try await sink.finish()
    }
    #expect(failure != nil)
    close(ends[1])
  }

  @Test(arguments: [0, 10, 5 << 20, (5 << 20) + 1, 13 << 20], [true, false])
  func `input of unknown length arrives whole, in parts or through a file`(size: Int, inParts: Bool) async throws {
    let store: any ObjectStore = inParts ? bucket("remote") : try scratch.folder("local")
    let path = "\(scratch.path)/input"
    let pattern = (0..<997).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    var bytes: [UInt8] = []
    while bytes.count < size { bytes += pattern.prefix(size - bytes.count) }
    let file = open(path, O_RDWR | O_CREAT, 0o600)
    defer { close(file) }
    #expect(bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } == size)
    lseek(file, 0, SEEK_SET)
    let receipt = try await StreamUpload(
      to: store, ObjectKey("a"), streaming: .init(partSize: 5 << 20, spoolFolder: Array(scratch.path.utf8))
    ).run(readingFrom: file)
    #expect(receipt.size == Int64(size))
    #expect(try await store.readBytes(ObjectKey("a"), limit: 64 << 20) == bytes)
  }

  @Test func `input that cannot be read leaves no object`() async throws {
    let store = bucket("remote")
    let failure = await error { try await StreamUpload(to: store, ObjectKey("a")).run(readingFrom: -1) } as? TransferError
    #expect(failure?.code == .cannotRead)
    #expect(try await store.names() == [])
  }

  // MARK: Removing

  @Test(arguments: [bucket("bucket", pageSize: 2), folder("folder")])
  func `a folder is removed with everything in it, and nothing beside it`(store: MemoryStore) async throws {
    for name in ["f/a", "f/g/b", "f/g/c", "f0", "e", ".isobar/trash/t"] { try await store.put(name, "12") }
    let summary = try await Remover(store).remove(below: ObjectKey("f/"), limit: 3)
    #expect([summary.files, summary.failed] == [3, 0])
    #expect(summary.bytes == 6)
    #expect(try await store.names() == ["e", "f0"])
    _ = try await Remover(store).remove(below: nil, limit: nil)
    #expect(try await store.names() == [])
    #expect(try await store.text(".isobar/trash/t") == "12")
  }

  @Test func `more deletes than allowed are refused before the first`() async throws {
    let store = bucket("bucket")
    for name in ["f/a", "f/b", "f/c"] { try await store.put(name, "1") }
    let refused = await error { try await Remover(store).remove(below: ObjectKey("f/"), limit: 2) } as? TransferError
    #expect(refused?.code == .tooManyDeletes)
    #expect(try await store.names() == ["f/a", "f/b", "f/c"])
    #expect(try await Remover(store).survey(below: ObjectKey("f/")).files == 3)
  }

  @Test func `removing what is not there says so`() async throws {
    let failure = await error { try await Remover(bucket("bucket")).remove(ObjectKey("a")) } as? StorageError
    #expect(failure?.code == .notFound)
  }
}
