import Catalog
import Composition
import LocalStorage
import ObjectStorage
import Sync
import Testing

@Suite struct PairOpenerTests {
  private let scratch = Scratch()
  private let runtime = Runtime()
  private var builder: StoreBuilder { StoreBuilder(runtime: runtime) }

  @Test func `a pair keeps its id, and two-way and one-way runs remember apart`() throws {
    let left = try builder.open(.store(bucket("left")))
    let right = try builder.open(.store(bucket("right")))
    let id = PairOpener.id(left: left, right: right, direction: .twoWay)
    #expect(PairRecord.isID(id))
    #expect(id == PairOpener.id(left: left, right: right, direction: .twoWay))
    #expect(id != PairOpener.id(left: right, right: left, direction: .twoWay))
    #expect(id != PairOpener.id(left: left, right: right, direction: .copy))
    #expect(
      PairOpener.id(left: left, right: right, direction: .copy) == PairOpener.id(left: left, right: right, direction: .mirror))
  }

  @Test func `a state folder inside a synced folder is refused`() throws {
    let left = try builder.open(.folder(scratch.path))
    let right = try builder.open(.store(bucket("right")))
    let opener = try scratch.opener()
    let refused = #expect(throws: CatalogError.self) { try opener.open(left: left, right: right, options: SyncOptions()) }
    #expect(refused?.code == .insideTree)
  }

  @Test func `a folder is not synced with a folder inside it, nor with itself`() throws {
    let outer = try builder.open(.folder(scratch.folder("tree")))
    let inner = try builder.open(.folder(scratch.folder("tree/inner")))
    let opener = try scratch.opener()
    for pair in [(outer, inner), (inner, outer), (outer, outer)] {
      let refused = #expect(throws: StorageError.self) {
        try opener.open(left: pair.0, right: pair.1, options: SyncOptions())
      }
      #expect(refused?.code == .invalidArgument)
    }
  }

  @Test func `a folder whose name begins like another's is another place`() throws {
    let first = try builder.open(.folder(scratch.folder("tree")))
    let second = try builder.open(.folder(scratch.folder("tree2")))
    try scratch.opener().open(left: first, right: second, options: SyncOptions()).close()
  }

  @Test func `a pair that is at work is refused a second time`() throws {
    let left = try builder.open(.store(bucket("left")))
    let right = try builder.open(.store(bucket("right")))
    let opener = try scratch.opener()
    let pair = try opener.open(left: left, right: right, options: SyncOptions())
    let refused = #expect(throws: CatalogError.self) { try opener.open(left: left, right: right, options: SyncOptions()) }
    #expect(refused?.code == .locked)
    pair.close()
    try opener.open(left: left, right: right, options: SyncOptions()).close()
  }

  @Test func `a folder that is not there says so and is not made`() throws {
    let refused = #expect(throws: StorageError.self) { try builder.open(.folder("\(scratch.path)/nowhere")) }
    #expect(refused?.code == .storeNotFound)
  }

  @Test func `a folder carries a mark of its own`() async throws {
    let path = scratch.folder("marked")
    let root = try #require(try builder.open(.folder(path)).root)
    #expect(try await root.read() == nil)
    // Where there are no extended attributes there is nothing to carry it.
    guard let mark = try await root.write() else { return }
    #expect(try await root.read() == mark)
    #expect(try await builder.open(.folder(path)).root?.write() == mark)
  }
}
