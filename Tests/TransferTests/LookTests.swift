import MemoryStorage
import ObjectStorage
import Testing
import Transfer

@Suite struct LookTests {
  private func filled(_ store: MemoryStore) async throws -> MemoryStore {
    for (name, text) in [("a", "1"), ("f/b", "22"), ("f/g/c", "333"), ("f/g/h/d", "4444"), ("z", "5"), (".isobar/trash/t", "666")] {
      try await store.put(name, text)
    }
    return store
  }

  private func lines(_ store: any ObjectStore, _ folder: String?, _ reach: TreeLister.Reach) async throws -> [String] {
    var lines: [String] = []
    _ = try await TreeLister(store).list(folder.map { try! ObjectKey($0) }, reach: reach) { item in
      lines.append(String(repeating: " ", count: item.depth) + item.key.description)
    }
    return lines
  }

  @Test(arguments: [bucket("bucket", pageSize: 2), folder("folder")])
  func `a folder is listed with its folders as one line each`(store: MemoryStore) async throws {
    let store = try await filled(store)
    #expect(try await lines(store, nil, .folder) == ["a", "f/", "z"])
    #expect(try await lines(store, "f/", .folder) == ["f/b", "f/g/"])
  }

  @Test(arguments: [bucket("bucket", pageSize: 2), folder("folder")])
  func `a tree is listed with folders before what is in them`(store: MemoryStore) async throws {
    let store = try await filled(store)
    #expect(try await lines(store, nil, .tree) == ["a", "f/", " f/b", " f/g/", "  f/g/c", "  f/g/h/", "   f/g/h/d", "z"])
    #expect(try await lines(store, "f/", .tree) == ["f/b", "f/g/", " f/g/c", " f/g/h/", "  f/g/h/d"])
    #expect(try await lines(store, "f/", .files) == ["f/b", " f/g/c", "  f/g/h/d"])
  }

  @Test(arguments: [bucket("bucket", pageSize: 2), folder("folder")])
  func `bytes and files are added up per folder`(store: MemoryStore) async throws {
    let store = try await filled(store)
    var lines: [String] = []
    func count(_ folder: String?, _ depth: Int) async throws -> FolderUsage {
      lines = []
      return try await Usage(store).count(folder.map { try! ObjectKey($0) }, depth: depth) { usage in
        lines.append("\(usage.folder?.description ?? "") \(usage.depth) \(usage.files) \(usage.bytes)")
      }.total
    }
    let whole = try await count(nil, 2)
    #expect([Int64(whole.files), whole.bytes] == [5, 11])
    #expect(lines == ["f/g/ 2 2 7", "f/ 1 3 9"])
    #expect(try await count(nil, 0).bytes == 11)
    #expect(lines == [])
    #expect(try await count("f/", 1).bytes == 9)
    #expect(lines == ["f/g/ 1 2 7"])
    #expect(try await count("none/", 1).files == 0)
  }

  @Test func `names that begin like a folder's are not in it`() async throws {
    let store = bucket("bucket")
    for name in ["f!", "f/a", "f0", "f/b/c", "f-"] { try await store.put(name, "1") }
    #expect(try await lines(store, nil, .tree) == ["f!", "f-", "f/", " f/a", " f/b/", "  f/b/c", "f0"])
    var folders: [Int] = []
    _ = try await Usage(store).count(depth: 1) { folders.append($0.files) }
    #expect(folders == [2])
  }
}
