import Age
import Composition
import Concurrency
import EncryptionLayer
import MemoryStorage
import ObjectStorage
import StoreLayers
import Testing

@testable import Composition

@Suite struct KeyRotationTests {
  private func store(_ base: any ObjectStore, for recipient: Identity, reading: [Identity]) throws -> EncryptedStore {
    let access = EncryptionOptions.Access.keys(recipients: [recipient].compactMap(\.recipient), identities: reading)
    return EncryptedStore(base, options: try EncryptionOptions(access: access))
  }

  @Test func `a folder that cannot be listed is a failure`() async throws {
    let memory = MemoryStore()
    let (old, new) = (Identity.generate(), Identity.generate())
    for name in ["a", "b/c"] {
      _ = try await store(memory, for: old, reading: [old]).write(.bytes([1]), to: ObjectKey(name), WriteOptions())
    }
    let base = Watched(memory, hidden: try ObjectKey("b/"))
    let report = try await KeyRotation(store: store(base, for: new, reading: [old, new]), width: 2).run()
    #expect(report.rotated == 1 && report.failures.count == 1)
    #expect("\(report.failures)".contains("b/"))
  }

  @Test func `what was done is made durable, the keys before the first object and all of it at the end`() async throws {
    let memory = MemoryStore()
    let (old, new) = (Identity.generate(), Identity.generate())
    for name in ["a", "b"] {
      _ = try await store(memory, for: old, reading: [old]).write(.bytes([1]), to: ObjectKey(name), WriteOptions())
    }
    // An object that fails changes nothing about that.
    _ = try await memory.write(.bytes(Array("no age file at all, but long".utf8)), to: ObjectKey("c"), WriteOptions())
    let base = Watched(memory)
    let report = try await KeyRotation(store: store(base, for: new, reading: [old, new]), width: 1).run()
    #expect(report.rotated == 2 && report.failures.count == 1)
    #expect(base.calls == ["write .isobar/encryption", "flush", "write a", "write b", "flush"])
  }
}

/// Notes writes and flushes; a folder may be unreadable.
private final class Watched: StoreLayer {
  let base: any ObjectStore
  private let hidden: ObjectKey?
  private let noted = Lock<[String]>([])
  var calls: [String] { noted.withLock { $0 } }

  init(_ base: any ObjectStore, hidden: ObjectKey? = nil) { (self.base, self.hidden) = (base, hidden) }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    let result = try await body()
    if call.operation == .write { noted.withLock { $0.append("write \(call.key.map { "\($0)" } ?? "")") } }
    if call.operation == .flush { noted.withLock { $0.append("flush") } }
    return result
  }

  func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { Holed(base.list(prefix, options), hidden) }

  private final class Holed: Listing, Sendable {
    private let base: any Listing
    private let hidden: ObjectKey?

    init(_ base: any Listing, _ hidden: ObjectKey?) { (self.base, self.hidden) = (base, hidden) }

    func next() async throws -> ListPage? {
      guard var page = try await base.next() else { return nil }
      guard let hidden else { return page }
      let count = page.entries.count
      page.entries.removeAll { $0.key.bytes.starts(with: hidden.bytes) }
      if page.entries.count < count {
        let error = StorageError(.permissionDenied, store: "test", key: hidden, message: "not yours")
        page.problems.append(ListProblem(key: hidden, reason: .unreadable(error)))
      }
      return page
    }
  }
}
