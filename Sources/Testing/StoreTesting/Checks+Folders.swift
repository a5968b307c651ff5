import ObjectStorage
import Primitives

/// 11: folders. 12: metadata. 14: kept aside. 15: bulk delete.
extension StoreConformance {
  static let folderChecks = [
    ConformanceCheck(11, "an empty folder can be written, listed and deleted") { context in
      let folder = try context.key("empty/")
      let receipt = try await context.store.write(.empty, to: folder, WriteOptions())
      try context.expectEqual(receipt.size, 0, "the receipt's size")
      let entry = try await context.listed(folder)
      try context.expectEqual(entry.size, 0, "the listed size")
      try context.expectEqual(try await context.store.stat(folder).entry.key, folder, "the key by stat")
      let outcomes = try await context.store.delete([DeleteTarget(folder)])
      try context.expect(outcomes.first?.error == nil, "deleting failed: \(outcomes)")
      try context.expect(
        !(try await context.pages(KeyPrefix(folder: context.folder)).flatMap(\.entries).contains { $0.key == folder }),
        "the folder is still listed")
      try await context.expectError(.notFound, from: "stat of the deleted folder") { _ = try await context.store.stat(folder) }
    },
    ConformanceCheck(11, "a folder and files in it live side by side") { context in
      let (folder, file) = (try context.key("f/"), try context.key("f/file"))
      _ = try await context.store.write(.empty, to: folder, WriteOptions())
      try await context.write("x", file)
      let listed = try await context.pages(KeyPrefix(folder: context.folder)).flatMap(\.entries).map(\.key)
      try context.expectEqual(listed.filter { $0 != context.folder }, [folder, file], "the listing")
    },
    ConformanceCheck(11, "deleting a folder never deletes what is in it") { context in
      let (folder, file) = (try context.key("full/"), try context.key("full/deep/file"))
      _ = try await context.store.write(.empty, to: folder, WriteOptions())
      try await context.write("precious", file)
      let outcome = try await context.store.delete([DeleteTarget(folder)]).first
      if context.capabilities.realFolders {
        try context.expectEqual(outcome?.error?.code, .notEmpty, "the error of deleting a full folder")
      }
      try context.expectEqual(try await context.text(file), "precious", "the content of the file inside")
    },
    ConformanceCheck(11, "a folder with bytes is refused") { context in
      let folder = try context.key("bytes/")
      try await context.expectError(.invalidArgument, from: "writing bytes into a folder") {
        try await context.write("x", folder)
      }
    },
    ConformanceCheck(11, "folders made on the way are listed where they are real") { context in
      try context.require(context.capabilities.realFolders, "its folders are not real")
      try await context.write("x", try context.key("one/two/file"))
      let listed = try await context.pages(KeyPrefix(folder: context.folder)).flatMap(\.entries).map { context.name($0.key) }
      try context.expectEqual(listed.filter { !$0.isEmpty }, ["one/", "one/two/", "one/two/file"], "the listing")
    },
  ]

  static let metadataChecks = [
    ConformanceCheck(12, "times come back to the stated precision") { context in
      guard let precision = context.capabilities.modifiedPrecision else { throw NotApplicable(reason: "it keeps no times") }
      let times = [
        Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789), Timestamp(seconds: 1, nanoseconds: 1),
        Timestamp(seconds: 4_000_000_000, nanoseconds: 999_999_999), Timestamp(seconds: 0),
        Timestamp(seconds: 1_600_000_000, nanoseconds: 500_000_000), Timestamp(seconds: -86_400),
      ]
      for (index, time) in times.enumerated() {
        let key = try context.key("time \(index)")
        let receipt = try await context.write("x", key, WriteOptions(metadata: ObjectMetadata(modified: time)))
        let kept = time.truncated(toNanoseconds: precision)
        try context.expectEqual(try await context.store.stat(key).entry.modified, kept, "the time by stat")
        try context.expectEqual(receipt.modified, kept, "the receipt's time")
        if context.capabilities.listsModified {
          try context.expectEqual(try await context.listed(key).modified, kept, "the listed time")
        }
      }
    },
    ConformanceCheck(12, "permission bits come back") { context in
      try context.require(context.capabilities.mode, "it keeps no permission bits")
      for mode in [0o600, 0o644, 0o755, 0o400] as [UInt16] {
        let key = try context.key("mode \(mode)")
        try await context.write("x", key, WriteOptions(metadata: ObjectMetadata(mode: mode)))
        try context.expectEqual(try await context.store.stat(key).entry.mode, mode, "the mode by stat")
      }
    },
    ConformanceCheck(12, "the user's own metadata comes back") { context in
      try context.require(context.capabilities.userMetadata, "it keeps no user metadata")
      let key = try context.key("user")
      let user = ["colour": "blue", "long-name-2": "a value, with = and \"quotes\"", "number": "42"]
      try await context.write("x", key, WriteOptions(metadata: ObjectMetadata(user: user)))
      try context.expectEqual(try await context.store.stat(key).userMetadata, user, "the user metadata")
      try await context.write("y", key)
      try context.expectEqual(try await context.store.stat(key).userMetadata, [:], "the user metadata after a plain overwrite")
    },
    ConformanceCheck(12, "metadata of objects in parts comes back") { context in
      guard let precision = context.capabilities.modifiedPrecision else { throw NotApplicable(reason: "it keeps no times") }
      let key = try context.key("big")
      let time = Timestamp(seconds: 1_650_000_000, nanoseconds: 987_654_321)
      _ = try await context.store.write(
        Pattern(seed: 12).payload(17 << 20), to: key, WriteOptions(metadata: ObjectMetadata(modified: time)))
      try context.expectEqual(
        try await context.store.stat(key).entry.modified, time.truncated(toNanoseconds: precision), "the time by stat")
    },
    ConformanceCheck(12, "metadata can be changed and the content stays") { context in
      try context.require(context.capabilities.updateMetadata, "it changes no metadata alone")
      guard let precision = context.capabilities.modifiedPrecision else { throw NotApplicable(reason: "it keeps no times") }
      let key = try context.key("updated")
      let pattern = Pattern(seed: 13)
      let first = try await context.write(pattern.bytes(50_000), key).version
      let time = Timestamp(seconds: 1_444_444_444, nanoseconds: 444_444_444)
      let receipt = try await context.store.updateMetadata(ObjectMetadata(modified: time), of: key, ifMatches: first)
      let info = try await context.store.stat(key)
      try context.expectEqual(info.entry.modified, time.truncated(toNanoseconds: precision), "the time by stat")
      try context.expectEqual(receipt.version, info.entry.version, "the receipt's version")
      try context.expectEqual(try await context.listed(key).version, info.entry.version, "the listed version")
      try await context.expectContent(key, pattern, 50_000, "the content")
      try await context.expectError(.notFound, from: "an update of a missing object") {
        _ = try await context.store.updateMetadata(ObjectMetadata(modified: time), of: try context.key("absent"), ifMatches: nil)
      }
      try await context.write("other", key)
      try await context.expectError(.preconditionFailed, from: "an update that names another state") {
        _ = try await context.store.updateMetadata(ObjectMetadata(), of: key, ifMatches: receipt.version)
      }
    },
    ConformanceCheck(12, "metadata learned while pushing is kept") { context in
      try context.require(context.capabilities.directWrite, "it takes no pushed bytes")
      guard let precision = context.capabilities.modifiedPrecision else { throw NotApplicable(reason: "it keeps no times") }
      let key = try context.key("pushed")
      let time = Timestamp(seconds: 1_333_333_333)
      let write = try await context.store.openWrite(key, length: 1, WriteOptions())
      _ = try [UInt8(1)].withUnsafeBytes { try write.sink.write($0) }
      let receipt = try await write.commit(metadata: ObjectMetadata(modified: time))
      try context.expectEqual(receipt.modified, time.truncated(toNanoseconds: precision), "the receipt's time")
      try context.expectEqual(
        try await context.store.stat(key).entry.modified, time.truncated(toNanoseconds: precision), "the time by stat")
    },
  ]

  static let keptAsideChecks = [
    ConformanceCheck(14, "what a write replaces is kept whole") { context in
      let (key, aside) = (try context.key("current"), try context.key("trash/old"))
      try await context.write("first", key)
      guard context.capabilities.keepsReplaced else {
        try await context.expectError(.unsupported, from: "keepReplacedAs") {
          try await context.write("second", key, WriteOptions(keepReplacedAs: aside))
        }
        try context.expectEqual(try await context.text(key), "first", "the content after the refusal")
        return
      }
      let receipt = try await context.write("second", key, WriteOptions(keepReplacedAs: aside))
      try context.expectEqual(try await context.text(key), "second", "the new content")
      try context.expectEqual(try await context.text(aside), "first", "the replaced content")
      try context.expectEqual(try await context.listed(key).version, receipt.version, "the receipt's version")
      let fresh = try context.key("fresh")
      try await context.write("new", fresh, WriteOptions(keepReplacedAs: try context.key("trash/none")))
      try context.expectEqual(try await context.text(fresh), "new", "the content of a new object")
      try await context.expectMissing(try context.key("trash/none"), "what a new object replaced")
    },
    ConformanceCheck(14, "nothing is kept aside by a write that is refused") { context in
      try context.require(context.capabilities.keepsReplaced, "it keeps nothing aside")
      try context.require(context.capabilities.ifMatches >= .checked, "it ignores ifMatches")
      let (key, aside) = (try context.key("current"), try context.key("trash/old"))
      let first = try await context.write("first", key).version
      try await context.write("second", key)
      try await context.expectError(.preconditionFailed, from: "a write that names another state") {
        try await context.write("third", key, WriteOptions(condition: .ifMatches(first), keepReplacedAs: aside))
      }
      try context.expectEqual(try await context.text(key), "second", "the content")
      try await context.expectMissing(aside, "the place aside")
    },
    ConformanceCheck(14, "the key is never missing while its content is kept aside") { context in
      try context.require(context.capabilities.keepsReplaced, "it keeps nothing aside")
      let key = try context.key("current")
      try await context.write("0", key)
      let seen = try await context.concurrently(3) { task -> String? in
        for round in 0..<20 {
          if task == 0 {
            try await context.write("\(round)", key, WriteOptions(keepReplacedAs: try context.key("trash/\(round)")))
          } else {
            do { _ = try await context.store.stat(key) } catch { return "\(error)" }
          }
        }
        return nil
      }
      for message in seen.compactMap({ $0 }) { throw context.fail("a look at the key failed: \(message)") }
    },
  ]

  static let deleteChecks = [
    ConformanceCheck(15, "each target has its own outcome in the order asked") { context in
      let keys = try ["c", "a", "absent", "b", "d"].map { try context.key($0) }
      var stale: ObjectVersion?
      for key in keys where context.name(key) != "absent" {
        let version = try await context.write("1", key).version
        if context.name(key) == "b" { stale = version }
      }
      try await context.write("22", keys[3])
      let targets = keys.map { DeleteTarget($0, ifMatches: context.name($0) == "b" ? stale : nil) }
      let outcomes = try await context.store.delete(targets)
      try context.expectEqual(outcomes.map(\.key), keys, "the keys of the outcomes")
      try context.expectEqual(
        outcomes.map { $0.error?.code }, [nil, nil, nil, .preconditionFailed, nil], "the outcomes")
      try context.expectEqual(try await context.entries().map { context.name($0.key) }, ["b"], "what is left")
    },
    ConformanceCheck(15, "more targets than a request takes are all deleted") { context in
      let count = min(context.capabilities.deleteBatch + 5, 1010)
      let keys = try (0..<count).map { try context.key("\($0)") }
      _ = try await context.concurrently(8) { task in
        for index in stride(from: task, to: count, by: 8) { try await context.write("", keys[index]) }
      }
      let outcomes = try await context.store.delete(keys.map { DeleteTarget($0) })
      try context.expectEqual(outcomes.count, count, "the number of outcomes")
      try context.expect(outcomes.map(\.key) == keys, "the outcomes come in another order")
      try context.expectEqual(outcomes.filter { $0.error != nil }.count, 0, "the number of failures")
      try context.expectEqual(try await context.entries().count, 0, "the number of objects left")
    },
    ConformanceCheck(15, "deleting nothing does nothing") { context in
      try context.expectEqual(try await context.store.delete([]).count, 0, "the number of outcomes")
    },
  ]
}
