import Glibc

/// A folder that is being read, or was read ahead.
final class WalkNode: @unchecked Sendable {
  /// Nil while it is being read. Guarded by the walk's lock.
  var result: Result<DirectoryListing, FileError>?
}

/// Reads the folders that a walk will come to, on two threads, as far ahead as memory allows.
///
/// Known folders wait in a heap ordered by path, which is the order that the walk comes to them. The walk never depends on
/// the threads: what it needs and nobody has begun, it reads itself.
final class ReadAhead: @unchecked Sendable {
  /// Entries read ahead at most, over all folders; a single folder may be larger.
  private let limit: Int
  /// What a folder costs beside its entries.
  private let folderCost = 8

  private let monitor = Monitor()
  private let makeReader: @Sendable () -> DirectoryReader
  // All below is guarded by `monitor`.
  private var heap: [(key: [UInt8], listing: DirectoryListing)] = []
  private var entriesAhead = 0
  private var isStopped = false
  private var threadCount = 0

  init(limit: Int, makeReader: @escaping @Sendable () -> DirectoryReader) {
    self.limit = limit
    self.makeReader = makeReader
  }

  /// Ends the threads, each after the folder that it is at.
  func stop() {
    monitor.locked {
      isStopped = true
      heap = []
      monitor.wake(.work)
    }
  }

  /// Announces the folders of a listing that the walk read itself.
  func add(_ listing: DirectoryListing) {
    monitor.locked {
      push(listing)
      if !heap.isEmpty, threadCount < 2 { startThread() }
      monitor.wake(.work)
    }
  }

  /// Takes the listing of a folder out, waiting if it is being read; nil if nobody has begun it, and nobody will.
  func take(_ position: Int, of listing: DirectoryListing) -> Result<DirectoryListing, FileError>? {
    monitor.locked {
      guard let node = listing.ahead.removeValue(forKey: UInt32(position)) else {
        while listing.nextFolder < listing.folders.count, listing.folders[listing.nextFolder] <= position {
          listing.nextFolder += 1
        }
        return nil
      }
      while true {
        if let result = node.result {
          let wasFull = entriesAhead >= limit
          entriesAhead -= cost(of: result)
          if wasFull, entriesAhead < limit { monitor.wake(.work) }
          return result
        }
        monitor.wait(.result)
      }
    }
  }

  /// Frees a listing that the walk is through with.
  func discard(_ listing: DirectoryListing) { monitor.locked { listing.discard() } }

  private func cost(of result: Result<DirectoryListing, FileError>) -> Int {
    if case .success(let listing) = result { return folderCost + listing.count }
    return folderCost
  }

  private func startThread() {
    threadCount += 1
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let result = pthread_create(
      &thread, &attributes,
      { context in
        Unmanaged<ReadAhead>.fromOpaque(context!).takeRetainedValue().work()
        return nil
      }, context.toOpaque())
    // Without threads the walk reads everything itself.
    if result != 0 { context.release() }
    pthread_attr_destroy(&attributes)
  }

  private func work() {
    let reader = makeReader()
    while let (path, ancestry, node) = nextJob() {
      let result = Result { () throws(FileError) in try reader.read(path, ancestry: ancestry) }
      monitor.locked {
        node.result = result
        entriesAhead += cost(of: result)
        if case .success(let listing) = result { push(listing) }
        monitor.wake(.result)
        if !heap.isEmpty { monitor.wake(.work) }
      }
    }
  }

  private func nextJob() -> (path: [UInt8], ancestry: Ancestry, node: WalkNode)? {
    monitor.locked {
      while true {
        if isStopped { return nil }
        if entriesAhead < limit, let listing = popMinimum() {
          if listing.nextFolder < listing.folders.count {
            let position = listing.folders[listing.nextFolder]
            let node = WalkNode()
            listing.nextFolder += 1
            listing.ahead[position] = node
            let job = (listing.path(at: Int(position)), ancestry(of: Int(position), in: listing), node)
            push(listing)
            return job
          }
        } else {
          monitor.wait(.work)
        }
      }
    }
  }

  func ancestry(of position: Int, in listing: DirectoryListing) -> Ancestry {
    Ancestry(listing.record(at: position).status, below: listing.ancestry)
  }

  private func push(_ listing: DirectoryListing) {
    guard listing.nextFolder < listing.folders.count else { return }
    heap.append((listing.path(at: Int(listing.folders[listing.nextFolder])), listing))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard precedes(child, parent) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private func popMinimum() -> DirectoryListing? {
    guard let first = heap.first?.listing else { return nil }
    let last = heap.removeLast()
    if heap.isEmpty { return first }
    heap[0] = last
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, smallest) { smallest = child }
      if smallest == parent { return first }
      heap.swapAt(parent, smallest)
      parent = smallest
    }
  }

  private func precedes(_ first: Int, _ second: Int) -> Bool {
    let (left, right) = (heap[first].key, heap[second].key)
    let difference = memcmp(left, right, min(left.count, right.count))
    return difference != 0 ? difference < 0 : left.count < right.count
  }
}
