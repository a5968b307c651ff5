import Concurrency
import DropboxStorage
import Emulators
import HTTPClient
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// Files that are copied or moved inside the service, many at the same time.
@Suite struct RelocationTests {
  /// One is told that another write of the account is in the way, once: from then on they go together.
  private struct CrowdedTransport: HTTPTransport {
    let base: any HTTPTransport
    let isFirst = Lock(true)

    func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
      let refuses =
        ["files/move_v2", "files/copy_v2"].contains(request.label)
        && isFirst.withLock { first in
          defer { first = false }
          return first
        }
      if refuses {
        let body = #"{"error_summary": "too_many_write_operations/.", "error": {".tag": "too_many_write_operations"}}"#
        return try await FakeTransport(.text(body, 429)).send(request, into: sink)
      }
      return try await base.send(request, into: sink)
    }

    func close() async {}
  }

  @Test(arguments: ["move", "copy"])
  func `what is moved or copied at the same time goes in few requests once it is in its own way`(_ word: String) async throws {
    let server = try DropboxServer(faults: EmulatorFaults(latency: .milliseconds(30)))
    let store = server.store(transport: CrowdedTransport(base: server.transport))
    for index in 0..<40 { _ = try await store.write(.bytes([UInt8(index)]), to: try ObjectKey("a/\(index)"), WriteOptions()) }
    _ = try await store.write(.bytes([99]), to: try ObjectKey("b/7"), WriteOptions())
    server.requests.clear()
    let codes = try await withThrowingTaskGroup(of: (Int, StorageError.Code?).self) { group in
      for index in 0..<41 {
        group.addTask {
          let (source, destination) = (try ObjectKey("a/\(index)"), try ObjectKey("b/\(index)"))
          let options = CopyOptions(condition: .ifAbsent)
          do {
            let receipt =
              word == "move"
              ? try await store.move(source, to: destination, options) : try await store.copy(source, to: destination, options)
            #expect(receipt.size == 1)
            return (index, nil)
          } catch let error as StorageError { return (index, error.code) }
        }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    #expect(codes.compactMapValues { $0 } == [7: .alreadyExists, 40: .notFound])
    for index in 0..<40 where index != 7 {
      #expect(try await store.readBytes(try ObjectKey("b/\(index)"), limit: 9) == [UInt8(index)])
      #expect(try await (store.find(try ObjectKey("a/\(index)")) == nil) == (word == "move"))
    }
    #expect(try await store.readBytes(try ObjectKey("b/7"), limit: 9) == [99])
    #expect(try await store.readBytes(try ObjectKey("a/7"), limit: 9) == [7])
    let batches = server.requests.count("files/\(word)_batch_v2")
    #expect((1..<15).contains(batches), "40 files took \(batches) batches")
    // Those that were under way before it was said, or came alone.
    #expect(server.requests.count("files/\(word)_v2") < 25)
  }

  @Test func `what cannot go together goes alone, and what meets another write comes again`() async throws {
    let (batches, checks) = (Lock(0), Lock(0))
    let nested =
      #"{".tag": "failure", "failure": {".tag": "relocation_error", "relocation_error": {".tag": "duplicated_or_nested_paths"}}}"#
    let busy = #"{".tag": "failure", "failure": {".tag": "too_many_write_operations"}}"#
    @Sendable func names(_ request: HTTPRequest) -> [String] {
      let body = FakeTransport.text(of: request)
      return ["one", "two", "three"].filter { body.contains("\"/to-\($0)\"") }
    }
    let gate = Gate()
    let transport = FakeTransport { request, _ in
      switch request.label {
      case "files/get_metadata":
        let body = FakeTransport.text(of: request)
        let name = ["one", "two", "three", "gate"].first { body.contains("/\($0)\"") } ?? "?"
        return .text(fileBody("/\(name)", hash: String(repeating: "ab", count: 32)))
      case "files/move_v2":
        let name = names(request).first ?? "gate"
        return .text(#"{"metadata": \#(fileBody("/to-\(name)", hash: String(repeating: "ab", count: 32)))}"#)
      case "files/move_batch_v2":
        batches.withLock { $0 += 1 }
        return .text(#"{".tag": "async_job_id", "async_job_id": "\#(names(request).joined(separator: " "))"}"#)
      case "files/move_batch/check_v2":
        let round = checks.withLock { count in
          count += 1
          return count
        }
        if round == 1 { return .text(#"{".tag": "in_progress"}"#) }
        // An answer that is lost on the way is asked for again: the job goes on meanwhile.
        if round == 2 { return FakeTransport.Answer(status: 503) }
        let body = FakeTransport.text(of: request)
        let answers = ["one", "two", "three"].filter { body.contains($0) }.map { name in
          if name == "two" { return nested }
          if name == "three", batches.withLock({ $0 }) == 1 { return busy }
          return #"{".tag": "success", "success": \#(fileBody("/to-\(name)", hash: String(repeating: "ab", count: 32)))}"#
        }
        return .text(#"{".tag": "complete", "entries": [\#(answers.joined(separator: ","))]}"#)
      default: return FakeTransport.Answer(status: 500)
      }
    }
    let store = fakeStore(CrowdedTransport(base: GatedTransport(transport, gate, at: "files/move_v2")))
    // One is under way throughout, so that the others meet.
    let first = Task { try await store.move(try ObjectKey("gate"), to: try ObjectKey("to-gate"), CopyOptions()) }
    try await gate.opened()
    let others = ["one", "two", "three"].map { name in
      Task { try await store.move(try ObjectKey(name), to: try ObjectKey("to-\(name)"), CopyOptions(condition: .ifAbsent)) }
    }
    while transport.requests.count(where: { $0.label == "files/get_metadata" }) < 4 { try await Task.sleep(for: .milliseconds(5)) }
    try await Task.sleep(for: .milliseconds(50))
    gate.open()
    _ = try await first.value
    for task in others { _ = try await task.value }
    #expect(transport.requests.count { $0.label == "files/move_batch_v2" } == 1)
    // The first, the one that could not go with others, and the last of the three, alone by then.
    #expect(transport.requests.count { $0.label == "files/move_v2" } == 3)
    #expect(checks.withLock { $0 } == 3)
  }
}

/// Holds the first request of a kind until a gate opens.
private struct GatedTransport: HTTPTransport {
  private let base: any HTTPTransport
  private let gate: Gate
  private let label: String
  private let isFirst = Lock(true)

  init(_ base: any HTTPTransport, _ gate: Gate, at label: String) { (self.base, self.gate, self.label) = (base, gate, label) }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    let mustWait =
      request.label == label
      && isFirst.withLock { first in
        defer { first = false }
        return first
      }
    if mustWait { try await gate.pass() }
    return try await base.send(request, into: sink)
  }

  func close() async {}
}
