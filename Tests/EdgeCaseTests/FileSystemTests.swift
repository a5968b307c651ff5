import Catalog
import Glibc
import LocalStorage
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import Sync
import SyncTesting
import Testing

/// Rows 58-65: what only file systems have.
@Suite struct FileSystemTests {
  /// Right ends for a real folder on the left.
  static let rights: [Place] = [.folder, .memory, .server(.moto)]

  // MARK: 58

  private static let links = """
    mkdir -p ../outside inside && echo secret > ../outside/secret && echo mine > inside/file &&
    ln -s loop loop && ln -s . self && ln -s .. up && ln -s ../outside escape && ln -s ../outside/secret escapes-too &&
    ln -s /etc/passwd absolute && ln -s nowhere broken && ln -s inside/file good && mkdir deep && ln -s ../deep deep/again
    """

  @Test(arguments: rights)
  func `edge 58: links are left alone and reported, whether they loop, escape, or lead nowhere`(right: Place) async throws {
    let world = try await PairWorld(.folder, right)
    #expect(world.shell(.left, Self.links))
    let summary = try await world.sync()
    #expect(summary.failed == 0)
    #expect(summary.skipped == 9)
    #expect(try await world.files(.right) == ["inside/file": "mine\n"])
    #expect(world.shell(.left, "test -L loop -a -L escape -a -L broken && test \"$(cat ../outside/secret)\" = secret"))
  }

  @Test(arguments: rights)
  func `edge 58: followed links end at the root, and in a loop`(right: Place) async throws {
    let world = try await PairWorld(.folder, right)
    #expect(world.shell(.left, Self.links))
    let path = Array("\(world.folder.path)/left".utf8)
    world.wrap = { side, store in
      guard side == .left, let folder = try? LocalStore.open(path: path, options: LocalOptions(links: .follow)) else {
        return store
      }
      return folder
    }
    let summary = try await world.sync()
    #expect(summary.failed == 0)
    // The good one is the file that it leads to; of the others none is entered.
    #expect(try await world.files(.right) == ["good": "mine\n", "inside/file": "mine\n"])
    #expect(summary.skipped == 8)
    // What the other side writes under the name of a link does not go through it.
    try await world.put(.right, "escapes-too", "written from the other side")
    try await world.put(.right, "escape/secret", "written from the other side")
    _ = try await world.sync()
    #expect(world.shell(.left, "test \"$(cat ../outside/secret)\" = secret && test $(ls ../outside | wc -l) = 1"))
  }

  // MARK: 59-60

  @Test(arguments: rights)
  func `edge 59: each name of a hard-linked file has its content on both sides, and the run says so`(right: Place) async throws {
    let world = try await PairWorld(.folder, right)
    #expect(world.shell(.left, "echo shared > a && ln a b && mkdir d && ln a d/c && echo alone > e"))
    let events = Events()
    #expect(try await world.sync(observer: events.take).transferred == 4)
    #expect(events.linked == [.init(side: .left, files: 3)])
    let files = ["a": "shared\n", "b": "shared\n", "d/c": "shared\n", "e": "alone\n"]
    #expect(try await world.files(.right) == files)
    #expect(try await world.plan().operations.isEmpty)
    // An edit through one name is an edit of each.
    #expect(world.shell(.left, "echo 'shared and edited' > b"))
    #expect(try await world.sync().transferred == 3)
    #expect(try await world.files(.right)["d/c"] == "shared and edited\n")
    // What comes from the other side replaces one name and leaves the others as they were.
    try await world.put(.right, "a", "edited there")
    #expect(try await world.sync().failed == 0)
    #expect(try await world.files(.left)["a"] == "edited there")
    #expect(try await world.files(.left)["b"] == "shared and edited\n")
    #expect(try await world.files(.right) == world.files(.left))
    #expect(try await world.sync().transferred == 0)
    // One name goes: the file lives on under the others.
    try await world.remove(.left, "b")
    #expect(try await world.sync().deleted == 1)
    #expect(try await world.files(.right)["d/c"] == "shared and edited\n")
  }

  @Test(arguments: rights)
  func `edge 60: a sparse file has the same content on both sides`(right: Place) async throws {
    let world = try await PairWorld(.folder, right)
    // Holes at the beginning, in the middle and at the end; one file of nothing but a hole.
    #expect(
      world.shell(
        .left,
        """
        truncate -s 3000000 sparse hole && printf begin | dd of=sparse bs=1 seek=1000000 conv=notrunc 2>/dev/null &&
        printf end | dd of=sparse bs=1 seek=2000000 conv=notrunc 2>/dev/null && test $(du -k sparse | cut -f1) -lt 1000
        """))
    #expect(try await world.sync().transferred == 2)
    let (left, other) = (try await world.contents(.left), try await world.contents(.right))
    #expect(left == other)
    #expect(other.values.allSatisfy { $0.count == 3_000_000 })
    #expect(try await world.plan().operations.isEmpty)
    // And back.
    #expect(world.shell(.left, "rm sparse hole") && world.folder.shell("rm -rf state"))
    #expect(try await world.sync().transferred == 2)
    #expect(try await world.contents(.left) == left)
  }

  // MARK: 61-63

  @Test(arguments: rights)
  func `edge 61: permissions and times cross where the other side keeps them, and come back`(right: Place) async throws {
    let world = try await PairWorld(.folder, right)
    #expect(
      world.shell(
        .left,
        """
        echo '#!/bin/sh' > run && chmod 755 run && echo secret > key && chmod 600 key && echo read > only && chmod 444 only &&
        touch -d '2019-02-03 04:05:06.123456789' run key only && echo set > suid && chmod 4755 suid
        """))
    #expect(try await world.sync().transferred == 4)
    // A second machine with an empty folder: what it gets is what the store has kept.
    #expect(world.folder.shell("rm -rf left/* state"))
    #expect(try await world.sync().transferred == 4)
    #expect(
      world.shell(
        .left,
        """
        test $(stat -c %a run) = 755 && test $(stat -c %a key) = 600 && test $(stat -c %a only) = 444 &&
        test "$(stat -c %y run | cut -c1-29)" = '2019-02-03 04:05:06.123456789'
        """))
    // A set-user-id bit is somebody else's gift and does not come back.
    #expect(world.shell(.left, "test $(stat -c %a suid) = 755"))
    // A change of permissions alone crosses without content.
    #expect(world.shell(.left, "chmod 700 run"))
    let changed = try await world.sync()
    #expect(changed.transferred == 0)
    #expect(try await world[.right].stat(try ObjectKey("run")).entry.mode == 0o700)
  }

  @Test func `edge 61: what a side does not keep is declared, and costs no second transfer`() async throws {
    var capabilities = MemoryStoreOptions.everything
    (capabilities.mode, capabilities.modifiedPrecision, capabilities.updateMetadata) = (false, nil, false)
    capabilities.listsModified = false
    let world = try await PairWorld(.folder, .memory(capabilities))
    #expect(world.shell(.left, "echo 1 > a && chmod 700 a && touch -d '2019-02-03 04:05:06' a"))
    #expect(try await world.sync().transferred == 1)
    let declared = try await world[.right].capabilities()
    #expect(!declared.mode && declared.modifiedPrecision == nil)
    #expect(try await world.plan().operations.isEmpty)
    #expect(world.shell(.left, "chmod 755 a && touch -d '2020-02-03 04:05:06' a"))
    #expect(try await world.sync().transferred == 0)
    #expect(try await world.plan().operations.isEmpty)
    // The side that knows them keeps them.
    #expect(world.shell(.left, "test $(stat -c %a a) = 755 && stat -c %y a | grep -q '^2020-02-03'"))
  }

  @Test(arguments: rights)
  func `edge 62: a FIFO, a device and a socket are skipped and reported, and what they replaced is not deleted`(
    right: Place
  ) async throws {
    let world = try await PairWorld(.folder, right)
    #expect(world.shell(.left, "echo 1 > a; echo 2 > b; echo 3 > c"))
    try await world.sync()
    let path = "\(world.folder.path)/left"
    #expect(world.shell(.left, "rm a && mkfifo a"))
    let socket = try bind("\(path)/socket")
    defer { close(socket) }
    // Only root may make a device.
    let isDevice = getuid() == 0 && systemCommand("mknod '\(path)/null' c 1 3 2>/dev/null")
    let events = Events()
    let summary = try await world.sync(observer: events.take)
    #expect(summary.skipped == (isDevice ? 3 : 2))
    #expect(summary.deleted == 0)
    #expect(summary.failed == 0)
    #expect(events.skipped["a"] == "a FIFO")
    #expect(events.skipped["socket"] == "a socket")
    if isDevice { #expect(events.skipped["null"] == "a device") }
    #expect(try await world.files(.right) == ["a": "1\n", "b": "2\n", "c": "3\n"])
    // What the other side writes there does not replace it.
    try await world.put(.right, "a", "edited there")
    _ = try await world.sync()
    #expect(world.shell(.left, "test -p a"))
  }

  private func bind(_ path: String) throws -> Int32 {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(result == 0)
    return descriptor
  }

  @Test(arguments: rights)
  func `edge 63: a file that is being written is read only when it rests, tried again, and reported meanwhile`(
    right: Place
  ) async throws {
    let world = try await PairWorld(.folder, right)
    world.options.quarantineAfter = 2
    try await world.put(.left, "base.db", "page 1")
    try await world.sync()
    // A program that has the file open and writes a page whenever somebody has begun to read it.
    let path = "\(world.folder.path)/left/base.db"
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    #expect(descriptor >= 0)
    defer { close(descriptor) }
    let page = [UInt8](repeating: UInt8(ascii: "p"), count: 16)
    let writePage: @Sendable () -> Void = { _ = page.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } }
    writePage()
    world.wrap = { side, store in side == .left ? store : HookStore(store, at: .sending, times: .max, writePage) }
    for attempt in 1...2 {
      let summary = try await world.sync()
      #expect(summary.failures.map(\.code) == ["sourceChanged"])
      #expect(summary.failures.first?.message.contains("changed while it was read") == true)
      let catalog = try world.catalog()
      let failure = try #require(try catalog.failures().first)
      catalog.close()
      #expect(failure.attempts == attempt)
      #expect(failure.nextAttempt.map { $0 > failure.lastSeen } == true)
      #expect(try await world.files(.right) == ["base.db": "page 1"])
    }
    // Now it has its own schedule: left alone for minutes, while the others go on.
    try await world.put(.left, "other", "text")
    let waiting = try await world.sync()
    #expect(waiting.failed == 0)
    #expect(waiting.skipped == 1)
    #expect(waiting.transferred == 1)
    // When its time has come and it rests, it is sent.
    world.wrap = { $1 }
    world.clock = WallClock { Timestamp.now() + .seconds(600) }
    #expect(try await world.sync().transferred == 1)
    #expect(try await world.files(.right)["base.db"] == world.files(.left)["base.db"])
    let catalog = try world.catalog()
    #expect(try catalog.failureCount() == 0)
    catalog.close()
  }
}
