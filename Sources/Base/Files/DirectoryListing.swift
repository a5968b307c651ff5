import Glibc

/// One folder's entries in memory, sorted: names in one block, statuses in another.
///
/// Filled by one thread (`DirectoryReader`), then read by the walk; the part about reading ahead is guarded by the walk's lock.
final class DirectoryListing: @unchecked Sendable {
  struct Record {
    var status: FileStatus
    var nameStart: UInt32
    var nameLength: UInt16
    /// Whether the walk goes into it.
    var isEntered: Bool
    /// Whether it is only gone through, because it sorts before the start of the walk but holds what sorts after.
    var isSilent: Bool
  }

  /// The folder's path, ending in `/`; empty for the root.
  let path: [UInt8]
  /// The folder and those above it, to find loops of links.
  let ancestry: Ancestry
  private var names: [UInt8] = []
  private var records: ContiguousArray<Record> = []
  /// Record numbers in the order of names.
  private var order: [UInt32] = []
  private var problems: [UInt32: FileError] = [:]
  /// Positions, in order, of folders that the walk goes into.
  private(set) var folders: [UInt32] = []

  /// Index in `folders` of the next one to read ahead. Guarded by the walk's lock.
  var nextFolder = 0
  /// Folders being read or read ahead, by position. Guarded by the walk's lock.
  var ahead: [UInt32: WalkNode] = [:]

  init(path: [UInt8], ancestry: Ancestry) {
    self.path = path
    self.ancestry = ancestry
  }

  var count: Int { order.count }

  func add(name: UnsafeBufferPointer<UInt8>, _ status: FileStatus, isEntered: Bool, isSilent: Bool, problem: FileError?) {
    let start = UInt32(names.count)
    names.append(contentsOf: name)
    if status.kind == .directory { names.append(0x2F) }
    let length = UInt16(names.count - Int(start))
    if let problem { problems[UInt32(records.count)] = problem }
    records.append(Record(status: status, nameStart: start, nameLength: length, isEntered: isEntered, isSilent: isSilent))
  }

  /// Puts the entries in order; call once, after the last `add`.
  func sort() {
    // Eight bytes behind what all names begin with settle nearly all comparisons, as one number, without a look at the names.
    struct Key {
      let front: UInt64
      let index: UInt32
    }
    names.withUnsafeBufferPointer { names in
      records.withUnsafeBufferPointer { records in
        var keys = ContiguousArray<Key>()
        keys.reserveCapacity(records.count)
        let common = commonPrefix(records, names)
        for (index, record) in records.enumerated() {
          var front: UInt64 = 0
          let start = Int(record.nameStart)
          for offset in common..<common + 8 {
            front = front << 8 | (offset < Int(record.nameLength) ? UInt64(names[start + offset]) : 0)
          }
          keys.append(Key(front: front, index: UInt32(index)))
        }
        func precedes(_ left: Key, _ right: Key) -> Bool {
          if left.front != right.front { return left.front < right.front }
          let (first, second) = (records[Int(left.index)], records[Int(right.index)])
          return compare(
            names.baseAddress! + Int(first.nameStart), Int(first.nameLength), names.baseAddress! + Int(second.nameStart),
            Int(second.nameLength)) < 0
        }
        keys.sort(by: precedes)
        order = keys.map(\.index)
        for (position, index) in order.enumerated() where records[Int(index)].isEntered { folders.append(UInt32(position)) }
      }
    }
  }

  /// How many bytes all names have in common at their beginning.
  private func commonPrefix(_ records: UnsafeBufferPointer<Record>, _ names: UnsafeBufferPointer<UInt8>) -> Int {
    guard let first = records.first else { return 0 }
    var common = Int(first.nameLength)
    for record in records {
      common = min(common, Int(record.nameLength))
      var length = 0
      while length < common, names[Int(first.nameStart) + length] == names[Int(record.nameStart) + length] { length += 1 }
      common = length
    }
    return common
  }

  func record(at position: Int) -> Record { records[Int(order[position])] }

  func problem(at position: Int) -> FileError? { problems.isEmpty ? nil : problems[order[position]] }

  /// The whole path of the entry.
  func path(at position: Int) -> [UInt8] {
    let record = record(at: position)
    let start = Int(record.nameStart)
    return path + names[start..<start + Int(record.nameLength)]
  }

  /// Frees the content of a listing that was given out, though others may still know of it.
  func discard() {
    (names, records, order, folders, problems) = ([], [], [], [], [:])
    nextFolder = 0
  }
}

/// A folder's identity and those of the folders above it.
final class Ancestry: Sendable {
  private let device: UInt64
  private let inode: UInt64
  private let parent: Ancestry?

  init(_ status: FileStatus, below parent: Ancestry?) {
    (device, inode, self.parent) = (status.device, status.inode, parent)
  }

  func contains(_ status: FileStatus) -> Bool {
    var next: Ancestry? = self
    while let one = next {
      if one.device == status.device, one.inode == status.inode { return true }
      next = one.parent
    }
    return false
  }
}

private func compare(_ left: UnsafePointer<UInt8>, _ leftCount: Int, _ right: UnsafePointer<UInt8>, _ rightCount: Int) -> Int {
  let difference = memcmp(left, right, min(leftCount, rightCount))
  return difference != 0 ? Int(difference) : leftCount - rightCount
}
