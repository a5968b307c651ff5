import Glibc
import Isobar
import Testing

/// Uses nothing but `import Isobar`, with member imports checked: what a program that depends on the library can do.
@Suite struct SyncEngineTests {
  private let world = World()

  private func engine(_ rights: [String] = ["right"], _ options: SyncOptions = SyncOptions()) throws -> SyncEngine {
    try SyncEngine(
      left: .folder(world.folder("left")), rights: rights.map { .folder(world.folder($0)) }, options: options,
      settings: EngineSettings().withState("\(world.path)/state"))
  }

  @Test func `two folders come in step, and a second run sends nothing`() async throws {
    world.write("left/a", "1")
    world.write("right/deep/b", "22")
    let engine = try engine()
    let plan = try await engine.plan()[0].result.get()
    #expect(plan.totals[.transfer] == 2)
    #expect(plan.totals.bytes == 3)
    let report = try await engine.run()
    #expect(report.transferred == 2)
    #expect(report.bytes == 3)
    #expect(report.isInStep)
    #expect(world.read("right/a") == "1")
    #expect(world.read("left/deep/b") == "22")
    #expect(try await engine.run().transferred == 0)
    #expect(try await engine.check().equal == 2)
    await engine.close()
  }

  @Test func `events tell of each file and end with the engine`() async throws {
    for number in 1...20 { world.write("left/\(number)", "\(number)") }
    let engine = try engine()
    let events = engine.events
    let watcher = Task { () -> (finished: Int, last: EngineProgress) in
      var finished = 0
      var last = EngineProgress()
      for await event in events {
        switch event {
        case .event(.finished(_, .transferred), right: 0): finished += 1
        case .event: break
        case .progress(let progress): last = progress
        }
      }
      return (finished, last)
    }
    let report = try await engine.run()
    await engine.close()
    let (finished, last) = await watcher.value
    #expect(finished == 20)
    #expect(last.settled == 20)
    #expect(last.plannedChanges == 20)
    #expect(last.movedBytes == report.bytes)
    #expect(last.plannedBytes == report.bytes)
    #expect(last.failed == 0)
  }

  @Test func `several folders come in step in one run`() async throws {
    world.write("left/a", "1")
    world.write("second/b", "2")
    let engine = try engine(["first", "second"])
    let report = try await engine.run()
    #expect(report.pairs.count == 2)
    #expect(report.isInStep)
    #expect(world.read("first/b") == "2")
    #expect(world.read("second/a") == "1")
    await engine.close()
  }

  @Test func `a conflict keeps both, and what a run deleted comes back`() async throws {
    world.write("left/a", "1")
    world.write("left/gone", "2")
    let engine = try engine()
    _ = try await engine.run()
    world.write("left/a", "left edit")
    world.write("right/a", "right edit!")
    world.remove("left/gone")
    let report = try await engine.run()
    #expect(report.conflicts == 1)
    #expect(report.deleted == 1)
    let versions = world.names("left").filter { $0.hasPrefix("a") }.compactMap { world.read("left/\($0)") }
    #expect(Set(versions) == ["left edit", "right edit!"])
    let restored = try await engine.withPair { pair -> Int in
      guard let last = try pair.catalog.runs(limit: 1).first else { return 0 }
      return try await pair.sync.undo(last.id).restored.count
    }
    #expect(restored >= 1)
    #expect(world.read("right/gone") == "2")
    await engine.close()
  }

  @Test func `a move leaves nothing behind`() async throws {
    world.write("left/a", "1")
    let engine = try engine()
    let summary = try await engine.move()
    #expect(summary.removed == 1)
    #expect(world.names("left") == [])
    #expect(world.read("right/a") == "1")
    await engine.close()
  }

  @Test func `a guard that stops the only pair is thrown`() async throws {
    for number in 1...20 { world.write("left/\(number)", "\(number)") }
    let engine = try engine()
    _ = try await engine.run()
    for number in 1...15 { world.remove("left/\(number)") }
    await #expect(throws: GuardStop.self) { try await engine.run() }
    #expect(world.names("right").count == 20)
    await engine.close()
  }

  @Test func `a folder that is not there is named before anything runs`() {
    let failure = #expect(throws: StorageError.self) {
      try SyncEngine(
        left: .folder("\(world.path)/nowhere"), right: .folder(world.folder("right")),
        settings: EngineSettings().withState("\(world.path)/state"))
    }
    #expect(failure?.code == .storeNotFound)
  }

  @Test func `a pair of a configuration file runs as it says there`() async throws {
    world.write("left/a", "1")
    world.write("left/b.tmp", "2")
    _ = world.folder("right")
    world.write(
      "isobar.yaml",
      """
      state: state
      stores:
        target: {type: local, path: right}
      pairs:
        documents:
          left: left
          right: "target:inner"
          direction: copy
          filters: {exclude: ["*.tmp"]}
      """)
    let file = "\(world.path)/isobar.yaml"
    let unknown = await #expect(throws: EndError.self) { try await SyncEngine.configured(pair: "photos", configuration: file) }
    #expect(unknown?.message.contains("documents") == true)
    _ = world.folder("right/inner")
    let engine = try await SyncEngine.configured(pair: "documents", configuration: file)
    #expect(try await engine.run().transferred == 1)
    await engine.close()
    #expect(world.names("right/inner") == ["a"])
  }
}

/// Folders that go away with this object.
private final class World: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/isobar-library-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit { _ = system("rm -rf '\(path)'") }

  func folder(_ name: String) -> String {
    _ = system("mkdir -p '\(path)/\(name)'")
    return "\(path)/\(name)"
  }

  func write(_ name: String, _ text: String) {
    if let slash = name.lastIndex(of: "/") { _ = folder(String(name[..<slash])) }
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    _ = Array(text.utf8).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    close(file)
  }

  func remove(_ name: String) { unlink("\(path)/\(name)") }

  func read(_ name: String) -> String? {
    let file = open("\(path)/\(name)", O_RDONLY)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(file, &bytes, bytes.count)
    return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// What is in a folder, without Isobar's own.
  func names(_ name: String) -> [String] {
    guard let folder = opendir("\(path)/\(name)") else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(cString: $0.assumingMemoryBound(to: CChar.self).baseAddress!) }
      if name != ".", name != "..", name != ".isobar" { names.append(name) }
    }
    return names.sorted()
  }
}
