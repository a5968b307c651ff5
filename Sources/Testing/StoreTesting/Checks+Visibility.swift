import ObjectStorage
import Primitives

/// 1: what was done is seen. 2: only wholes are seen. 4: versions.
extension StoreConformance {
  static let visibilityChecks = [
    ConformanceCheck(1, "a written object is seen by stat, read and listing") { context in
      let key = try context.key("new")
      let receipt = try await context.write("hello", key)
      try context.expectEqual(receipt.size, 5, "the receipt's size")
      try context.expectEqual(try await context.store.stat(key).entry.size, 5, "the size by stat")
      try context.expectEqual(try await context.text(key), "hello", "the content")
      let entry = try await context.listed(key)
      try await context.expectSize(of: entry, 5)
    },
    ConformanceCheck(1, "an overwritten object is seen by stat, read and listing") { context in
      let key = try context.key("twice")
      try await context.write("the first content", key)
      try await context.write("the second", key)
      try context.expectEqual(try await context.store.stat(key).entry.size, 10, "the size by stat")
      try context.expectEqual(try await context.text(key), "the second", "the content")
      try await context.expectSize(of: try await context.listed(key), 10)
      try context.expectEqual(try await context.entries().count, 1, "the number of listed objects")
    },
    ConformanceCheck(1, "a deleted object is gone for stat, read and listing") { context in
      let key = try context.key("gone")
      try await context.write("x", key)
      try await context.write("y", try context.key("stays"))
      let outcomes = try await context.store.delete([DeleteTarget(key)])
      try context.expect(outcomes.count == 1 && outcomes[0].error == nil, "deleting failed: \(outcomes)")
      try await context.expectMissing(key, "after a delete")
      try context.expectEqual(try await context.entries().map { context.name($0.key) }, ["stays"], "what is left")
    },
    ConformanceCheck(1, "flush succeeds and changes nothing") { context in
      let key = try context.key("kept")
      let receipt = try await context.write("x", key)
      try await context.store.flush()
      try context.expectEqual(try await context.store.stat(key).entry.version, receipt.version, "the version after flush")
    },
  ]

  static let atomicityChecks = [
    ConformanceCheck(2, "readers beside a writer see whole contents only") { context in
      let key = try context.key("contested")
      let contents = (0..<4).map { Pattern(seed: UInt64($0)).bytes(200_000 + $0) }
      try await context.write(contents[0], key)
      let wrong = try await context.concurrently(4) { task -> String? in
        for round in 0..<8 {
          if task == 0 {
            try await context.write(contents[(round + 1) % 4], key)
          } else {
            let bytes = try await context.bytes(key)
            if !contents.contains(bytes) { return "a reader saw \(bytes.count) bytes that nobody wrote" }
          }
        }
        return nil
      }
      for message in wrong.compactMap({ $0 }) { throw context.fail(message) }
    },
    ConformanceCheck(2, "a write whose source fails leaves the old content") { context in
      let key = try context.key("old")
      let receipt = try await context.write("old", key)
      let payload = Pattern(seed: 1).payload(300_000).mapSource { HostileSource($0, .failing(after: 100_000)) }
      try await context.expectFailure("a write with a failing source") {
        _ = try await context.store.write(payload, to: key, WriteOptions())
      }
      try context.expectEqual(try await context.text(key), "old", "the content")
      try context.expectEqual(try await context.store.stat(key).entry.version, receipt.version, "the version")
    },
    ConformanceCheck(2, "a new object whose source fails is not there") { context in
      let key = try context.key("never")
      let payload = Pattern(seed: 1).payload(9 << 20).mapSource { HostileSource($0, .failing(after: 7 << 20)) }
      try await context.expectFailure("a write with a failing source") {
        _ = try await context.store.write(payload, to: key, WriteOptions())
      }
      try await context.expectMissing(key, "after a failed write")
      try context.expectEqual(try await context.entries().map { context.name($0.key) }, [], "what the failed write left")
    },
    ConformanceCheck(2, "pushed bytes are not visible before commit, and never after abort") { context in
      try context.require(context.capabilities.directWrite, "it takes no pushed bytes")
      let pattern = Pattern(seed: 2)
      for commits in [false, true] {
        let key = try context.key(commits ? "committed" : "aborted")
        let write = try await context.store.openWrite(key, length: 5000, WriteOptions())
        _ = try pattern.bytes(5000).withUnsafeBytes { try write.sink.write($0) }
        try await context.expectMissing(key, "before commit")
        if commits {
          let receipt = try await write.commit(metadata: nil)
          await write.abort()
          try await context.expectContent(key, pattern, 5000, "after commit")
          try context.expectEqual(receipt.version, try await context.listed(key).version, "the receipt's version")
        } else {
          await write.abort()
          try await context.expectMissing(key, "after abort")
        }
      }
    },
  ]

  static let versionChecks = [
    ConformanceCheck(4, "receipt, stat, read and listing agree on the version") { context in
      let key = try context.key("versioned")
      for length in [0, 1, 70_000] {
        let receipt = try await context.write(Pattern(seed: 4).bytes(length), key)
        let sink = MemorySink(limit: 1 << 20)
        try context.expectEqual(try await context.store.stat(key).entry.version, receipt.version, "stat's version")
        try context.expectEqual(
          try await context.store.read(key, ReadOptions(), into: sink).info.entry.version, receipt.version, "read's version")
        try context.expectEqual(try await context.listed(key).version, receipt.version, "the listed version")
      }
    },
    ConformanceCheck(4, "other bytes of the same length have another version") { context in
      let key = try context.key("same length")
      var seen: [ObjectVersion] = []
      for content in ["one", "two", "six", "ten"] {
        let version = try await context.write(content, key).version
        try context.expect(!seen.contains(version), "\(content) has the version of other bytes")
        seen.append(version)
      }
    },
    ConformanceCheck(4, "a stated hash is right") { context in
      let key = try context.key("hashed")
      let bytes = Pattern(seed: 44).bytes(100_000)
      let receipt = try await context.write(bytes, key)
      let info = try await context.store.stat(key)
      for hash in [receipt.hash, info.entry.hash, try await context.listed(key).hash] + info.hashes {
        guard let hash, let expected = contentHash(bytes, hash.method) else { continue }
        try context.expectEqual(hash, expected, "a hash")
      }
    },
    ConformanceCheck(4, "the version of an object in parts is that of the listing") { context in
      let key = try context.key("big")
      let receipt = try await context.store.write(Pattern(seed: 5).payload(17 << 20), to: key, WriteOptions())
      try context.expectEqual(receipt.size, 17 << 20, "the receipt's size")
      try context.expectEqual(try await context.listed(key).version, receipt.version, "the listed version")
      try context.expectEqual(try await context.store.stat(key).entry.version, receipt.version, "stat's version")
    },
  ]
}
