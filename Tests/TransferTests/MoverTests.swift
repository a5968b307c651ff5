import Catalog
import MemoryStorage
import ObjectStorage
import StoreLayers
import Sync
import Testing
import Transfer

@Suite struct MoverTests {
  private let scratch = Scratch()

  private func move(_ left: any ObjectStore, _ right: any ObjectStore, filter: Filter = Filter()) async throws -> MoveSummary {
    try await scratch.withPair(left, right, SyncOptions(direction: .copy, filter: filter, concurrency: 4)) {
      try await Mover($0).run()
    }
  }

  @Test func `files are at the other end and nowhere else`() async throws {
    let (left, right) = (try scratch.folder("left"), bucket("right"))
    try await left.put("a", "1")
    try await left.put("folder/inner/b", "22")
    let summary = try await move(left, right)
    #expect(summary.copied.transferred == 2)
    #expect(summary.removed == 2)
    #expect(summary.keptCount == 0)
    #expect(summary.folders == 2)
    #expect(try await left.names() == [])
    #expect(try await right.text("a") == "1")
    #expect(try await right.text("folder/inner/b") == "22")
  }

  @Test func `a file that could not be copied stays`() async throws {
    let left = folder("left")
    let right = FaultyStore(
      bucket("right"), [Fault(.write, key: try ObjectKey("a"), .failBefore(.permissionDenied, retry: .never))])
    try await left.put("a", "1")
    try await left.put("b", "2")
    let summary = try await move(left, right)
    #expect(right.unfired.isEmpty)
    #expect(summary.removed == 1)
    #expect(summary.kept.map(\.key.description) == ["a"])
    #expect(try await left.names() == ["a"])
  }

  @Test func `a file whose copy holds other bytes stays`() async throws {
    let (left, right) = (folder("left"), bucket("right"))
    try await left.put("a", "1")
    // A store that loses what it was given: the copy is replaced behind the engine's back.
    let lying = Replacing(right, key: try ObjectKey("a"), with: "x")
    let summary = try await move(left, lying)
    #expect(summary.removed == 0)
    #expect(summary.kept.map(\.code) == ["differs"])
    #expect(try await left.text("a") == "1")
  }

  @Test func `a file that changes after it was compared stays`() async throws {
    let (left, right) = (folder("left"), bucket("right"))
    try await left.put("a", "1")
    let edited = EditedBeforeDelete(left, key: try ObjectKey("a"), text: "newer")
    let summary = try await move(edited, right)
    #expect(summary.removed == 0)
    #expect(summary.kept.map(\.code) == ["preconditionFailed"])
    #expect(try await left.text("a") == "newer")
  }

  @Test func `what a filter leaves out is neither copied nor removed`() async throws {
    let (left, right) = (folder("left"), bucket("right"))
    try await left.put("a", "1")
    try await left.put("keep.tmp", "2")
    _ = try await move(left, right, filter: Filter(exclude: [try #require(try IgnorePattern("*.tmp"))]))
    #expect(try await left.names() == ["keep.tmp"])
    #expect(try await right.names() == ["a"])
  }

  @Test func `a second move has nothing to do, and what is new goes along`() async throws {
    let (left, right) = (folder("left"), bucket("right"))
    try await left.put("a", "1")
    _ = try await move(left, right)
    #expect(try await move(left, right).removed == 0)
    #expect(try await right.text("a") == "1")
    try await left.put("b", "2")
    #expect(try await move(left, right).removed == 1)
    #expect(try await right.names() == ["a", "b"])
  }
}

/// A store in which one object turns into another as soon as it was written.
private final class Replacing: StoreLayer {
  let base: any ObjectStore
  private let key: ObjectKey
  private let text: String

  init(_ base: any ObjectStore, key: ObjectKey, with text: String) {
    self.base = base
    self.key = key
    self.text = text
  }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    let result = try await body()
    if [.write, .commit].contains(call.operation), call.key == key {
      _ = try await base.write(.bytes(Array(text.utf8)), to: key, WriteOptions())
    }
    return result
  }
}

/// A store in which somebody edits an object just before it is deleted.
private final class EditedBeforeDelete: StoreLayer {
  let base: any ObjectStore
  private let key: ObjectKey
  private let text: String

  init(_ base: any ObjectStore, key: ObjectKey, text: String) {
    self.base = base
    self.key = key
    self.text = text
  }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    if call.operation == .delete, call.key == key {
      _ = try await base.write(.bytes(Array(text.utf8)), to: key, WriteOptions())
    }
    return try await body()
  }
}
