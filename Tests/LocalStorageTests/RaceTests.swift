import Concurrency
import Glibc
import LocalStorage
import ObjectStorage
import Primitives
import Testing

/// Another program works in the same folder, against us.
@Suite(.serialized) struct RaceTests {
  let scratch = Scratch()
  let outside = Scratch()

  /// Runs `attack` over and over on a thread of its own while `body` runs.
  private func against(_ attack: @escaping @Sendable (Int) -> Void, _ body: () async throws -> Void) async throws {
    let isOver = Lock(false)
    let pool = BlockingPool(name: "attacker", threads: 1)
    async let attacker: Void = pool.run {
      var round = 0
      while !isOver.withLock({ $0 }) {
        attack(round)
        round += 1
      }
    }
    let result: Result<Void, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    isOver.withLock { $0 = true }
    try await attacker
    try result.get()
  }

  @Test(arguments: [LocalOptions.Links.skip, .follow, .asLinkFiles], ["d", ".isobar"])
  func `folders swapped for links never lead outside`(_ links: LocalOptions.Links, _ name: String) async throws {
    outside.put("f", "secret")
    outside.put("victim", "untouched")
    scratch.makeFolder(name)
    scratch.put("\(name)/f", "inside")
    let (path, target) = (scratch.path, outside.path)
    let store = try scratch.store(LocalOptions(links: links))
    try await against({ _ in
      rename("\(path)/\(name)", "\(path)/away")
      symlink(target, "\(path)/\(name)")
      usleep(20)
      unlink("\(path)/\(name)")
      rename("\(path)/away", "\(path)/\(name)")
      usleep(20)
    }) {
      for round in 0..<1000 {
        if let content = try? await store.get("\(name)/f") { #expect(content == "inside") }
        if let info = try? await store.stat(key("\(name)/f")) { #expect(info.entry.size == 6) }
        _ = try? await store.put("\(name)/w\(round % 7)", "w")
        _ = try? await store.put("\(name)/new\(round % 5)/deep/w", "w")
        _ = try? await store.write(.empty, to: key("\(name)/folder\(round % 5)/"), WriteOptions())
        _ = try? await store.put("victim", "v", WriteOptions(keepReplacedAs: key("\(name)/victim")))
        _ = try? await store.delete([
          DeleteTarget(key("\(name)/w\((round + 3) % 7)")), DeleteTarget(key("\(name)/folder\((round + 2) % 5)/")),
        ])
        _ = try? await store.move(key("victim"), to: key("\(name)/victim"), CopyOptions())
        _ = try? await store.copy(key("\(name)/f"), to: key("\(name)/copied"), CopyOptions())
        _ = try? await store.updateMetadata(ObjectMetadata(mode: 0o600), of: key("\(name)/victim"), ifMatches: nil)
        if let write = try? await store.openWrite(key("\(name)/pushed"), length: 3, WriteOptions()) {
          _ = try? Array("abc".utf8).withUnsafeBytes { try write.sink.write($0) }
          _ = try? await write.commit(metadata: nil)
          await write.abort()
        }
        if round % 50 == 0, let all = try? await store.all() {
          #expect(all.entries.allSatisfy { "\($0.key)" != "\(name)/f" || $0.size == 6 })
        }
      }
    }
    #expect(outside.names() == ["f", "victim"])
    #expect(outside.get("victim") == "untouched")
    #expect(outside.mode("victim") == 0o644)
  }

  @Test func `a conditional write keeps exactly what it names`() async throws {
    let path = scratch.path
    scratch.put("f", "start")
    let store = try scratch.store()
    var (won, lost) = (0, 0)
    try await against({ round in
      let file = open("\(path)/other", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
      let content = "other \(round)"
      _ = content.utf8CString.withUnsafeBytes { write(file, $0.baseAddress, $0.count - 1) }
      close(file)
      rename("\(path)/other", "\(path)/f")
      usleep(60)
    }) {
      for round in 0..<1500 {
        guard let object = try? await store.payload(for: key("f"), ifMatches: nil) else { continue }
        let sink = MemorySink(limit: 100)
        let source = try object.payload.makeSource()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 8)
        defer { buffer.deallocate() }
        while case .bytes(let count) = try source.read(into: buffer) {
          _ = try sink.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        let options = WriteOptions(condition: .ifMatches(object.info.entry.version), keepReplacedAs: try key("kept/\(round)"))
        do {
          try await store.put("f", "mine \(round)", options)
          won += 1
          #expect(try await store.readBytes(key("kept/\(round)"), limit: 100) == sink.bytes)
        } catch let error as StorageError where error.code == .preconditionFailed {
          lost += 1
          #expect(scratch.inode("kept/\(round)") == nil)
        }
      }
    }
    #expect(won > 0)
    // Only what others wrote or we did is there, and never nothing.
    #expect(scratch.get("f") != nil)
    #expect(scratch.names().filter { $0.contains("tmp") } == [])
  }

  @Test func `of writers that name the same state one wins`() async throws {
    let store = try scratch.store()
    let other = try scratch.store()
    for round in 0..<100 {
      let version = try await store.put("f", "start \(round)").version
      let wins = await withTaskGroup(of: Int.self) { group in
        for writer in 0..<4 {
          group.addTask {
            let options = WriteOptions(condition: .ifMatches(version))
            do { try await (writer % 2 == 0 ? store : other).put("f", "by \(writer)", options) } catch { return 0 }
            return 1
          }
        }
        return await group.reduce(0, +)
      }
      #expect(wins == 1)
    }
  }

  @Test func `a folder removed under a write is made again`() async throws {
    let path = scratch.path
    let store = try scratch.store()
    try await against({ _ in
      rmdir("\(path)/a/b")
      rmdir("\(path)/a")
      usleep(10)
    }) {
      for round in 0..<500 {
        do {
          try await store.put("a/b/c", "\(round)")
          #expect(scratch.get("a/b/c") == "\(round)")
        } catch let error as StorageError {
          // The folder went again and again; but never with the file in it.
          #expect(error.code == .notFound)
        }
        _ = try await store.delete([DeleteTarget(key("a/b/c"))])
      }
    }
  }
}
