import ObjectStorage
import Primitives

/// 5: conditions on writes, reads, deletes, copies and moves.
extension StoreConformance {
  private static func checked(_ support: StoreCapabilities.ConditionSupport, _ context: CheckContext, _ what: String) throws {
    try context.require(support >= .checked, "it ignores \(what)")
  }

  private static let other = ObjectVersion("\"0123456789abcdef0123456789abcdef\"")

  static let conditionChecks = [
    ConformanceCheck(5, "ifAbsent writes a new object and refuses one that is there") { context in
      try checked(context.capabilities.ifAbsent, context, "ifAbsent")
      let key = try context.key("once")
      let options = WriteOptions(condition: .ifAbsent)
      try await context.write("first", key, options)
      try await context.expectError(.alreadyExists, from: "a second ifAbsent write") {
        try await context.write("second", key, options)
      }
      try context.expectEqual(try await context.text(key), "first", "the content")
      _ = try await context.store.delete([DeleteTarget(key)])
      try await context.write("third", key, options)
      try context.expectEqual(try await context.text(key), "third", "the content after a delete")
    },
    ConformanceCheck(5, "ifAbsent holds for objects in parts") { context in
      try checked(context.capabilities.ifAbsent, context, "ifAbsent")
      let key = try context.key("big")
      try await context.write("small", key)
      try await context.expectError(.alreadyExists, from: "an ifAbsent write in parts") {
        _ = try await context.store.write(Pattern(seed: 1).payload(17 << 20), to: key, WriteOptions(condition: .ifAbsent))
      }
      try context.expectEqual(try await context.text(key), "small", "the content")
    },
    ConformanceCheck(5, "of sixteen ifAbsent writers exactly one wins") { context in
      try context.require(context.capabilities.ifAbsent == .enforced, "it does not enforce ifAbsent")
      let key = try context.key("race")
      let winners = try await context.concurrently(16) { writer in
        do {
          try await context.write("writer \(writer)", key, WriteOptions(condition: .ifAbsent))
          return true
        } catch let error as StorageError where error.code == .alreadyExists || error.code == .preconditionFailed {
          return false
        }
      }
      let won = winners.indices.filter { winners[$0] }
      try context.expectEqual(won.count, 1, "the number of winners")
      try context.expectEqual(try await context.text(key), "writer \(won[0])", "the content")
    },
    ConformanceCheck(5, "ifMatches replaces only the named state") { context in
      try checked(context.capabilities.ifMatches, context, "ifMatches")
      let key = try context.key("state")
      let first = try await context.write("first", key).version
      let second = try await context.write("second", key, WriteOptions(condition: .ifMatches(first))).version
      for stale in [first, other] {
        try await context.expectError(.preconditionFailed, from: "a write that names another state") {
          try await context.write("third", key, WriteOptions(condition: .ifMatches(stale)))
        }
      }
      try context.expectEqual(try await context.store.stat(key).entry.version, second, "the version")
      try context.expectEqual(try await context.text(key), "second", "the content")
    },
    ConformanceCheck(5, "ifMatches makes no new object") { context in
      try checked(context.capabilities.ifMatches, context, "ifMatches")
      let key = try context.key("absent")
      try await context.expectError(.preconditionFailed, from: "a write that names a state of a missing object") {
        try await context.write("x", key, WriteOptions(condition: .ifMatches(other)))
      }
      try await context.expectMissing(key, "after the refused write")
    },
    ConformanceCheck(5, "of sixteen ifMatches writers exactly one wins") { context in
      try context.require(context.capabilities.ifMatches == .enforced, "it does not enforce ifMatches")
      let key = try context.key("race")
      let version = try await context.write("start", key).version
      let winners = try await context.concurrently(16) { writer in
        do {
          try await context.write("writer \(writer)", key, WriteOptions(condition: .ifMatches(version)))
          return true
        } catch let error as StorageError where error.code == .preconditionFailed {
          return false
        }
      }
      let won = winners.indices.filter { winners[$0] }
      try context.expectEqual(won.count, 1, "the number of winners")
      try context.expectEqual(try await context.text(key), "writer \(won[0])", "the content")
    },
    ConformanceCheck(5, "reads can name a state") { context in
      let key = try context.key("read")
      let version = try await context.write("first", key).version
      let bytes = try await context.store.readBytes(key, limit: 100, ReadOptions(ifMatches: version))
      try context.expectEqual(bytes, Array("first".utf8), "the content")
      try await context.write("second", key)
      try await context.expectError(.preconditionFailed, from: "a read that names another state") {
        _ = try await context.store.readBytes(key, limit: 100, ReadOptions(ifMatches: version))
      }
      try await context.expectError(.preconditionFailed, from: "a payload that names another state") {
        let object = try await context.store.payload(for: key, ifMatches: version)
        _ = try await context.store.write(object.payload, to: try context.key("copy"), WriteOptions())
      }
    },
    ConformanceCheck(5, "deletes can name a state") { context in
      let key = try context.key("delete")
      let first = try await context.write("first", key).version
      let second = try await context.write("second", key).version
      let refused = try await context.store.delete([DeleteTarget(key, ifMatches: first)])
      try context.expectEqual(refused.first?.error?.code, .preconditionFailed, "the refusal of a delete that names another state")
      try context.expectEqual(try await context.text(key), "second", "the content")
      let done = try await context.store.delete([DeleteTarget(key, ifMatches: second)])
      try context.expect(done.first?.error == nil, "the delete that names the state failed: \(done)")
      try await context.expectMissing(key, "after the delete")
    },
    ConformanceCheck(5, "pushed bytes keep the condition until commit") { context in
      try context.require(context.capabilities.directWrite, "it takes no pushed bytes")
      try checked(context.capabilities.ifAbsent, context, "ifAbsent")
      let key = try context.key("late")
      let write = try await context.store.openWrite(key, length: 3, WriteOptions(condition: .ifAbsent))
      _ = try Array("new".utf8).withUnsafeBytes { try write.sink.write($0) }
      try await context.write("meanwhile", key)
      try await context.expectError(.alreadyExists, from: "the commit") { _ = try await write.commit(metadata: nil) }
      await write.abort()
      try context.expectEqual(try await context.text(key), "meanwhile", "the content")
    },
  ]

  static let copyChecks = [
    ConformanceCheck(1, "a copy is seen, with content and metadata of its source") { context in
      try context.require(context.capabilities.serverSideCopy, "it does not copy by itself")
      let (source, target) = (try context.key("source"), try context.key("folder/target é"))
      let pattern = Pattern(seed: 8)
      let modified = Timestamp(seconds: 1_600_000_000)
      try await context.write(pattern.bytes(70_000), source, WriteOptions(metadata: ObjectMetadata(modified: modified)))
      let receipt = try await context.store.copy(source, to: target, CopyOptions())
      try await context.expectContent(target, pattern, 70_000, "the copy")
      try await context.expectContent(source, pattern, 70_000, "the source")
      try context.expectEqual(try await context.listed(target).version, receipt.version, "the copy's version")
      try context.expectEqual(receipt.size, 70_000, "the receipt's size")
      if context.capabilities.modifiedPrecision != nil {
        try context.expectEqual(try await context.store.stat(target).entry.modified, modified, "the copy's time")
      }
    },
    ConformanceCheck(8, "copying or moving a missing object reports not found") { context in
      let (source, target) = (try context.key("absent"), try context.key("target"))
      try await context.expectError(.notFound, .unsupported, from: "a copy") {
        _ = try await context.store.copy(source, to: target, CopyOptions())
      }
      try await context.expectError(.notFound, .unsupported, from: "a move") {
        _ = try await context.store.move(source, to: target, CopyOptions())
      }
      try await context.expectMissing(target, "the target")
    },
    ConformanceCheck(5, "copies keep the conditions on source and target") { context in
      try context.require(context.capabilities.serverSideCopy, "it does not copy by itself")
      let (source, target) = (try context.key("source"), try context.key("target"))
      let old = try await context.write("old", source).version
      let new = try await context.write("new", source).version
      try await context.expectError(.preconditionFailed, from: "a copy that names another state of the source") {
        _ = try await context.store.copy(source, to: target, CopyOptions(sourceMatches: old))
      }
      try await context.expectMissing(target, "after the refused copy")
      _ = try await context.store.copy(source, to: target, CopyOptions(sourceMatches: new))
      try context.expectEqual(try await context.text(target), "new", "the copy")
      if context.capabilities.ifAbsent >= .checked {
        try await context.expectError(.alreadyExists, from: "an ifAbsent copy onto an object") {
          _ = try await context.store.copy(source, to: target, CopyOptions(condition: .ifAbsent))
        }
      }
      if context.capabilities.ifMatches >= .checked {
        try await context.expectError(.preconditionFailed, from: "a copy that names another state of the target") {
          _ = try await context.store.copy(source, to: target, CopyOptions(condition: .ifMatches(other)))
        }
        let state = try await context.store.stat(target).entry.version
        try await context.write("newer", source)
        _ = try await context.store.copy(source, to: target, CopyOptions(condition: .ifMatches(state)))
        try context.expectEqual(try await context.text(target), "newer", "the copy over the named state")
      }
    },
    ConformanceCheck(12, "a copy can be given other metadata") { context in
      try context.require(context.capabilities.serverSideCopy, "it does not copy by itself")
      try context.require(context.capabilities.modifiedPrecision != nil, "it keeps no times")
      let (source, target) = (try context.key("source"), try context.key("target"))
      let (old, new) = (Timestamp(seconds: 1_500_000_000), Timestamp(seconds: 1_600_000_000))
      try await context.write("x", source, WriteOptions(metadata: ObjectMetadata(modified: old)))
      _ = try await context.store.copy(source, to: target, CopyOptions(metadata: ObjectMetadata(modified: new)))
      try context.expectEqual(try await context.store.stat(target).entry.modified, new, "the copy's time")
      try context.expectEqual(try await context.store.stat(source).entry.modified, old, "the source's time")
    },
    ConformanceCheck(1, "a moved object is under its new name only") { context in
      try context.require(context.capabilities.atomicMove || context.capabilities.serverSideCopy, "it does not move")
      let (source, target) = (try context.key("from/here"), try context.key("to/there"))
      let pattern = Pattern(seed: 9)
      try await context.write(pattern.bytes(30_000), source)
      let receipt = try await context.store.move(source, to: target, CopyOptions())
      try await context.expectContent(target, pattern, 30_000, "the moved object")
      try await context.expectMissing(source, "the old name")
      try context.expectEqual(try await context.listed(target).version, receipt.version, "the receipt's version")
    },
    ConformanceCheck(5, "moves keep the conditions on source and target") { context in
      try context.require(context.capabilities.atomicMove || context.capabilities.serverSideCopy, "it does not move")
      let (source, target) = (try context.key("source"), try context.key("target"))
      let old = try await context.write("old", source).version
      let new = try await context.write("new", source).version
      try await context.expectError(.preconditionFailed, from: "a move that names another state of the source") {
        _ = try await context.store.move(source, to: target, CopyOptions(sourceMatches: old))
      }
      try await context.write("there", target)
      if context.capabilities.ifAbsent >= .checked {
        try await context.expectError(.alreadyExists, from: "an ifAbsent move onto an object") {
          _ = try await context.store.move(source, to: target, CopyOptions(condition: .ifAbsent))
        }
      }
      try context.expectEqual(try await context.text(target), "there", "the target after refused moves")
      try context.expectEqual(try await context.text(source), "new", "the source after refused moves")
      _ = try await context.store.move(source, to: target, CopyOptions(sourceMatches: new))
      try context.expectEqual(try await context.text(target), "new", "the target after the move")
      try await context.expectMissing(source, "the source after the move")
    },
  ]
}
