import Glibc
import LocalStorage
import ObjectStorage
import Testing

@Suite struct LinkTests {
  let scratch = Scratch()
  let outside = Scratch()

  private func problems(_ store: LocalStore) async throws -> [String] {
    try await store.all().problems.map { problem in
      if case .notAFile = problem.reason { return "\(problem.key!)" }
      return "other: \(problem)"
    }
  }

  @Test func `skipped links and special files are reported and left alone`() async throws {
    let store = try scratch.store()
    outside.put("secret", "s")
    scratch.put("file", "1")
    scratch.link("link", to: "file")
    scratch.link("out", to: outside.path)
    scratch.link("dangling", to: "nowhere")
    mkfifo("\(scratch.path)/pipe", 0o644)
    let all = try await store.all()
    #expect(all.entries.map { "\($0.key)" } == ["file"])
    #expect(try await problems(store) == ["dangling", "link", "out", "pipe"])
    for name in ["link", "out", "dangling", "pipe"] {
      #expect(await code { try await store.put(name, "x") } == .alreadyExists)
      #expect(await code { try await store.put(name, "x", WriteOptions(condition: .ifAbsent)) } == .alreadyExists)
      #expect(try await store.delete([DeleteTarget(key(name))])[0].error?.code == .alreadyExists)
      #expect(await code { _ = try await store.get(name) } != nil)
      #expect(await code { _ = try await store.move(key("file"), to: key(name), CopyOptions()) } == .alreadyExists)
    }
    // What is behind a link is not "not found", which would mean "deleted".
    #expect(await code { _ = try await store.get("out/secret") } == .permissionDenied)
    #expect(await code { try await store.put("out/new", "x") } == .permissionDenied)
    #expect(scratch.names() == ["dangling", "file", "link", "out", "pipe"])
    #expect(outside.names() == ["secret"])
  }

  @Test func `followed links read as what they lead to, inside the root only`() async throws {
    let store = try scratch.store(LocalOptions(links: .follow))
    outside.put("secret", "s")
    scratch.makeFolder("d")
    scratch.put("d/f", "content")
    scratch.link("file", to: "d/f")
    scratch.link("folder", to: "d")
    scratch.link("d/loop", to: "..")
    scratch.link("absolute", to: "\(outside.path)/secret")
    scratch.link("up", to: "../\(outside.path.split(separator: "/").last!)/secret")
    let all = try await store.all()
    #expect(all.entries.map { "\($0.key)" } == ["d/", "d/f", "file", "folder/", "folder/f"])
    #expect(Set(try await problems(store)) == ["absolute", "d/loop", "folder/loop", "up"])
    #expect(try await store.get("file") == "content")
    #expect(try await store.get("folder/f") == "content")
    #expect(try await store.stat(key("folder/")).entry == all.entries[3])
    for name in ["absolute", "up"] { #expect(await code { _ = try await store.get(name) } != nil) }
    #expect(await code { try await store.put("file", "new") } == .alreadyExists)
    #expect(scratch.get("d/f") == "content")
  }

  @Test func `links as files carry their text and become links again`() async throws {
    let store = try scratch.store(LocalOptions(links: .asLinkFiles))
    scratch.put("x.a", "1")
    scratch.put("x.z", "1")
    scratch.put("x-", "1")
    scratch.link("x", to: "../any where")
    scratch.link("x-y", to: "x")
    scratch.put("plain.rclonelink", "not a link")
    pause(milliseconds: 40)  // Until everything has settled.
    let all = try await store.all()
    #expect(
      all.entries.map { "\($0.key)" } == ["x-", "x-y.rclonelink", "x.a", "x.rclonelink", "x.z"])
    #expect(try await problems(store) == ["plain.rclonelink"])
    #expect(try await store.names("", ListOptions(pageSize: 1)) == all.entries.map { "\($0.key)" })
    #expect(try await store.names("x.r", ListOptions(pageSize: 1)) == ["x.rclonelink"])
    #expect(try await store.names("", ListOptions(after: key("x.b"))) == ["x.rclonelink", "x.z"])
    #expect(try await store.get("x.rclonelink") == "../any where")
    #expect(try await store.stat(key("x.rclonelink")).entry == all.entries[3])
    #expect(await code { _ = try await store.get("x") } != nil)

    let receipt = try await store.put("d/new.rclonelink", "target")
    var text = [CChar](repeating: 0, count: 100)
    #expect(readlink("\(scratch.path)/d/new", &text, 99) == 6)
    #expect(try await store.entry("d/new.rclonelink")?.version == receipt.version)
    let again = WriteOptions(condition: .ifMatches(receipt.version), keepReplacedAs: try key("kept/old.rclonelink"))
    let second = try await store.put("d/new.rclonelink", "other", again)
    #expect(second.version != receipt.version)
    #expect(try await store.get("kept/old.rclonelink") == "target")
    #expect(await code { try await store.put("d/new.rclonelink", "x", again) } == .preconditionFailed)
    #expect(await code { try await store.put("d/new.rclonelink", "x", WriteOptions(condition: .ifAbsent)) } == .alreadyExists)
    #expect(await code { try await store.put("d/empty.rclonelink", "") } == .invalidArgument)
    _ = try await store.move(key("d/new.rclonelink"), to: key("e.rclonelink"), CopyOptions())
    #expect(try await store.get("e.rclonelink") == "other")
    #expect(try await store.delete([DeleteTarget(key("e.rclonelink"), ifMatches: second.version)])[0].error != nil)
    #expect(try await store.delete([DeleteTarget(key("e.rclonelink"))])[0].error == nil)
    #expect(scratch.names("d") == [])
    #expect(scratch.inode("e") == nil)
  }
}
