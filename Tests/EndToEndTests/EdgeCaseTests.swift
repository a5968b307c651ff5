import Glibc
import Markup
import Testing

/// Rows of the edge cases that only the built command, on the machine's own file systems, can show; the others are in `EdgeCaseTests`.
@Suite struct EdgeCaseCommandTests {
  /// Whether this process may make file systems of its own for one program.
  private func canMount(_ scratch: Scratch) async throws -> Bool {
    if try await scratch.run("unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt").code == 0 { return true }
    print("skipped: no file system can be mounted here")
    return false
  }

  // MARK: 42

  @Test(.timeLimit(.minutes(10)))
  func `edge 42: what a killed upload in parts left in the bucket is gone after the next run`() async throws {
    let server = try await Server.rclone()
    let scratch = try server.scratch()
    let end = server.end() + "&part_size=5M&multipart_threshold=6M"
    try scratch.write("left/large", [UInt8](repeating: 7, count: 14 << 20))
    func uploads() async throws -> Int {
      let list = try await server.judge(scratch, "backend", "list-multipart-uploads", "lab:\(server.bucket)")
      #expect(list.code == 0, "\(list.said)")
      return try JSONValue.parse(Array(list.output.utf8)).objectValue?.members.reduce(0) { $0 + ($1.value.arrayValue?.count ?? 0) }
        ?? -1
    }
    var tries = 0
    repeat {
      let notes = scratch.path + "/state/uploads"
      let killed = try await scratch.isobar(
        "sync", "left", end, "--bandwidth", "4M",
        interruption: Interruption(signal: SIGKILL, delay: .milliseconds(300)) { access(notes, F_OK) == 0 })
      #expect(killed.code == 128 + SIGKILL, "\(killed.said)")
      tries += 1
    } while try await uploads() == 0 && tries < 5
    #expect(try await uploads() > 0)
    let next = try await scratch.isobar("sync", "left", end, "--json")
    #expect(next.code == 0, "\(next.said)")
    #expect(try await uploads() == 0)
    #expect(try scratch.names("state/uploads") == [])
    try await server.download(to: "seen", of: scratch)
    #expect(try scratch.tree("seen") == scratch.tree("left"))
  }

  // MARK: 44

  @Test(.timeLimit(.minutes(10)))
  func `edge 44: contents and names are synced to the disk before the state is`() async throws {
    let scratch = try Scratch()
    for number in 0..<5 { try scratch.write("left/file-\(number)", "content \(number)") }
    let calls = "trace=fsync,fdatasync,syncfs,rename,renameat,renameat2,linkat,pwrite64"
    let traced = try await scratch.run("strace", "-f", "-y", "-e", calls, "-o", "calls", Program.isobar, "sync", "left", "right")
    guard traced.code == 0 else {
      print("skipped: no program can be traced here: \(traced.errors.prefix(200))")
      return
    }
    let lines = try scratch.text("calls").split(separator: "\n")
    func last(_ wanted: (Substring) -> Bool) -> Int { lines.lastIndex(where: wanted) ?? -1 }
    func next(_ from: Int, _ wanted: (Substring) -> Bool) -> Int { lines[from...].firstIndex(where: wanted) ?? .max }
    // The files get their names; the file system is synced; and only then is the state's log, with what is in step, synced in its turn.
    let named = last { ($0.contains("rename") || $0.contains("linkat")) && $0.contains("file-") }
    #expect(named > 0)
    let synced = next(named) { $0.contains("syncfs(") && $0.contains("/right") }
    #expect(synced < .max, "nothing syncs the contents after they got their names")
    let state = next(synced) { ($0.contains("fsync(") || $0.contains("fdatasync(")) && $0.contains("/state/pairs/") }
    #expect(state < .max, "the state is not synced after the contents")
    let entered = next(named) { $0.contains("pwrite64(") && $0.contains("-wal>") }
    #expect(entered > synced, "the state was written before the contents were synced")
  }

  // MARK: 52-55

  @Test(.timeLimit(.minutes(10)))
  func `edge 52: a disk that is not mounted stops the run, and nothing is deleted`() async throws {
    let scratch = try Scratch()
    guard try await canMount(scratch) else { return }
    // The disk is one of memory, kept under another name while it is away.
    let script = """
      mkdir disk && mount -t tmpfs none disk && for i in 1 2 3; do echo $i >left/file-$i; done &&
      "$0" sync left disk >/dev/null && mkdir away && mount --move disk away &&
      { "$0" sync left disk; echo "code $?"; } && ls left | wc -l && ls disk | wc -l &&
      umount away 2>/dev/null; true
      """
    let private_ = "mount --make-rprivate / && " + script
    let run = try await scratch.run("unshare", "-rm", "sh", "-c", private_, Program.isobar)
    #expect(run.output.contains("code 4"), "\(run.said)")
    #expect(run.errors.contains("is not mounted") || run.errors.contains("mounted"), "\(run.said)")
    #expect(run.output.split(separator: "\n").suffix(2) == ["3", "0"], "\(run.said)")
  }

  @Test(.timeLimit(.minutes(10)))
  func `edge 53: too many deletes end with 4, ask, and go on by force or by a larger limit`() async throws {
    let scratch = try Scratch()
    for number in 0..<30 { try scratch.write("left/file-\(number)", "\(number)") }
    #expect(try await scratch.isobar("sync", "left", "right").code == 0)
    for number in 0..<20 { try scratch.remove("right/file-\(number)") }
    let stopped = try await scratch.isobar("sync", "left", "right", "--json")
    #expect(stopped.code == 4, "\(stopped.said)")
    #expect(try stopped.json["error"]?["code"]?.stringValue == "tooManyDeletes", "\(stopped.said)")
    #expect(stopped.errors.contains("20 of 30") && stopped.errors.contains("--force") && stopped.errors.contains("--max-delete"))
    #expect(try scratch.names("left").count == 30)
    // A program that watches is told, too.
    let events = try await scratch.isobar("sync", "left", "right", "--json-progress")
    #expect(events.errors.contains("\"event\":\"error\"") && events.errors.contains("tooManyDeletes"), "\(events.said)")
    #expect(try await scratch.isobar("sync", "left", "right", "--max-delete", "20").code == 0)
    #expect(try scratch.names("left").count == 10)
  }

  @Test(.timeLimit(.minutes(10)))
  func `edge 54: an encrypted tree ends with 4, every time, until it is told to go on`() async throws {
    let scratch = try Scratch()
    for number in 0..<40 { try scratch.write("left/letter-\(number).txt", String(repeating: "Dear \(number), ", count: 200)) }
    #expect(try await scratch.isobar("sync", "left", "right").code == 0)
    let before = try scratch.tree("right")
    for number in 0..<40 {
      try scratch.write("left/letter-\(number).txt", (0..<2000).map { _ in UInt8.random(in: 0...255) })
    }
    for _ in 0..<2 {
      let stopped = try await scratch.isobar("sync", "left", "right", "--json")
      #expect(stopped.code == 4, "\(stopped.said)")
      #expect(try stopped.json["error"]?["code"]?.stringValue == "scrambled")
      #expect(stopped.errors.contains("looks encrypted"), "\(stopped.said)")
      #expect(try scratch.tree("right") == before)
    }
    // Whoever does this for a living turns it off for the pair.
    let off = try await scratch.isobar(
      "sync", "left", "right", "--dry-run", variables: ["ISOBAR_DEFAULTS__CHANGE_GUARD__ENABLED": "false"])
    #expect(off.code == 0, "\(off.said)")
    #expect(try await scratch.isobar("sync", "left", "right", "--force").code == 0)
    #expect(try scratch.tree("right") == scratch.tree("left"))
  }

  @Test(.timeLimit(.minutes(10)), arguments: ["left", "right"])
  func `edge 55: what may not be looked at any more is not deleted on the other side`(_ side: String) async throws {
    let scratch = try Scratch()
    for name in ["a", "b/c", "b/d/e", "f"] { try scratch.write("left/\(name)", "text of \(name)") }
    #expect(try await scratch.isobar("sync", "left", "right").code == 0)
    let (left, right) = (try scratch.tree("left"), try scratch.tree("right"))
    try scratch.write("\(side)/f", "edited")
    chmod("\(scratch.path)/\(side)/b", 0o000)
    let run = try await scratch.unprivileged("sync", "left", "right", "--json")
    chmod("\(scratch.path)/\(side)/b", 0o755)
    #expect(run.code == 0, "\(run.said)")
    #expect(try run.count("deleted") == 0)
    #expect(try run.count("skipped") == 1)
    #expect(try run.count("transferred") == 1)
    #expect(
      try scratch.tree("left").keys.sorted { $0.lexicographicallyPrecedes($1) }
        == left.keys.sorted { $0.lexicographicallyPrecedes($1) })
    #expect(try scratch.tree("right").count == right.count)
    #expect(try scratch.text("left/f") == "edited" && scratch.text("right/f") == "edited")
    let next = try await scratch.isobar("sync", "left", "right", "--json")
    #expect(try next.count("transferred") == 0 && next.count("deleted") == 0, "\(next.said)")
  }

  @Test(.timeLimit(.minutes(10)))
  func `edge 55: a piece of a long encrypted name that may not be looked at hides its folder, which is not deleted`() async throws {
    let scratch = try Scratch()
    try await scratch.makeVault(over: "box")
    let long = String(repeating: "n", count: 200)
    for name in ["around/\(long)/x", "around/\(long)/y/z", "f"] { try scratch.write("left/\(name)", "text of \(name)") }
    let first = try await scratch.isobar("sync", "left", "vault:")
    #expect(first.code == 0, "\(first.said)")
    // The first piece of the long name, with all that lies in it.
    let piece = try #require(
      try scratch.tree("box").keys.map { String(decoding: $0, as: UTF8.self) }.first { $0.hasSuffix("w/") }, "no name was cut")
    chmod("\(scratch.path)/box/\(piece)", 0o000)
    try scratch.write("left/f", "edited")
    let run = try await scratch.unprivileged("sync", "left", "vault:", "--json")
    chmod("\(scratch.path)/box/\(piece)", 0o755)
    #expect(run.code == 0, "\(run.said)")
    #expect(try run.count("deleted") == 0 && run.count("skipped") == 1 && run.count("transferred") == 1, "\(run.said)")
    #expect(try scratch.text("left/around/\(long)/y/z") == "text of around/\(long)/y/z")
    let next = try await scratch.isobar("sync", "left", "vault:", "--json")
    #expect(try next.count("transferred") == 0 && next.count("deleted") == 0, "\(next.said)")

    // At the top there is no folder around it that could be unknown: nothing is concluded at all.
    try scratch.write("left/\(long)", "a long name")
    #expect(try await scratch.isobar("sync", "left", "vault:").code == 0)
    let top = try #require(
      try scratch.tree("box").keys.map { String(decoding: $0, as: UTF8.self) }.first {
        $0.hasSuffix("w/") && $0.split(separator: "/").count == 1
      })
    chmod("\(scratch.path)/box/\(top)", 0o000)
    let refused = try await scratch.unprivileged("sync", "left", "vault:", "--json")
    chmod("\(scratch.path)/box/\(top)", 0o755)
    #expect(refused.code == 1, "\(refused.said)")
    #expect(scratch.exists("left/\(long)"))
  }

  @Test(.timeLimit(.minutes(10)))
  func `edge 29: deep paths of a store with encrypted names are replaced and deleted like others`() async throws {
    let scratch = try Scratch()
    try await scratch.makeVault(over: "box")
    // The first fits as it is but not together with the trash's folder, the second not at all.
    for depth in [130, 160] {
      let deep = String(repeating: "d/", count: depth) + "file"
      try scratch.write("left/\(deep)", "one")
      for (step, code) in [("sent", 0), ("replaced", 0), ("deleted", 0)] {
        if step == "replaced" { try scratch.write("left/\(deep)", "another") }
        if step == "deleted" { try scratch.remove("left/\(deep)") }
        let run = try await scratch.isobar("sync", "left", "vault:", "--force", "--json")
        #expect(Int(run.code) == code, "\(depth) \(step): \(run.said)")
        #expect(try run.count("failed") == 0)
      }
    }
  }

  // MARK: 61-62

  @Test(.timeLimit(.minutes(10)))
  func `edge 61: the doctor says what a store does not keep`() async throws {
    let server = try await Server.rclone()
    let scratch = try server.scratch()
    let bucket = try await scratch.isobar("doctor", server.end())
    #expect(bucket.output.contains("not carried here"), "\(bucket.said)")
    #expect(bucket.output.contains("owners") && bucket.output.contains("extended attributes"), "\(bucket.said)")
    let folder = try await scratch.isobar("doctor", "left", "--json")
    #expect(folder.output.contains("hard links"), "\(folder.said)")
  }

  @Test(.timeLimit(.minutes(10)))
  func `edge 62: special files are named with what they are, in text and in JSON`() async throws {
    let scratch = try Scratch()
    try scratch.write("left/plain", "text")
    mkfifo("\(scratch.path)/left/pipe", 0o644)
    let text = try await scratch.isobar("sync", "left", "right")
    #expect(text.code == 0, "\(text.said)")
    #expect(text.output.contains("pipe: a FIFO"), "\(text.said)")
    let events = try await scratch.isobar("sync", "left", "right", "--json-progress")
    #expect(events.errors.contains("\"event\":\"skipped\"") && events.errors.contains("a FIFO"), "\(events.said)")
    #expect(try await scratch.isobar("sync", "left", "right", "--json").count("skipped") == 1)
    #expect(try scratch.names("right") == ["plain"])
  }

  // MARK: 65-66

  @Test(.timeLimit(.minutes(10)))
  func `edge 65: a disk that is full for the state stops the run, deletes nothing, and the next run goes on`() async throws {
    let scratch = try Scratch()
    guard try await canMount(scratch) else { return }
    let name = "left/a-folder-with-a-long-name/" + String(repeating: "name-", count: 30)
    for number in 0..<1100 { try scratch.write("\(name)\(number)", "\(number)") }
    let script = """
      mkdir small && mount -t tmpfs -o size=300k none small && export ISOBAR_STATE=$PWD/small &&
      { "$0" sync left right >/dev/null; echo "code $?"; } && ls left/* | wc -l &&
      find right -name '.isobar-tmp-*' | wc -l && mount -o remount,size=20m small && "$0" sync left right --json >after.json
      """
    let run = try await scratch.run("unshare", "-rm", "sh", "-c", script, Program.isobar)
    #expect(run.code == 0, "\(run.said)")
    #expect(run.output.contains("code 1"), "\(run.said)")
    #expect(run.errors.contains("space") || run.errors.contains("full"), "\(run.said)")
    #expect(run.output.split(separator: "\n").suffix(2) == ["1100", "0"], "\(run.said)")
    #expect(try scratch.tree("left") == scratch.tree("right"))
    let after = try JSONValue.parse(Array(scratch.text("after.json").utf8))
    #expect(after["deleted"]?.integerValue == 0 && after["conflicts"]?.integerValue == 0)
  }

  @Test(.timeLimit(.minutes(10)))
  func `edge 66: a pair whose credentials were revoked pauses and says so, and the other pairs go on`() async throws {
    let server = try await Server.moto()
    let scratch = try server.scratch()
    try scratch.write(
      "isobar.yaml",
      """
      stores:
        cloud: {type: s3, bucket: \(server.bucket), endpoint: "\(server.endpoint)", region: us-east-1}
      pairs:
        away: {left: left, right: "cloud:"}
        near: {left: left, right: right}
      """)
    try scratch.write("left/a", "first")
    #expect(try await scratch.isobar("sync", "--all").code == 0)
    try scratch.write("left/b", "second")
    try scratch.remove("left/a")
    let revoked = ["AWS_SECRET_ACCESS_KEY": "noLongerValid"]
    let run = try await scratch.isobar("sync", "--all", variables: revoked)
    #expect(run.code == 5, "\(run.said)")
    #expect(run.errors.contains("credentials"), "\(run.said)")
    #expect(try scratch.names("right") == ["b"], "the other pair did not go on: \(run.said)")
    let status = try await scratch.isobar("status")
    #expect(status.output.contains("failed"), "\(status.said)")
    let next = try await scratch.isobar("sync", "--all", "--json")
    #expect(next.code == 0, "\(next.said)")
    #expect(try next.count("transferred") == 1 && next.count("deleted") == 1, "\(next.said)")
    try await server.download(to: "seen", of: scratch)
    #expect(try scratch.names("seen") == ["b"])
  }
}

extension Scratch {
  /// Runs another program here.
  fileprivate func run(_ program: String, _ arguments: [String]) async throws -> Outcome {
    try await Program.run(program, arguments, environment: environment, in: path)
  }
}

extension Scratch {
  /// Sets up a store `vault:` with encrypted names over a folder, with a new key.
  fileprivate func makeVault(over folder: String) async throws {
    try makeFolder(folder)
    try write(
      "isobar.yaml",
      "stores:\n  vault: {type: encrypt, over: \"inside:\", identity: \"file:key\", names: encrypted}\n"
        + "  inside: {type: local, path: \(folder)}\n")
    #expect(try await isobar("keys", "generate", "key").code == 0)
  }

  /// Runs the built command without the right to look at everything, which root has unless it gives it up.
  fileprivate func unprivileged(_ arguments: String...) async throws -> Outcome {
    getuid() == 0
      ? try await run("setpriv", ["--bounding-set", "-dac_override,-dac_read_search", Program.isobar] + arguments)
      : try await run(Program.isobar, arguments)
  }
}
