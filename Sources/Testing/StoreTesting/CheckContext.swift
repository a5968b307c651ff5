import Concurrency
import ObjectStorage
import Primitives

/// What a check works with: the store, a folder of its own in it, and ways to say what must hold.
struct CheckContext: Sendable {
  let store: any ObjectStore
  let capabilities: StoreCapabilities
  /// The check's own folder.
  let folder: ObjectKey
  private let subject: StoreUnderTest
  private let check: ConformanceCheck

  init(_ subject: StoreUnderTest, _ check: ConformanceCheck, _ store: any ObjectStore) async throws {
    self.subject = subject
    self.check = check
    self.store = store
    capabilities = try await store.capabilities()
    let name = check.name.utf8.map { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte : UInt8(ascii: "-")
    }
    folder = try ObjectKey(Array("g\(check.guarantee)-".utf8) + name.prefix(40) + [UInt8(ascii: "/")])
  }

  // MARK: keys

  /// A key below the check's folder.
  func key(_ name: String) throws -> ObjectKey { try ObjectKey(folder.bytes + Array(name.utf8)) }

  /// A key below the check's folder.
  func key(_ name: [UInt8]) throws -> ObjectKey { try ObjectKey(folder.bytes + name) }

  /// A key's name below the check's folder.
  func name(_ key: ObjectKey) -> String { DisplayText.escape(key.bytes.dropFirst(folder.bytes.count)) }

  // MARK: saying what must hold

  func fail(_ message: String) -> ConformanceFailure {
    ConformanceFailure(store: subject.name, check: check.description, message: message)
  }

  func expect(_ holds: Bool, _ message: @autoclosure () -> String) throws {
    if !holds { throw fail(message()) }
  }

  func expectEqual<T: Equatable>(_ seen: T, _ expected: T, _ what: @autoclosure () -> String) throws {
    if seen != expected { throw fail("\(what()) is \(seen) instead of \(expected)") }
  }

  func require(_ holds: Bool, _ reason: String) throws {
    if !holds { throw NotApplicable(reason: reason) }
  }

  /// Expects `body` to throw a `StorageError` of one of `codes`.
  @discardableResult
  func expectError(_ codes: StorageError.Code..., from what: String, _ body: () async throws -> Void) async throws -> StorageError {
    do {
      try await body()
    } catch let error as StorageError where codes.contains(error.code) {
      return error
    } catch let error as StorageError {
      throw fail("\(what) threw \(error.code) instead of \(codes): \(error)")
    } catch {
      throw fail("\(what) threw \(error) instead of a StorageError \(codes)")
    }
    throw fail("\(what) succeeded instead of throwing \(codes)")
  }

  /// Expects `body` to throw, whatever it is.
  func expectFailure(_ what: String, _ body: () async throws -> Void) async throws {
    do { try await body() } catch { return }
    throw fail("\(what) succeeded instead of throwing")
  }

  // MARK: short forms

  @discardableResult
  func write(_ bytes: [UInt8], _ key: ObjectKey, _ options: WriteOptions = WriteOptions()) async throws -> WriteReceipt {
    try await store.write(.bytes(bytes), to: key, options)
  }

  @discardableResult
  func write(_ text: String, _ key: ObjectKey, _ options: WriteOptions = WriteOptions()) async throws -> WriteReceipt {
    try await write(Array(text.utf8), key, options)
  }

  func bytes(_ key: ObjectKey) async throws -> [UInt8] { try await store.readBytes(key, limit: 64 << 20) }

  func text(_ key: ObjectKey) async throws -> String { String(decoding: try await bytes(key), as: UTF8.self) }

  /// Expects the object at `key` to be exactly the first `length` bytes of `pattern`.
  func expectContent(_ key: ObjectKey, _ pattern: Pattern, _ length: Int64, _ what: String) async throws {
    let sink = PatternSink(pattern)
    let result = try await store.read(key, ReadOptions(), into: sink)
    try expectEqual(sink.count, length, "\(what): the number of bytes read")
    try expect(sink.mismatch == nil, "\(what): byte \(sink.mismatch ?? 0) is wrong")
    try expectEqual(result.range, 0..<length, "\(what): the range read")
    try expectEqual(result.info.entry.size, length, "\(what): the size that the read reports")
  }

  /// Expects a listed entry to tell how much content there is: by itself, or where the store says that its listings cannot, when asked.
  func expectSize(of entry: ObjectEntry, _ size: Int64) async throws {
    try expectEqual(entry.knowsContentSize, store.identity.listsSizes, "whether the listing knows the size of content")
    try expectEqual(try await store.sized(entry).size, size, "the listed size")
  }

  /// Expects that nothing is at `key`, whichever way one looks.
  func expectMissing(_ key: ObjectKey, _ what: String) async throws {
    try await expectError(.notFound, from: "\(what): stat") { _ = try await store.stat(key) }
    try await expectError(.notFound, from: "\(what): read") { _ = try await bytes(key) }
    try expect(!(try await entries().contains { $0.key == key }), "\(what): the listing still shows it")
  }

  /// All pages of a listing of `prefix`, its order checked.
  func pages(_ prefix: KeyPrefix, _ options: ListOptions = ListOptions()) async throws -> [ListPage] {
    let listing = store.list(prefix, options)
    var pages: [ListPage] = []
    var last: ObjectKey?
    while let page = try await listing.next() {
      if let size = options.pageSize {
        try expect(page.entries.count + page.folders.count <= size, "a page has more than the \(size) entries asked for")
      }
      for key in page.entries.map(\.key) {
        if let last { try expect(last < key, "“\(key)” comes after “\(last)” in the listing") }
        try expect(prefix.matches(key), "the listing gives “\(key)”, which has another prefix")
        last = key
      }
      pages.append(page)
    }
    try expect(try await listing.next() == nil, "a listing goes on after its end")
    for problem in pages.flatMap(\.problems) { throw fail("the listing has a problem: \(problem)") }
    return pages
  }

  /// The entries of a listing of the check's folder, without real folders (and the check's own folder).
  func entries(_ prefix: KeyPrefix? = nil, _ options: ListOptions = ListOptions()) async throws -> [ObjectEntry] {
    try await pages(prefix ?? KeyPrefix(folder: folder), options).flatMap(\.entries).filter {
      $0.key != folder && !(capabilities.realFolders && $0.key.isFolder)
    }
  }

  /// The entry of one key in a listing.
  func listed(_ key: ObjectKey) async throws -> ObjectEntry {
    guard let entry = try await pages(KeyPrefix(folder: folder)).flatMap(\.entries).first(where: { $0.key == key }) else {
      throw fail("“\(key)” is not in the listing")
    }
    return entry
  }

  /// Runs `body` for 0..<count side by side and gives the results in order.
  func concurrently<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> T) async throws -> [T] {
    try await withThrowingTaskGroup(of: (Int, T).self) { group in
      for index in 0..<count { group.addTask { (index, try await body(index)) } }
      var results: [(Int, T)] = []
      for try await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}
