import Concurrency
import DropboxStorage
import Emulators
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// Files that are committed together.
@Suite struct CommitTests {
  @Test func `files written side by side are committed together, each by its own condition`() async throws {
    let server = try DropboxServer(faults: EmulatorFaults(latency: .milliseconds(30)))
    let store = server.store()
    _ = try await store.write(.bytes([0]), to: try ObjectKey("f7"), WriteOptions())
    let state = try await store.write(.bytes([0]), to: try ObjectKey("f9"), WriteOptions()).version
    server.requests.clear()
    let codes = try await withThrowingTaskGroup(of: (Int, StorageError.Code?).self) { group in
      for index in 0..<40 {
        group.addTask {
          let condition: WriteCondition =
            index == 9 ? .ifMatches(state) : index == 11 ? .ifMatches(ObjectVersion("123456789")) : .ifAbsent
          do {
            _ = try await store.write(
              .bytes([UInt8(index)]), to: try ObjectKey("f\(index)"), WriteOptions(condition: condition))
            return (index, nil)
          } catch let error as StorageError { return (index, error.code) }
        }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    #expect(codes.compactMapValues { $0 } == [7: .alreadyExists, 11: .preconditionFailed])
    for index in [0, 9, 20, 39] { #expect(try await store.readBytes(try ObjectKey("f\(index)"), limit: 9) == [UInt8(index)]) }
    #expect(try await store.readBytes(try ObjectKey("f7"), limit: 9) == [0])
    #expect(try await store.find(try ObjectKey("f11")) == nil)
    let commits = server.requests.count("files/upload_session/finish_batch_v2") + server.requests.count("files/upload")
    #expect(commits < 30, "40 files took \(commits) commits")
  }

  @Test func `a batch whose entry meets another write comes again with that entry alone`() async throws {
    let busy = #"{".tag": "failure", "failure": {".tag": "too_many_write_operations"}}"#
    let no = #"{".tag": "failure", "failure": {".tag": "path", "path": {".tag": "insufficient_space"}}}"#
    let commits = Lock(0)
    let transport = FakeTransport { request, _ in
      switch request.label {
      case "files/upload_session/start": return .text(#"{"session_id": "s"}"#)
      case "files/upload_session/finish_batch_v2":
        let entries = try #require(try JSONValue.parse(Array(FakeTransport.text(of: request).utf8))["entries"]?.arrayValue)
        let round = commits.withLock { count in
          count += 1
          return count
        }
        let answers = entries.map { entry in
          let path = entry["commit"]?["path"]?.stringValue ?? ""
          if path == "/full" { return no }
          return path == "/busy" && round < 3
            ? busy : fileBody(path, size: 1, tag: "success")
        }
        return .text(#"{"entries": [\#(answers.joined(separator: ","))]}"#)
      default: return .text(fileBody("/gate", size: 0, tag: nil))
      }
    }
    let store = fakeStore(transport)
    // Another write is under way throughout.
    let gate = Gate()
    let held = Task { try await store.write(gate.payload, to: try ObjectKey("gate"), WriteOptions()) }
    try await gate.opened()
    let codes = try await withThrowingTaskGroup(of: (String, StorageError.Code?).self) { group in
      for name in ["busy", "full", "fine"] {
        group.addTask {
          do {
            _ = try await store.write(.bytes([1]), to: try ObjectKey(name), WriteOptions(condition: .ifAbsent))
            return (name, nil)
          } catch let error as StorageError { return (name, error.code) }
        }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    gate.open()
    _ = try await held.value
    #expect(codes.compactMapValues { $0 } == ["full": .quotaExceeded])
    #expect(commits.withLock { $0 } >= 3)
  }

  @Test(arguments: [false, true])
  func `a write that was cancelled is not committed again`(_ isWholeBatchRefused: Bool) async throws {
    let begun = OneShot<Void>()
    let doomed = Lock<Task<WriteReceipt, any Error>?>(nil)
    let commits = Lock<[String]>([])
    let transport = FakeTransport { request, _ in
      switch request.label {
      case "files/upload_session/start": return .text(#"{"session_id": "s"}"#)
      case "files/upload_session/finish_batch_v2":
        let text = FakeTransport.text(of: request)
        commits.withLock { $0.append(text) }
        guard text.contains("/doomed") else { return .text(#"{"entries": [\#(fileBody("/other", tag: "success"))]}"#) }
        doomed.withLock { $0 }?.cancel()
        let busy = #"{".tag": "too_many_write_operations"}"#
        return isWholeBatchRefused
          ? .text(#"{"error_summary": "too_many_write_operations/", "error": {"reason": \#(busy)}}"#, 429)
          : .text(#"{"entries": [{".tag": "failure", "failure": \#(busy)}]}"#)
      default: return .text(fileBody("/gate", size: 0, tag: nil))
      }
    }
    let store = fakeStore(transport)
    // Another write is under way throughout.
    let gate = Gate()
    let held = Task { try await store.write(gate.payload, to: try ObjectKey("gate"), WriteOptions()) }
    try await gate.opened()
    let task = Task {
      try await begun.wait()
      return try await store.write(.bytes([1]), to: try ObjectKey("doomed"), WriteOptions())
    }
    doomed.withLock { $0 = task }
    begun.settle(.success(()))
    await #expect(throws: CancellationError.self) { try await task.value }
    _ = try await store.write(.bytes([1]), to: try ObjectKey("other"), WriteOptions())
    gate.open()
    _ = try await held.value
    #expect(commits.withLock { $0.count { $0.contains("/doomed") } } == 1)
  }

  @Test(arguments: ["", "{}", #"{"entries": []}"#, #"{"entries": [{".tag": "success"}, {}, {}]}"#])
  func `a batch whose outcome is not said is no success`(_ body: String) async throws {
    let transport = FakeTransport { request, _ in
      switch request.label {
      case "files/upload_session/start": .text(#"{"session_id": "s"}"#)
      case "files/upload_session/finish_batch_v2": .text(body)
      default: .text(body)
      }
    }
    let store = fakeStore(transport)
    let gate = Gate()
    let held = Task { try await store.write(gate.payload, to: try ObjectKey("gate"), WriteOptions()) }
    try await gate.opened()
    let failures = await withTaskGroup(of: Bool.self) { group in
      for index in 0..<4 {
        group.addTask {
          do {
            _ = try await store.write(.bytes([1]), to: try ObjectKey("f\(index)"), WriteOptions())
            return false
          } catch { return true }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(failures.allSatisfy { $0 })
    gate.open()
    await #expect(throws: StorageError.self) { _ = try await held.value }
  }

  @Test func `a commit that succeeded and is not described may have happened`() async throws {
    let transport = FakeTransport { request, _ in
      switch request.label {
      case "files/upload_session/start": .text(#"{"session_id": "s"}"#)
      case "files/upload_session/finish_batch_v2": .text(#"{"entries": [{".tag": "success", "name": "a"}]}"#)
      default: .text("null")
      }
    }
    let store = fakeStore(transport) { $0.sessionThreshold = 0 }
    let error = try await #require(throws: StorageError.self) {
      try await store.write(.bytes([1]), to: try ObjectKey("a"), WriteOptions(condition: .ifAbsent))
    }
    #expect(error.code == .internalError && error.retry == .later && error.mayHaveHappened, "\(error)")
    #expect(error.key == (try ObjectKey("a")))
  }
}
