import Catalog
import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import Sync

extension World {
  /// Does what somebody does to one side, as far as it can be done.
  func apply(_ edit: Scenario.Edit, on side: Scenario.Side) async {
    do {
      // People go on when a run is cancelled.
      if Task.isCancelled {
        try await shielded { try await self.carryOut(edit, side.side) }
      } else {
        try await carryOut(edit, side.side)
      }
    } catch { note("      not done: \(error)") }
  }

  private func newText() -> String {
    textCount += 1
    return "first\nsecond\nthird\nfourth \(textCount)\n" + (textCount % 2 == 0 ? "" : "longer\n")
  }

  private func carryOut(_ edit: Scenario.Edit, _ side: PairSide) async throws {
    // Past what simulates troubles: people have their own ways to a store.
    let store = stores[side].memory
    switch edit {
    case .write(let name): try await write(newText(), to: name, side)
    case .writeCommon(let name, let number): try await write("common \(number)\n", to: name, side)
    case .delete(let name):
      let key = try ObjectKey(name)
      guard try await store.find(key) != nil else { return }
      note("  \(side) deletes \(name)")
      _ = try await store.delete([DeleteTarget(key)])
    case .rename(let old, let new): try await rename(ObjectKey(old), to: ObjectKey(new), side)
    case .touch(let name):
      let key = try ObjectKey(name)
      guard try await store.find(key) != nil else { return }
      try await write(String(decoding: try await store.readBytes(key, limit: 1 << 20), as: UTF8.self), to: name, side)
    case .rewrite(let name):
      let present = texts(of: stores[side], live: true)[try ObjectKey(name)]
      guard let text = former[name]?.last(where: { $0 != present }) else { return }
      coverage.count("edit rewrite")
      try await write(text, to: name, side)
    case .makeFolder(let name):
      let key = try ObjectKey(name)
      try await makeRoom(for: key, side)
      note("  \(side) makes \(name)")
      _ = try await store.write(.empty, to: key, WriteOptions())
    case .renameFolder(let old, let new):
      for key in live(side).keys.sorted() where key.bytes.starts(with: old.utf8) {
        try await rename(key, to: ObjectKey(Array(new.utf8) + key.bytes.dropFirst(old.utf8.count)), side)
      }
      _ = try await store.delete([DeleteTarget(try ObjectKey(old))])
    case .swap(let first, let second):
      let keys = (try ObjectKey(first), try ObjectKey(second))
      guard first != second, try await store.find(keys.0) != nil, try await store.find(keys.1) != nil else { return }
      note("  \(side) swaps \(first) and \(second)")
      let aside = try ObjectKey("aside")
      _ = try await store.move(keys.0, to: aside, CopyOptions())
      _ = try await store.move(keys.1, to: keys.0, CopyOptions())
      _ = try await store.move(aside, to: keys.1, CopyOptions())
    }
  }

  private func write(_ text: String, to name: String, _ side: PairSide) async throws {
    let key = try ObjectKey(name)
    try await makeRoom(for: key, side)
    textCount += 1
    let moment = Timestamp(seconds: 1_600_000_000 + Int64(textCount))
    // A text that is written twice has no one time any more.
    written[text] = written[text] == nil ? .some(moment) : .some(nil)
    fresh.insert(text)
    former[name, default: []].append(text)
    note("  \(side) writes \(name): \(text.split(separator: "\n").dropFirst(3).first ?? "\(text)")")
    _ = try await stores[side].memory.write(
      .bytes(Array(text.utf8)), to: key, WriteOptions(metadata: ObjectMetadata(modified: moment)))
  }

  private func rename(_ old: ObjectKey, to new: ObjectKey, _ side: PairSide) async throws {
    let store = stores[side].memory
    if old == new || new.isBelow(ObjectKey(trusted: old.bytes + [0x2F])) { return }
    guard try await store.find(old) != nil else { return }
    try await makeRoom(for: new, side)
    guard try await store.find(old) != nil else { return }
    note("  \(side) renames \(old) to \(new)")
    _ = try await store.move(old, to: new, CopyOptions())
  }

  /// A name is a file or a folder; what stands in the way is deleted first.
  private func makeRoom(for key: ObjectKey, _ side: PairSide) async throws {
    let slashed = ObjectKey(trusted: Array(key.withoutSlash) + [0x2F])
    for present in stores[side].memory.snapshot().keys.sorted().reversed() where !present.bytes.starts(with: Array(".isobar/".utf8))
    {
      let isBelow = !key.isFolder && (present == slashed || present.isBelow(slashed))
      let isAbove = !present.isFolder && key.isBelow(ObjectKey(trusted: present.bytes + [0x2F]))
      let isSame = key.isFolder && present.bytes[...] == key.withoutSlash
      guard isBelow || isAbove || isSame else { continue }
      note("  \(side) deletes \(present), which is in the way")
      _ = try await stores[side].memory.delete([DeleteTarget(present)])
    }
  }
}
