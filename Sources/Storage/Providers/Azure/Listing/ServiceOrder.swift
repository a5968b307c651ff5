import ObjectStorage
import Primitives
import ProviderSupport

/// Puts the names of a listing into bytewise order, as they come.
///
/// The service sorts names by UTF-16: what lies beyond the first 65,536 characters (an emoji) comes before U+E000…U+FFFF (full-width
/// letters), and bytewise behind them. Accounts with a hierarchical namespace list a folder's content right behind the folder:
/// `a/x` before `a-b`, and bytewise behind it. So a name with such a character, or there with a slash, is held back until a name comes
/// that does not begin like it up to there: only then nothing can come before it any more. The same goes for a folder that the service
/// has without its slash. What is held back may be most of the container: see `ListingSorter`. Used by one caller at a time.
struct ServiceOrder: Sendable {
  /// Whether a folder's content comes right behind the folder.
  var isHierarchical = false
  /// Bytes that all names begin with, which decide nothing.
  private let common: Int
  private let makeSorter: @Sendable () -> ListingSorter<ListedName>

  private var names: [ListedName] = []
  private var position = 0
  private var isOver = false

  private var held: ListingSorter<ListedName>?
  private var prefix: [UInt8] = []
  /// Whether nothing can come any more before what is held.
  private var isCertain = false

  /// - Parameters:
  ///   - common: how many bytes all names share.
  ///   - makeSorter: for names that are held back.
  init(common: Int, makeSorter: @escaping @Sendable () -> ListingSorter<ListedName>) {
    (self.common, self.makeSorter) = (common, makeSorter)
  }

  /// Takes names in the service's order, once `take` has given all that were certain.
  mutating func add(_ names: [ListedName]) {
    precondition(position == self.names.count, "names were added before the last were taken")
    (self.names, position) = (names, 0)
  }

  /// The listing has ended: nothing has to be held back any more.
  mutating func finish() { isOver = true }

  /// Names that are certain, in bytewise order, at most `limit`; none where more must be added first.
  mutating func take(_ limit: Int) async throws -> [ListedName] {
    var ready: [ListedName] = []
    while ready.count < limit {
      if let sorter = held, isCertain {
        if let name = try await sorter.take() {
          ready.append(name)
        } else {
          (held, isCertain) = (nil, false)
        }
      } else if position == names.count {
        guard isOver, let sorter = held else { break }
        try await sorter.finish()
        isCertain = true
      } else if let sorter = held {
        if names[position].name.starts(with: prefix) {
          try await sorter.add(names[position])
          position += 1
        } else {
          try await sorter.finish()
          isCertain = true
        }
      } else {
        let name = names[position]
        position += 1
        if let place = firstDoubt(in: name) {
          prefix = Array(name.name[..<place])
          let sorter = makeSorter()
          try await sorter.add(name)
          held = sorter
        } else {
          ready.append(name)
        }
      }
    }
    return ready
  }

  private func firstDoubt(in listed: ListedName) -> Int? {
    let name = listed.name
    guard name.count > common else { return nil }
    return name[common...].firstIndex { $0 >= 0xF0 || isHierarchical && $0 == 0x2F } ?? (listed.lacksSlash ? name.count - 1 : nil)
  }
}

extension ListedName: SortableLine {
  /// Of a folder's two blobs the one under the folder's own name comes first: that one is the folder.
  func precedes(_ other: ListedName) -> Bool {
    let order = compareBytes(name, other.name)
    return order == 0 ? !lacksSlash && other.lacksSlash : order < 0
  }

  var weight: Int {
    let metadata = blob?.metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 100 } ?? 0
    return name.count + metadata + 400
  }

  /// What an entry is made of; a listing tells nothing else.
  func write(to bytes: inout [UInt8]) {
    LineBytes.put(name, &bytes)
    bytes.append(lacksSlash ? 1 : 0)
    guard let blob else {
      bytes.append(0)
      return
    }
    bytes.append(blob.isFolder ? 2 : 1)
    LineBytes.put(UInt64(blob.size), &bytes)
    LineBytes.put(blob.version.bytes, &bytes)
    LineBytes.put(blob.md5, &bytes)
    LineBytes.put(blob.stored.map { UInt64(bitPattern: $0.seconds) } ?? UInt64(bitPattern: .min), &bytes)
    for text in [blob.tier?.name, blob.type, blob.archiveStatus] { LineBytes.put(text.map { Array($0.utf8) }, &bytes) }
    LineBytes.put(UInt64(blob.metadata.count), &bytes)
    for (name, value) in blob.metadata {
      LineBytes.put(Array(name.utf8), &bytes)
      LineBytes.put(Array(value.utf8), &bytes)
    }
  }

  init?(_ bytes: [UInt8], _ position: inout Int) {
    var reader = LineReader(bytes: bytes, position: position)
    guard let name = reader.data(), let lacksSlash = reader.byte(), let kind = reader.byte() else { return nil }
    self.init(name: name, blob: nil, lacksSlash: lacksSlash == 1)
    if kind != 0 {
      guard let blob = BlobResource(&reader) else { return nil }
      self.blob = blob
      self.blob?.isFolder = kind == 2
    }
    position = reader.position
  }
}

extension BlobResource {
  fileprivate init?(_ reader: inout LineReader) {
    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    guard let size = reader.number(), let version = reader.data(), let md5 = reader.optionalData(), let stored = reader.number(),
      let tier = reader.optionalData(), let type = reader.optionalData(), let status = reader.optionalData(),
      let count = reader.number()
    else { return nil }
    self.init(size: Int64(size), version: ObjectVersion(version))
    self.md5 = md5.value
    if stored != UInt64(bitPattern: .min) { self.stored = Timestamp(seconds: Int64(bitPattern: stored)) }
    self.tier = tier.value.flatMap { StorageClass(text($0)) }
    self.type = type.value.map(text)
    archiveStatus = status.value.map(text)
    for _ in 0..<count {
      guard let name = reader.data(), let value = reader.data() else { return nil }
      metadata[text(name)] = text(value)
    }
  }
}
