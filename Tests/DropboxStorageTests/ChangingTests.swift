import DropboxStorage
import Emulators
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// Copies, moves, deletions, and what may not go with them.
@Suite struct ChangingTests {
  private static func write(_ store: DropboxStore, _ key: String, _ text: String, at seconds: Int64 = 1_500_000_000) async throws
    -> ObjectVersion
  {
    try await store.write(
      .bytes(Array(text.utf8)), to: try ObjectKey(key),
      WriteOptions(metadata: ObjectMetadata(modified: Timestamp(seconds: seconds)))
    ).version
  }

  private static func text(_ store: DropboxStore, _ key: String) async throws -> String {
    String(decoding: try await store.readBytes(try ObjectKey(key), limit: 1000), as: UTF8.self)
  }

  @Test func `a move onto nothing is one request, and one onto a file keeps its condition`() async throws {
    let server = try DropboxServer()
    let store = server.store()
    let (source, target) = (try ObjectKey("from/a"), try ObjectKey("to/b"))
    let version = try await Self.write(store, "from/a", "new")
    server.requests.clear()
    let receipt = try await store.move(source, to: target, CopyOptions(condition: .ifAbsent, sourceMatches: version))
    #expect(server.requests.all == ["files/get_metadata", "files/move_v2"])
    #expect(try await store.stat(target).entry.version == receipt.version)
    #expect(try await store.stat(target).entry.modified == Timestamp(seconds: 1_500_000_000))
    let old = try await Self.write(store, "to/c", "old")
    let refused = try await #require(throws: StorageError.self) {
      try await store.move(target, to: try ObjectKey("to/c"), CopyOptions(condition: .ifMatches(version)))
    }
    #expect(refused.code == .preconditionFailed)
    _ = try await store.move(target, to: try ObjectKey("to/c"), CopyOptions(condition: .ifMatches(old)))
    #expect(try await Self.text(store, "to/c") == "new")
    #expect(try await store.stat(try ObjectKey("to/c")).entry.modified == Timestamp(seconds: 1_500_000_000))
    #expect(try await store.find(target) == nil)
  }

  @Test func `a name's case can be changed`() async throws {
    let server = try DropboxServer()
    let store = server.store()
    _ = try await Self.write(store, "folder/readme", "x")
    let receipt = try await store.move(
      try ObjectKey("folder/readme"), to: try ObjectKey("folder/README"), CopyOptions(condition: .ifAbsent))
    #expect(try await keys(store.list(.all, ListOptions())) == ["folder/", "folder/README"])
    #expect(try await store.stat(try ObjectKey("folder/README")).entry.version == receipt.version)
    #expect(try await Self.text(store, "folder/README") == "x")
  }

  @Test(arguments: [
    (2, ScriptedFault.Effect.resetBefore, "readme"), (2, .resetAfter, "readme"), (3, .resetBefore, "readme"),
    (3, .resetAfter, "README"),
  ])
  func `a change of case that breaks off leaves the file under one of its names`(
    _ occurrence: Int, _ action: ScriptedFault.Effect, _ left: String
  ) async throws {
    // The first move says yes and changes nothing, the second goes aside, the third to the new name.
    var faults = EmulatorFaults()
    faults.script = [ScriptedFault(.post, "/2/files/move_v2", occurrence: occurrence, action)]
    let server = try DropboxServer(faults: faults)
    let store = server.store()
    _ = try await Self.write(store, "folder/readme", "x")
    let target = try ObjectKey("folder/README")
    await #expect(throws: StorageError.self) {
      try await store.move(try ObjectKey("folder/readme"), to: target, CopyOptions(condition: .ifAbsent))
    }
    #expect(try await keys(store.list(.all, ListOptions())) == ["folder/", "folder/\(left)"])
    // What was asked for is reached by asking again.
    _ = try await store.move(try ObjectKey("folder/readme"), to: target, CopyOptions(condition: .ifAbsent))
    #expect(try await keys(store.list(.all, ListOptions())) == ["folder/", "folder/README"])
  }

  @Test func `a file is known by its identity after a move`() async throws {
    let server = try DropboxServer()
    let store = server.store()
    _ = try await Self.write(store, "a", "x")
    let before = try await store.stat(try ObjectKey("a")).entry.identity
    let receipt = try await store.move(try ObjectKey("a"), to: try ObjectKey("b"), CopyOptions())
    #expect(before != nil && receipt.identity == before)
    let copy = try await store.copy(try ObjectKey("b"), to: try ObjectKey("c"), CopyOptions())
    #expect(copy.identity != before)
  }

  @Test func `copying and moving folders takes none of their content along`() async throws {
    let server = try DropboxServer()
    let store = server.store()
    _ = try await Self.write(store, "full/file", "x")
    _ = try await store.copy(try ObjectKey("full/"), to: try ObjectKey("copy/"), CopyOptions())
    #expect(try await keys(store.list(.all, ListOptions())) == ["copy/", "full/", "full/file"])
    let error = try await #require(throws: StorageError.self) {
      try await store.move(try ObjectKey("full/"), to: try ObjectKey("moved/"), CopyOptions())
    }
    #expect(error.code == .notEmpty)
    #expect(try await Self.text(store, "full/file") == "x")
  }

  @Test func `a file that became a folder is not deleted`() async throws {
    let server = try DropboxServer()
    let store = server.store()
    let version = try await Self.write(store, "a", "x")
    _ = try await store.delete([DeleteTarget(try ObjectKey("a"))])
    _ = try await Self.write(store, "a/precious", "y")
    _ = try await Self.write(store, "b", "z")
    let outcomes = try await store.delete([
      DeleteTarget(try ObjectKey("a"), ifMatches: version), DeleteTarget(try ObjectKey("b")), DeleteTarget(try ObjectKey("a")),
    ])
    #expect(outcomes.map(\.key.description) == ["a", "b", "a"])
    #expect(try await Self.text(store, "a/precious") == "y")
    #expect(try await store.find(try ObjectKey("b")) == nil)
  }

  @Test func `files go before the folders that they were in`() async throws {
    let server = try DropboxServer()
    let store = server.store()
    for name in ["t/a", "t/u/b", "t/u/c"] { _ = try await Self.write(store, name, "x") }
    _ = try await Self.write(store, "kept/d", "x")
    let targets = try ["t/", "t/u/", "t/a", "kept/", "t/u/c", "t/u/b"].map { DeleteTarget(try ObjectKey($0)) }
    let outcomes = try await store.delete(targets)
    #expect(outcomes.map { $0.error?.code } == [nil, nil, nil, .notEmpty, nil, nil])
    #expect(try await keys(store.list(.all, ListOptions())) == ["kept/", "kept/d"])
  }

  @Test func `a job that deletes is waited for, and its failures are told one by one`() async throws {
    let transport = FakeTransport { request, index in
      switch request.label {
      case "files/delete_batch": .text(#"{".tag": "async_job_id", "async_job_id": "job"}"#)
      case "files/delete_batch/check" where index < 3: .text(#"{".tag": "in_progress"}"#)
      default:
        .text(
          #"{".tag": "complete", "entries": [{".tag": "success", "metadata": \#(fileBody("/a"))}, "#
            + #"{".tag": "failure", "failure": {".tag": "path_write", "path_write": {".tag": "no_write_permission"}}}, "#
            + #"{".tag": "failure", "failure": {".tag": "path_lookup", "path_lookup": {".tag": "not_found"}}}, "#
            + #"{".tag": "failure", "failure": {".tag": "path_write", "path_write": {".tag": "conflict", "conflict": {".tag": "file"}}}}]}"#
        )
      }
    }
    let targets = try ["a", "b", "c", "d"].map { DeleteTarget(try ObjectKey($0), ifMatches: ObjectVersion("123456789")) }
    let outcomes = try await fakeStore(transport).delete(targets)
    #expect(outcomes.map { $0.error?.code } == [nil, .permissionDenied, nil, .preconditionFailed])
    #expect(outcomes[1].error?.key == targets[1].key)
  }

  @Test(arguments: ["{}", "", #"{".tag": "complete", "entries": []}"#, #"{".tag": "failed", "failed": {".tag": "other"}}"#])
  func `a job whose outcome is not said is no success`(_ body: String) async throws {
    let transport = FakeTransport(.text(body))
    let targets = try ["a", "b"].map { DeleteTarget(try ObjectKey($0), ifMatches: ObjectVersion("123456789")) }
    let outcomes = try await fakeStore(transport).delete(targets)
    #expect(outcomes.allSatisfy { $0.error != nil })
  }

  @Test func `a folder is looked into before it goes`() async throws {
    // The first page of a folder may be empty although there is more.
    let transport = FakeTransport { request, _ in
      switch request.label {
      case "files/get_metadata": .text(folderBody("/d"))
      case "files/list_folder": .text(pageBody([], hasMore: true))
      case "files/list_folder/continue": .text(pageBody([fileBody("/d/x")]))
      default:
        .text("{}")
      }
    }
    let outcome = try await fakeStore(transport).delete([DeleteTarget(try ObjectKey("d/"))])
    #expect(outcome.first?.error?.code == .notEmpty)
    #expect(!transport.requests.contains { $0.label == "files/delete_v2" })
  }
}
