import Concurrency
import Files
import Glibc
import ObjectStorage

/// A line of a listing that is put in order.
public protocol SortableLine: Sendable {
  /// Whether this one comes first. No order of two that are equal is promised.
  func precedes(_ other: Self) -> Bool
  /// About how many bytes of memory it takes.
  var weight: Int { get }
  /// Appends it to what goes to a file.
  func write(to bytes: inout [UInt8])
  /// The line at `position`, which moves on behind it; nil if it goes on behind the bytes. Our own bytes: what cannot be read traps.
  init?(_ bytes: [UInt8], _ position: inout Int)
}

/// Puts a listing of any length in order, in bounded memory: what does not fit is sorted in runs, which go to a file and are merged.
///
/// The file has no name from the moment it is open, so that nothing of it stays whatever happens. Used by one caller at a time.
public final class ListingSorter<Line: SortableLine>: @unchecked Sendable {
  private let folder: [UInt8]
  private let memory: Int
  private let store: String

  private var items: [Line] = []
  private var weight = 0
  private var file: SharedDescriptor?
  private var length: Int64 = 0
  private var runs: [Run] = []
  /// The runs by their next item, the least first.
  private var heap: [Int] = []
  private var next = 0

  /// - Parameters:
  ///   - folder: for the file, if one is needed.
  ///   - memory: bytes that items may take before they go to the file.
  ///   - store: for errors.
  public init(folder: [UInt8], memory: Int, store: String) { (self.folder, self.memory, self.store) = (folder, memory, store) }

  /// Adds an item.
  /// - Throws: `FileError`; `StorageError` `.noSpace` where no file can be made.
  public func add(_ item: Line) async throws {
    items.append(item)
    weight += item.weight
    if weight >= memory { try await spill() }
  }

  /// Ends the adding: from now on `take` gives.
  public func finish() async throws {
    if runs.isEmpty {
      items.sort { $0.precedes($1) }
      return
    }
    if !items.isEmpty { try await spill() }
    for index in runs.indices {
      try await runs[index].advance()
      if runs[index].item != nil { push(index) }
    }
  }

  /// The next item in order, nil after the last.
  public func take() async throws -> Line? {
    if runs.isEmpty {
      guard next < items.count else { return nil }
      defer { next += 1 }
      return items[next]
    }
    guard let least = heap.first, let item = runs[least].item else { return nil }
    try await runs[least].advance()
    if runs[least].item == nil {
      heap.swapAt(0, heap.count - 1)
      heap.removeLast()
    }
    sink()
    return item
  }

  private func spill() async throws {
    let collected = items
    items = []
    weight = 0
    let file = try self.file ?? open()
    self.file = file
    let start = length
    length = try await BlockingPool.shared.run {
      let sorted = collected.sorted { $0.precedes($1) }
      var bytes: [UInt8] = []
      var position = start
      for item in sorted {
        item.write(to: &bytes)
        if bytes.count < 1 << 20 { continue }
        try bytes.withUnsafeBytes { try file.write($0, at: position) }
        position += Int64(bytes.count)
        bytes.removeAll(keepingCapacity: true)
      }
      try bytes.withUnsafeBytes { try file.write($0, at: position) }
      return position + Int64(bytes.count)
    }
    runs.append(Run(file: file, range: start..<length))
  }

  private func open() throws -> SharedDescriptor {
    var path = folder + Array("/isobar-listing-XXXXXX".utf8) + [0]
    let raw = path.withUnsafeMutableBytes { mkstemp($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
    guard raw >= 0 else {
      throw StorageError(
        .noSpace, store: store, message: "no file can be made to put the listing in order: \(String(cString: strerror(errno)))")
    }
    _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
    path.withUnsafeBytes { _ = unlink($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
    return SharedDescriptor(Descriptor(owning: raw), path: path.dropLast())
  }

  // MARK: the heap

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    guard let a = runs[heap[left]].item, let b = runs[heap[right]].item else { return false }
    return a.precedes(b)
  }

  private func push(_ run: Int) {
    heap.append(run)
    var index = heap.count - 1
    while index > 0, isBefore(index, (index - 1) / 2) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  /// The first has changed: puts it where it belongs.
  private func sink() {
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count && isBefore(child, least) { least = child }
      if least == index { return }
      heap.swapAt(index, least)
      index = least
    }
  }

  /// A sorted part of the file.
  private struct Run {
    private static var piece: Int { 128 << 10 }

    let file: SharedDescriptor
    var range: Range<Int64>
    private var bytes: [UInt8] = []
    private var position = 0
    /// The next item; nil at the end, and before the first `advance`.
    private(set) var item: Line?

    init(file: SharedDescriptor, range: Range<Int64>) { (self.file, self.range) = (file, range) }

    mutating func advance() async throws {
      while true {
        if let item = Line(bytes, &position) {
          self.item = item
          return
        }
        if range.isEmpty {
          item = nil
          return
        }
        let (file, start, rest) = (file, range.lowerBound, bytes[position...])
        let wanted = Int(min(Int64(Self.piece), Int64(range.count)))
        bytes = try await BlockingPool.shared.run {
          var piece = [UInt8](repeating: 0, count: wanted)
          let read = try piece.withUnsafeMutableBytes { try file.read(into: $0, at: start) }
          guard read > 0 else { throw ListingCut() }
          return Array(rest) + piece.prefix(read)
        }
        range = start + Int64(bytes.count - rest.count)..<range.upperBound
        position = 0
      }
    }
  }
}

/// The file of a listing that is being put in order became shorter than it was written.
struct ListingCut: Error, CustomStringConvertible {
  var description: String { "the file of a listing that is being put in order was cut" }
}
