import Concurrency
import ObjectStorage
import Primitives

/// A listing of encrypted names, in the order of the plain ones.
///
/// The order of ciphertexts says nothing of that of names, so that the whole is listed before the first entry is given. Memory stays
/// bounded: see `EntrySorter`.
final class EncryptedNamesListing: Listing, @unchecked Sendable {
  private static let pageSize = 1000

  private let store: EncryptedNamesStore
  private let prefix: KeyPrefix
  private let options: ListOptions
  private let sorter: EntrySorter
  private var problems: [ListProblem] = []
  private var linkedFiles = 0
  private var isSorted = false
  private var isOver = false
  /// The last folder that was decoded, as it is stored: those who lie in it come one after the other.
  private var folder: (stored: ArraySlice<UInt8>, name: [UInt8]) = ([], [])

  init(_ store: EncryptedNamesStore, _ prefix: KeyPrefix, _ options: ListOptions) {
    (self.store, self.prefix, self.options) = (store, prefix, options)
    sorter = EntrySorter(
      folder: store.options.spoolFolder, memory: store.options.sortMemory, store: store.identity.displayName)
  }

  func next() async throws -> ListPage? {
    if isOver { return nil }
    if !isSorted {
      try await collect()
      isSorted = true
    }
    var page = ListPage(problems: problems, linkedFiles: linkedFiles)
    (problems, linkedFiles) = ([], 0)
    let size = options.pageSize ?? Self.pageSize
    while page.entries.count + page.folders.count < size {
      guard let item = try await sorter.take() else {
        isOver = true
        break
      }
      switch item {
      case .entry(let entry): page.entries.append(entry)
      case .folder(let key): page.folders.append(key)
      }
    }
    let isEmpty = page.entries.isEmpty && page.folders.isEmpty && page.problems.isEmpty
    return isEmpty ? nil : page
  }

  private func collect() async throws {
    guard let keys = try await store.keys.forReading(again: true), let cipher = keys.names else { return }
    let slash = prefix.bytes.lastIndex(of: UInt8(ascii: "/"))
    let inside = cipher.encode(slash.map { prefix.bytes[...$0] } ?? [])
    try await collect(below: inside, cipher)
    try await sorter.finish()
  }

  private func collect(below stored: [UInt8], _ cipher: NameCipher) async throws {
    var inner = ListOptions(depth: options.depth)
    if let prune = options.prune {
      inner.prune = { key in if case .key(let name) = cipher.decode(key) { prune(name) } else { false } }
    }
    let listing = store.base.list(KeyPrefix(trusted: stored), inner)
    while let page = try await listing.next() {
      linkedFiles += page.linkedFiles
      for entry in page.entries { try await take(entry, cipher) }
      for key in page.folders {
        switch decode(key, cipher) {
        case .key(let name): if isWanted(name) { try await sorter.add(.folder(name)) }
        case .partOfName: try await collect(below: key.bytes, cipher)
        case .foreign: note(foreign: key)
        }
      }
      for problem in page.problems {
        var reason = problem.reason
        if case .unreadable(let error) = reason { reason = .unreadable(store.named(error)) }
        problems.append(ListProblem(key: problem.key.map { store.inward($0) ?? $0 }, reason: reason))
      }
    }
  }

  private func take(_ entry: ObjectEntry, _ cipher: NameCipher) async throws {
    switch decode(entry.key, cipher) {
    case .key(let name):
      guard isWanted(name) else { return }
      var entry = entry
      entry.key = name
      try await sorter.add(.entry(entry))
    case .partOfName: break
    case .foreign: note(foreign: entry.key)
    }
  }

  private func isWanted(_ key: ObjectKey) -> Bool { prefix.matches(key) && options.after.map { $0 < key } ?? true }

  /// The layer's own object is nobody's; what else was not encrypted with this key is left alone, and said.
  private func note(foreign key: ObjectKey) {
    if key.bytes.starts(with: ".isobar/".utf8) { return }
    problems.append(
      ListProblem(key: key, reason: .notAFile("its name was not encrypted with this store's key: it is left alone")))
  }

  private func decode(_ key: ObjectKey, _ cipher: NameCipher) -> NameCipher.Decoded {
    let body = key.withoutSlash
    guard let slash = body.lastIndex(of: UInt8(ascii: "/")) else { return cipher.decode(key) }
    let parent = key.bytes[...slash]
    if parent != folder.stored {
      guard case .key(let name) = cipher.decode(ObjectKey(trusted: Array(parent))) else { return cipher.decode(key) }
      folder = (parent, name.bytes)
    }
    // What lies in a known folder is decoded by itself.
    switch cipher.decode(ObjectKey(trusted: Array(key.bytes[(slash + 1)...]))) {
    case .key(let name): return (try? ObjectKey(folder.name + name.bytes)).map(NameCipher.Decoded.key) ?? .foreign
    case let other: return other
    }
  }
}
