import Concurrency
import ObjectStorage
import Primitives
import ProviderSupport

/// A listing of encrypted names, in the order of the plain ones.
///
/// The order of ciphertexts says nothing of that of names, so that the whole is listed before the first entry is given. Memory stays
/// bounded: see `ListingSorter`.
final class EncryptedNamesListing: Listing, @unchecked Sendable {
  private static let pageSize = 1000

  private let store: EncryptedNamesStore
  private let prefix: KeyPrefix
  private let options: ListOptions
  private let sorter: ListingSorter<SortItem>
  /// Names of others that are told one by one; of more only their number.
  private static let foreignLimit = 100

  private var problems: [ListProblem] = []
  private var foreign = 0
  private var linkedFiles = 0
  private var isSorted = false
  private var isOver = false
  /// The last folder that was decoded, as it is stored: those who lie in it come one after the other.
  private var folder: (stored: ArraySlice<UInt8>, name: [UInt8]) = ([], [])

  init(_ store: EncryptedNamesStore, _ prefix: KeyPrefix, _ options: ListOptions) {
    (self.store, self.prefix, self.options) = (store, prefix, options)
    sorter = ListingSorter<SortItem>(
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
    if foreign > Self.foreignLimit {
      problems.append(
        ListProblem(key: nil, reason: .notAFile("and \(foreign - Self.foreignLimit) more that this store's key did not encrypt")))
    }
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
      for problem in page.problems { try note(problem, cipher) }
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

  /// What could not be looked at is unknown under the name that it has out here: of a piece of a long name that is all that may begin with
  /// it, the folder around it.
  private func note(_ problem: ListProblem, _ cipher: NameCipher) throws {
    guard let stored = problem.key else {
      problems.append(problem)
      return
    }
    var reason = problem.reason
    if case .unreadable(let error) = reason { reason = .unreadable(store.named(error)) }
    switch cipher.nearest(stored) {
    case .key(let name): problems.append(ListProblem(key: name, reason: reason))
    case .foreign: note(foreign: stored)
    // Around it there is only the root: nothing at all may be concluded from such a listing.
    case .partOfName:
      if case .unreadable(let error) = reason { throw error }
      throw StorageError(
        .corrupted, store: store.identity.displayName,
        message:
          "“\(stored)” in the store below should be a folder that holds the rest of a long name: the listing is not the whole")
    }
  }

  /// The layer's own object is nobody's; what else was not encrypted with this key is left alone, and said. It is no path out here: one
  /// of the same spelling is another.
  private func note(foreign key: ObjectKey) {
    if key.bytes.starts(with: ".isobar/".utf8) { return }
    foreign += 1
    guard foreign <= Self.foreignLimit else { return }
    let what = "“\(key)” in the store below: its name was not encrypted with this store's key, so that it is left alone"
    problems.append(ListProblem(key: nil, reason: .notAFile(what)))
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
