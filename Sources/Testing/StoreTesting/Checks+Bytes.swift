import Concurrency
import ObjectStorage
import Primitives

/// 6: exact bytes. 8: missing things. 9: ranges.
extension StoreConformance {
  private static let sizes: [Int64] = [0, 1, 65_535, 65_536, 65_537, (5 << 20) + 1, 17 << 20]

  static let byteChecks =
    sizes.map { size in
      ConformanceCheck(6, "\(size) bytes come back as they were") { context in
        let key = try context.key("body")
        let pattern = Pattern(seed: UInt64(size))
        let receipt = try await context.store.write(pattern.payload(size), to: key, WriteOptions())
        try context.expectEqual(receipt.size, size, "the receipt's size")
        try await context.expectContent(key, pattern, size, "the object")
        try await context.expectSize(of: try await context.listed(key), size)
      }
    } + [
      ConformanceCheck(6, "a payload of an object is its bytes, whole, in ranges and again") { context in
        let (key, copy) = (try context.key("source"), try context.key("copy"))
        let pattern = Pattern(seed: 61)
        let receipt = try await context.write(pattern.bytes(200_000), key)
        let object = try await context.store.payload(for: key, ifMatches: receipt.version)
        try context.expectEqual(object.payload.length, 200_000, "the payload's length")
        try context.expectEqual(object.info.entry.version, receipt.version, "the payload's version")
        for range in [0..<200_000, 0..<1, 199_999..<200_000, 65_536..<131_072, 0..<200_000] as [Range<Int64>] {
          let sink = PatternSink(pattern, from: range.lowerBound)
          try await drain(try object.payload.makeSource(range), into: sink)
          try context.expectEqual(sink.count, Int64(range.count), "the number of bytes of \(range)")
          try context.expect(sink.mismatch == nil, "byte \(sink.mismatch ?? 0) of \(range) is wrong")
        }
        _ = try await context.store.write(object.payload, to: copy, WriteOptions())
        try await context.expectContent(copy, pattern, 200_000, "what was written from the payload")
      },
      ConformanceCheck(6, "a slow sink gets every byte once") { context in
        let key = try context.key("slowly")
        let pattern = Pattern(seed: 62)
        try await context.write(pattern.bytes(300_000), key)
        let sink = PatternSink(pattern)
        _ = try await context.store.read(key, ReadOptions(), into: HostileSink(sink, .slow))
        try context.expectEqual(sink.count, 300_000, "the number of bytes read")
        try context.expect(sink.mismatch == nil, "byte \(sink.mismatch ?? 0) is wrong")
      },
      ConformanceCheck(6, "a sink that fails ends the read with its error") { context in
        let key = try context.key("refused")
        try await context.write(Pattern(seed: 63).bytes(300_000), key)
        let sink = HostileSink(PatternSink(Pattern(seed: 63)), .failing(after: 100_000))
        try await context.expectFailure("a read into a failing sink") {
          _ = try await context.store.read(key, ReadOptions(), into: sink)
        }
        try await context.expectContent(key, Pattern(seed: 63), 300_000, "the object after it")
      },
      ConformanceCheck(6, "pushed bytes come back as they were") { context in
        try context.require(context.capabilities.directWrite, "it takes no pushed bytes")
        for length in [0, 1, 300_000] as [Int64] {
          for announced in [length, nil] {
            let key = try context.key("pushed \(length) \(announced == nil ? "unannounced" : "")")
            let pattern = Pattern(seed: 64)
            let write = try await context.store.openWrite(key, length: announced, WriteOptions())
            try await drain(PatternSource(pattern, 0..<length), into: write.sink)
            let receipt = try await write.commit(metadata: nil)
            try context.expectEqual(receipt.size, length, "the receipt's size")
            try await context.expectContent(key, pattern, length, "the object")
          }
        }
      },
      ConformanceCheck(6, "fewer pushed bytes than announced make no object") { context in
        try context.require(context.capabilities.directWrite, "it takes no pushed bytes")
        let key = try context.key("short")
        let write = try await context.store.openWrite(key, length: 10, WriteOptions())
        _ = try Array("nine byte".utf8).withUnsafeBytes { try write.sink.write($0) }
        try await context.expectFailure("the commit") { _ = try await write.commit(metadata: nil) }
        await write.abort()
        try await context.expectMissing(key, "after the refused commit")
      },
      ConformanceCheck(6, "a restarted push begins anew") { context in
        try context.require(context.capabilities.directWrite, "it takes no pushed bytes")
        let key = try context.key("again")
        let write = try await context.store.openWrite(key, length: 5, WriteOptions())
        _ = try Array("xyz".utf8).withUnsafeBytes { try write.sink.write($0) }
        try write.sink.restart()
        _ = try Array("12345".utf8).withUnsafeBytes { try write.sink.write($0) }
        _ = try await write.commit(metadata: nil)
        try context.expectEqual(try await context.text(key), "12345", "the content")
      },
    ]

  static let sourceChecks = [
    ConformanceCheck(6, "a source that ends early makes the write throw") { context in
      for (length, missing) in [(10, 1), (100_000, 1), (100_000, 100_000), (6 << 20, 3000)] as [(Int64, Int64)] {
        let key = try context.key("short \(length) \(missing)")
        let payload = Payload(
          length: length,
          makeSource: { PatternSource(Pattern(seed: 1), $0.lowerBound..<max($0.lowerBound, min($0.upperBound, length - missing))) })
        try await context.expectFailure("a write of \(length) bytes whose source lacks \(missing)") {
          _ = try await context.store.write(payload, to: key, WriteOptions())
        }
        try await context.expectMissing(key, "after the failed write")
      }
    },
    ConformanceCheck(6, "a source that goes on too long makes the write throw") { context in
      for length in [0, 1, 65_536, 100_000] as [Int64] {
        let key = try context.key("long \(length)")
        let payload = Payload(
          length: length,
          makeSource: { PatternSource(Pattern(seed: 1), $0.lowerBound..<($0.upperBound == length ? length + 1 : $0.upperBound)) })
        try await context.expectFailure("a write of \(length) bytes whose source has one more") {
          _ = try await context.store.write(payload, to: key, WriteOptions())
        }
        try await context.expectMissing(key, "after the failed write")
      }
    },
    ConformanceCheck(6, "a slow source is waited for") { context in
      let key = try context.key("slow")
      let pattern = Pattern(seed: 65)
      let payload = pattern.payload(50_000).mapSource { HostileSource($0, .slow) }
      _ = try await context.store.write(payload, to: key, WriteOptions())
      try await context.expectContent(key, pattern, 50_000, "the object")
    },
    ConformanceCheck(2, "a source that changed meanwhile leaves the old content") { context in
      for length in [0, 1000, 17 << 20] as [Int64] {
        let key = try context.key("changed \(length)")
        try await context.write("old", key)
        let changed = StorageError(.sourceChanged, store: "source", message: "the file changed")
        let payload = Pattern(seed: 1).payload(length, verifyUnchanged: { throw changed })
        try await context.expectError(.sourceChanged, from: "a write of a changed source") {
          _ = try await context.store.write(payload, to: key, WriteOptions())
        }
        try context.expectEqual(try await context.text(key), "old", "the content")
      }
    },
    ConformanceCheck(2, "a source is verified after its last byte was read") { context in
      let key = try context.key("verified")
      let given = Lock<Int64>(0)
      let seen = Lock<Int64?>(nil)
      let payload = Payload(
        length: 200_000,
        makeSource: { CountingSource(PatternSource(Pattern(seed: 1), $0), given) },
        verifyUnchanged: { seen.withLock { $0 = given.withLock { $0 } } })
      _ = try await context.store.write(payload, to: key, WriteOptions())
      guard let count = seen.withLock({ $0 }) else { throw context.fail("the source was never verified") }
      try context.expect(count >= 200_000, "the source was verified after \(count) of 200000 bytes")
    },
  ]

  static let missingChecks = [
    ConformanceCheck(8, "a missing key reports not found") { context in
      try await context.expectMissing(try context.key("absent"), "a key never written")
      try await context.expectMissing(try context.key("no/such/folder/file"), "a key in a missing folder")
      try await context.write("x", try context.key("near"))
      try await context.expectMissing(try context.key("nea"), "the beginning of a key")
      try await context.expectMissing(try context.key("near "), "a key and a space")
      try await context.expectError(.notFound, from: "payload of a missing key") {
        let object = try await context.store.payload(for: try context.key("absent"), ifMatches: nil)
        try await drain(try object.payload.makeSource(), into: MemorySink(limit: 10))
      }
    },
    ConformanceCheck(8, "deleting a missing key succeeds") { context in
      let targets = [try context.key("absent"), try context.key("no/such/folder/file")]
      for outcome in try await context.store.delete(targets.map { DeleteTarget($0) }) {
        try context.expect(outcome.error == nil, "deleting “\(outcome.key)” failed: \(String(describing: outcome.error))")
      }
    },
    ConformanceCheck(8, "something below a key does not make the key exist") { context in
      try await context.write("x", try context.key("folder/file"))
      try await context.expectError(.notFound, from: "stat of the folder's name without its slash") {
        _ = try await context.store.stat(try context.key("folder"))
      }
    },
  ]

  static let rangeChecks = [
    ConformanceCheck(9, "a range gives exactly its bytes, clipped to the end") { context in
      let key = try context.key("ranges")
      let pattern = Pattern(seed: 91)
      try await context.write(pattern.bytes(100_000), key)
      let wanted: [(Int64, Int64?, Range<Int64>)] = [
        (0, 1, 0..<1), (0, nil, 0..<100_000), (0, 100_000, 0..<100_000), (99_999, nil, 99_999..<100_000),
        (99_999, 100_000, 99_999..<100_000), (50_000, 200_000, 50_000..<100_000), (65_535, 65_537, 65_535..<65_537),
        (1, 99_999, 1..<99_999), (0, 1 << 40, 0..<100_000),
      ]
      for (start, end, expected) in wanted {
        guard let range = ByteRange(start: start, end: end) else { throw context.fail("a range is refused") }
        let sink = PatternSink(pattern, from: start)
        let result = try await context.store.read(key, ReadOptions(range: range), into: sink)
        try context.expectEqual(result.range, expected, "the range read")
        try context.expectEqual(sink.count, Int64(expected.count), "the number of bytes of \(expected)")
        try context.expect(sink.mismatch == nil, "byte \(sink.mismatch ?? 0) of \(expected) is wrong")
        try context.expectEqual(result.info.entry.size, 100_000, "the object's size by a read of \(expected)")
      }
    },
    ConformanceCheck(9, "a range that begins at or beyond the end is refused") { context in
      for (length, start) in [(10, 10), (10, 11), (10, 1 << 40), (0, 0), (0, 5)] as [(Int, Int64)] {
        let key = try context.key("short \(length)")
        try await context.write(Pattern(seed: 1).bytes(length), key)
        let sink = MemorySink(limit: 100)
        try await context.expectError(.invalidArgument, from: "a read of \(length) bytes from \(start)") {
          _ = try await context.store.read(key, ReadOptions(range: ByteRange(start: start)), into: sink)
        }
        try context.expectEqual(sink.bytes.count, 0, "the number of bytes that came nevertheless")
      }
    },
  ]
}

/// Moves everything from a source to a sink, waiting where they pause.
func drain(_ source: any ByteSource, into sink: any ByteSink) async throws {
  var buffer = [UInt8](repeating: 0, count: 50_000)
  while true {
    try Task.checkCancellation()
    switch try buffer.withUnsafeMutableBytes({ try source.read(into: $0) }) {
    case .end: return
    case .pause: try await waitUntilReady { source.whenReady($0) }
    case .bytes(let count):
      while try buffer[..<count].withUnsafeBytes({ try sink.write($0) }) == .pause {
        try await waitUntilReady { sink.whenReady($0) }
      }
    }
  }
}

private func waitUntilReady(_ register: (@escaping @Sendable () -> Void) -> Void) async throws {
  let ready = OneShot<Void>()
  register { ready.settle(.success(())) }
  try await ready.wait()
}

/// Adds up what sources give.
private final class CountingSource: ByteSource {
  private let base: any ByteSource
  private let count: Lock<Int64>

  init(_ base: any ByteSource, _ count: Lock<Int64>) {
    self.base = base
    self.count = count
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    let result = try base.read(into: buffer)
    if case .bytes(let taken) = result { count.withLock { $0 += Int64(taken) } }
    return result
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }
}
